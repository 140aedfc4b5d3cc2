/**
 * An OpenAI-compatible server for tests: real HTTP on the loopback, replies from a script, quirks as servers have them, and
 * a check of everything that it is sent. What is wrong with a request stands in `violations`; tests assert that none is.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { streamCompletion } from './scripted-stream.ts'
import { promptTokens, rawMessages, readMessage, withReasoning } from './scripted-messages.ts'
import type { SentImage, SentMessage } from './scripted-messages.ts'

/** What the model says; its text is cut at the stop strings as the kind of server does it. */
interface ScriptedReply {
  readonly text: string
  readonly finish?: 'stop' | 'length' | 'tool_calls'
  /** Thinking that comes in a field of its own. */
  readonly reasoning?: string
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  readonly usage?: object
  /** Awaited in the middle of its stream. */
  readonly pause?: Promise<void>
}

interface ScriptedStatus {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
}

/** `cut`: the connection ends amid the reply; `huge`: a reply of 50 MB; `empty`: 200 with no body; `hang`: nothing ever. */
interface ScriptedFault {
  readonly fault: 'cut' | 'hang' | 'huge' | 'empty'
}

export type Step = string | ScriptedReply | ScriptedStatus | ScriptedFault

/** What a script can go by. */
export interface Asked {
  readonly key: string
  /** Replies that the conversation holds, this one included: 1 for the first. */
  readonly turn: number
  /** Requests for this turn of this conversation so far, this one included. */
  readonly attempt: number
  readonly messages: readonly SentMessage[]
  /** The request without its messages. */
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * A list is played anew in every conversation: a fault is met once, and behind a reply comes the next step. In a record, the
 * first key that occurs in the question (the last message before the first reply) picks the list. A conversation is known by
 * all that stands before its first reply.
 */
export type Script = readonly Step[] | Readonly<Record<string, readonly Step[]>> | ((asked: Asked) => Step)

interface ScriptedModel {
  readonly id: string
  readonly max_model_len?: number
}

export interface ScriptedOptions {
  readonly script: Script
  /** Default: one, `test-vlm`. */
  readonly models?: readonly ScriptedModel[]
  /** Default `vllm`. */
  readonly ownedBy?: string
  /** A request without this bearer token is answered with 401. */
  readonly apiKey?: string
  /** `include` (default): as vLLM, stripped unless `include_stop_str_in_output`; `strip`; `ignore`: the reply goes on behind it. */
  readonly stop?: 'include' | 'strip' | 'ignore'
  /** The stop strings that every request has to name, and at which replies end for the client if `stop` is rejected. */
  readonly expectStop?: readonly string[]
  /** Parameters that are answered with 400, in OpenAI's words. */
  readonly reject?: readonly string[]
  /** How many replies of exemplars stand before the question; default none. */
  readonly exemplarReplies?: (messages: readonly SentMessage[]) => number
  readonly maxImages?: number
  /** Tokens of prompt and `max_tokens` together. */
  readonly maxContext?: number
  /** Pictures that are remembered by their ids, as vLLM does; default all; 0: `image_url: null` is answered with 400. */
  readonly imageCache?: number
  /** Error bodies: vLLM's old `flat` one or OpenAI's `nested` one (default). */
  readonly errors?: 'flat' | 'nested'
  /** Further paths and the JSON that they answer with. */
  readonly routes?: Readonly<Record<string, object>>
  readonly headers?: Readonly<Record<string, string>>
  /** Told when a client waits for what never comes. */
  readonly onHang?: (() => void) | undefined
  /** Milliseconds before each reply. */
  readonly delayMs?: number
}

interface ScriptedRequest extends Asked {
  /** Size of the request's body. */
  readonly bytes: number
  readonly status: number
}

export interface ScriptedEndpoint {
  /** With `/v1`. */
  readonly baseUrl: string
  /** Chat requests in the order of their arrival. */
  readonly requests: readonly ScriptedRequest[]
  readonly violations: readonly string[]
  close(): Promise<void>
}

const knownFields = new Set(
  (
    'model messages stop max_tokens max_completion_tokens temperature top_p seed tools stream stream_options ' +
    'include_stop_str_in_output top_k repetition_penalty'
  ).split(' '),
)

interface Conversation {
  readonly key: string
  readonly steps?: readonly Step[]
  readonly attempts: Map<number, number>
  /** For every history that was served (a request and the reply to it): which step comes next. `''`: no reply yet. */
  readonly positions: Map<string, number>
}

export async function startScriptedEndpoint(options: ScriptedOptions): Promise<ScriptedEndpoint> {
  const { models = [{ id: 'test-vlm' }], ownedBy = 'vllm', stop = 'include', imageCache = Infinity } = options
  const requests: ScriptedRequest[] = []
  const violations: string[] = []
  const conversations = new Map<string, Conversation>()
  const kept = new Map<string, SentImage>()
  const rejectsStop = options.reject?.includes('stop') === true

  async function chat(bodyText: string, response: ServerResponse): Promise<void> {
    const where = `request ${requests.length + 1}`
    const complain = (violation: string): void => void violations.push(`${where}: ${violation}`)
    let parsed: Record<string, unknown>
    try {
      parsed = JSON.parse(bodyText) as Record<string, unknown>
    } catch {
      complain('not JSON')
      return fail(response, 400, 'The request is not JSON.')
    }
    const { messages: _, ...body } = parsed
    for (const field of Object.keys(body)) if (!knownFields.has(field)) complain(`unknown field ${field}`)
    const messages: SentMessage[] = []
    for (const raw of rawMessages(bodyText)) messages.push(await readMessage(raw, kept, complain))
    if (messages.length === 0) complain('no messages')
    if (messages.at(-1)?.role === 'assistant') complain('the last message is the assistant’s')
    const { expectStop } = options
    if (expectStop !== undefined && !rejectsStop && JSON.stringify(body.stop) !== JSON.stringify(expectStop))
      complain(`stop is ${JSON.stringify(body.stop)}, not ${JSON.stringify(expectStop)}`)

    const conversation = conversationOf(messages)
    const exemplars = options.exemplarReplies?.(messages) ?? 0
    const turn = 1 + repliesIn(messages) - exemplars
    const history = turn === 1 ? '' : lastHistory(messages)
    const attempt = (conversation.attempts.get(turn) ?? 0) + 1
    conversation.attempts.set(turn, attempt)
    const asked: Asked = { key: conversation.key, turn, attempt, messages, body }
    const record = (status: number): void =>
      void requests.push({ ...asked, bytes: Buffer.byteLength(bodyText), status })

    const refusal = refuse(messages, body)
    if (refusal !== undefined) {
      record(refusal.status)
      return fail(response, refusal.status, refusal.message, refusal)
    }
    const position = conversation.positions.get(history)
    if (position === undefined) {
      complain('all but the end is not an earlier request and the raw reply to it')
      record(400)
      return fail(response, 400, 'The history is not as it was.')
    }
    const step = typeof options.script === 'function' ? options.script(asked) : conversation.steps?.[position]
    if (step === undefined) {
      complain(`the script of "${conversation.key}" is over`)
      record(400)
      return fail(response, 400, 'The script is over.')
    }
    for (const image of messages.flatMap(({ images }) => images)) keep(image)
    record(typeof step === 'object' && 'status' in step ? step.status : 200)
    if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs))
    const reply = play(step, asked, response)
    conversation.positions.set(reply === undefined ? history : historyHash(messages, reply), position + 1)
  }

  function refuse(
    messages: readonly SentMessage[],
    body: Record<string, unknown>,
  ): { status: number; message: string; param?: string; code?: string } | undefined {
    const model = models.find(({ id }) => id === body.model)
    if (model === undefined) {
      return { status: 404, message: `The model \`${String(body.model)}\` does not exist.`, code: 'model_not_found' }
    }
    const rejected = options.reject?.find((name) => name in body)
    if (rejected !== undefined) {
      const message = `Unsupported parameter: '${rejected}' is not supported with this model.`
      return { status: 400, message, param: rejected, code: 'unsupported_parameter' }
    }
    const images = messages.flatMap((message) => message.images)
    if (images.length > (options.maxImages ?? Infinity)) {
      const message = `At most ${options.maxImages} image(s) may be provided in one prompt.`
      return { status: 400, message: options.errors === 'flat' ? message.replace('prompt', 'request') : message }
    }
    const missing = images.findIndex(({ byId, uuid }) => byId === true && !kept.has(uuid!))
    if (missing >= 0) {
      const message = `Cache miss for image at index ${missing} but data is not provided.`
      return { status: 400, message: imageCache > 0 ? message : 'image_url: Input should be a valid dictionary' }
    }
    const limit = options.maxContext ?? model.max_model_len ?? Infinity
    const prompt = promptTokens(messages)
    const reply = Number(body.max_tokens ?? body.max_completion_tokens ?? 1)
    if (prompt + reply <= limit) return undefined
    return {
      status: 400,
      message:
        prompt >= limit
          ? `This model's maximum context length is ${limit} tokens. However, your request has ${prompt} input tokens. ` +
            'Please reduce the length of the input messages.'
          : `'max_tokens' or 'max_completion_tokens' is too large: ${reply}. This model's maximum context length is ` +
            `${limit} tokens and your request has ${prompt} input tokens (${reply} > ${limit} - ${prompt}).`,
    }
  }

  /** The raw reply as the next request has to hold it; undefined after a fault. */
  function play(step: Step, asked: Asked, response: ServerResponse): string | undefined {
    if (typeof step === 'object' && 'fault' in step) {
      if (step.fault === 'hang') options.onHang?.()
      else if (step.fault === 'empty') response.writeHead(200).end()
      else if (step.fault === 'huge') sendHuge(response)
      else if (step.fault === 'cut') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '2000' })
        response.write('{"id":"cut","choices":[{"message":{"content":"Half a rep', () => response.destroy())
      }
      return undefined
    }
    if (typeof step === 'object' && 'status' in step) {
      const text = typeof step.body === 'string' ? step.body : JSON.stringify(step.body ?? { error: {} })
      response.writeHead(step.status, { 'content-type': 'application/json', ...step.headers }).end(text)
      return undefined
    }
    const reply: ScriptedReply = typeof step === 'string' ? { text: step } : step
    const { sent, raw, stopped } = halt(reply.text, asked.body)
    const { reasoning, toolCalls } = reply
    const full = withReasoning(reasoning, raw)
    const reasoned = reasoning === undefined ? {} : { reasoning_content: reasoning }
    const called = toolCalls?.map(({ id, name, arguments: text }) => ({
      id,
      type: 'function',
      function: { name, arguments: text },
    }))
    const prompt = promptTokens(asked.messages)
    const completion = 1 + Math.ceil(full.length / 4)
    const completed = {
      id: 'chatcmpl-test',
      object: 'chat.completion',
      model: asked.body.model,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: sent,
            ...reasoned,
            ...(called === undefined ? {} : { tool_calls: called }),
          },
          finish_reason: reply.finish ?? (called === undefined ? 'stop' : 'tool_calls'),
          stop_reason: stopped ?? null,
        },
      ],
      usage: reply.usage ?? {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        prompt_tokens_details: { cached_tokens: asked.turn === 1 ? 0 : promptTokens(asked.messages.slice(0, -2)) },
      },
    }
    if (asked.body.stream === true) void streamCompletion(response, completed, reply.pause)
    else json(response, 200, completed)
    return full
  }

  /** `raw`: the reply up to the first stop string and with it, as a client has to see it; `sent`: as this server sends it. */
  function halt(text: string, body: Record<string, unknown>): { sent: string; raw: string; stopped?: string } {
    const stops = rejectsStop ? (options.expectStop ?? []) : ((body.stop ?? []) as readonly string[])
    const found = stops.filter((one) => text.includes(one)).toSorted((a, b) => text.indexOf(a) - text.indexOf(b))[0]
    if (found === undefined) return { sent: text, raw: text }
    const before = text.slice(0, text.indexOf(found))
    const raw = before + found
    if (stop === 'ignore' || rejectsStop) return { sent: text, raw }
    const kept = stop === 'include' && body.include_stop_str_in_output === true
    return { sent: kept ? raw : before, raw, stopped: found }
  }

  /** The oldest go first. */
  function keep(image: SentImage): void {
    if (image.uuid === undefined) return
    kept.delete(image.uuid)
    kept.set(image.uuid, image)
    while (kept.size > imageCache) kept.delete(kept.keys().next().value!)
  }

  function conversationOf(messages: readonly SentMessage[]): Conversation {
    const replies = messages.flatMap(({ role }, index) => (role === 'assistant' ? [index] : []))
    const opening = messages.slice(0, replies[options.exemplarReplies?.(messages) ?? 0] ?? messages.length)
    const id = opening.map(({ hash }) => hash).join(' ')
    const known = conversations.get(id)
    if (known !== undefined) return known
    const text = opening.at(-1)?.text ?? ''
    const { script } = options
    const byKey = typeof script === 'function' || Array.isArray(script) ? undefined : (script as Record<string, Step[]>)
    const found = byKey && Object.keys(byKey).find((name) => text.includes(name))
    const steps = found === undefined ? (Array.isArray(script) ? (script as Step[]) : undefined) : byKey![found]
    const fresh = { key: found ?? text, ...(steps && { steps }), attempts: new Map(), positions: new Map([['', 0]]) }
    conversations.set(id, fresh)
    return fresh
  }

  function fail(
    response: ServerResponse,
    status: number,
    message: string,
    more: { param?: string; code?: string } = {},
  ): void {
    const error = { message, type: 'BadRequestError', param: more.param ?? null, code: more.code ?? status }
    json(response, status, options.errors === 'flat' ? { object: 'error', ...error } : { error })
  }

  function json(response: ServerResponse, status: number, value: object): void {
    response.writeHead(status, { 'content-type': 'application/json', ...options.headers }).end(JSON.stringify(value))
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    if (options.apiKey !== undefined && request.headers.authorization !== `Bearer ${options.apiKey}`)
      return fail(response, 401, `Incorrect API key provided: ${request.headers.authorization ?? 'none'}.`)
    const route = options.routes?.[request.url ?? '']
    if (route !== undefined) return json(response, 200, route)
    if (request.url === '/v1/models') {
      const data = models.map((model) => ({ object: 'model', owned_by: ownedBy, ...model }))
      return json(response, 200, { object: 'list', data })
    }
    if (request.url !== '/v1/chat/completions') return fail(response, 404, 'Not Found')
    if (request.method !== 'POST') violations.push(`chat by ${request.method}`)
    if (Number(request.headers['content-length']) !== Buffer.byteLength(text))
      violations.push('no exact content-length')
    await chat(text, response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A client that went away amid its request is part of some tests.
      if (!request.destroyed) violations.push(`the endpoint broke: ${String(error)}`)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    violations,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function repliesIn(messages: readonly SentMessage[]): number {
  return messages.filter(({ role }) => role === 'assistant').length
}

function historyHash(before: readonly SentMessage[], reply: string): string {
  const hash = createHash('sha256')
  for (const message of before) hash.update(message.hash)
  return hash.update(reply).digest('hex')
}

/** The part of a request that has to have been served: all up to its last reply. */
function lastHistory(messages: readonly SentMessage[]): string {
  const last = messages.findLastIndex(({ role }) => role === 'assistant')
  return historyHash(messages.slice(0, last), messages[last]!.text)
}

function sendHuge(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const piece = Buffer.alloc(1 << 20, 'a')
  let left = 50
  const send = (): void => {
    while (left-- > 0) {
      if (response.destroyed) return
      if (!response.write(piece)) return void response.once('drain', send)
    }
    response.end()
  }
  response.write('{"choices":[{"message":{"content":"')
  send()
}
