/** Models behind an OpenAI-compatible endpoint: their list, and chat completions, whole or as a stream of events. */
import { randomUUID } from 'node:crypto'
import type { ChatModel, Completed, Delta } from './chat-model.ts'
import { readChatRequest } from './chat-request.ts'
import { errorBody, HttpError } from '../http/http-error.ts'
import type { Asking, Routes } from '../http/router.ts'

export function chatRoutes(models: readonly ChatModel[]): Routes {
  const created = seconds()
  const listed = models.map(({ id, contextLength }) => {
    return { id, object: 'model', created, owned_by: 'mini-o3', max_model_len: contextLength }
  })
  return {
    'GET /v1/models': () => ({ object: 'list', data: listed }),
    'POST /v1/chat/completions': async (body, asking) => {
      const request = readChatRequest(body)
      const model = models.find(({ id }) => id === request.model)
      if (model === undefined) {
        const names = models.map(({ id }) => `"${id}"`).join(', ')
        throw new HttpError(404, 'model_not_found', `There is no model "${request.model}" here, only ${names}.`)
      }
      const deltas = model.complete(request, asking.signal)
      const base = `http://${asking.headers.host}`
      const opening: Opening = { id: `chatcmpl-${randomUUID()}`, created: seconds(), model: model.id }
      if (!request.stream) return whole(opening, deltas, base)
      // What cannot be served is refused before the stream begins.
      const first = await deltas.next()
      const usage = request.stream_options?.include_usage ?? false
      return eventStream(chunks(opening, first, deltas, { usage, base }), asking)
    },
  }
}

interface Opening {
  readonly id: string
  readonly created: number
  readonly model: string
}

type Deltas = AsyncGenerator<Delta, Completed, void>

async function whole(opening: Opening, deltas: Deltas, base: string): Promise<object> {
  let reasoning = ''
  let content = ''
  for (;;) {
    const { done, value } = await deltas.next()
    if (!done) {
      if ('content' in value) content += value.content
      else reasoning += value.reasoning
      continue
    }
    const message = { role: 'assistant', content, refusal: null, ...(reasoning && { reasoning_content: reasoning }) }
    return {
      ...opening,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, ...finishOf(value) }],
      usage: usageOf(value),
      ...searchedOf(value, base),
    }
  }
}

async function* chunks(
  opening: Opening,
  first: IteratorResult<Delta, Completed>,
  deltas: Deltas,
  { usage: withUsage, base }: { readonly usage: boolean; readonly base: string },
): AsyncGenerator<object, void> {
  const chunk = (choices: readonly object[], more: object = {}): object => {
    return { ...opening, object: 'chat.completion.chunk', choices, ...(withUsage && { usage: null }), ...more }
  }
  const choice = (delta: object, finish: object = { finish_reason: null }): object => {
    return { index: 0, delta, logprobs: null, ...finish }
  }
  try {
    yield chunk([choice({ role: 'assistant', content: '' })])
    let { done, value } = first
    while (!done) {
      const delta = value as Delta
      yield chunk([choice('content' in delta ? delta : { reasoning_content: delta.reasoning })])
      ;({ done, value } = await deltas.next())
    }
    const completed = value as Completed
    yield chunk([choice({}, finishOf(completed))], searchedOf(completed, base))
    if (withUsage) yield chunk([], { usage: usageOf(completed) })
  } finally {
    // A client that has gone ends the work too.
    await deltas.return(undefined as never)
  }
}

/** Server-sent events, and `[DONE]`. A fault on the way is the last event. */
function eventStream(events: AsyncGenerator<object, void>, { explain }: Asking): Response {
  async function* lines(): AsyncGenerator<Uint8Array, void> {
    const line = (text: string): Uint8Array => Buffer.from(`data: ${text}\n\n`)
    try {
      for await (const event of events) yield line(JSON.stringify(event))
      yield line('[DONE]')
    } catch (error) {
      yield line(JSON.stringify(errorBody(explain(error))))
    }
  }
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' }
  return new Response(ReadableStream.from(lines()), { headers })
}

function finishOf({ finish, stop }: Completed): object {
  return { finish_reason: stop === null ? finish : 'stop', stop_reason: stop }
}

/** Links are whole addresses: whoever reads the answer opens them. */
function searchedOf({ searched }: Completed, base: string): object {
  if (searched === undefined) return {}
  const { links, ...ended } = searched
  return { mini_o3: { ...ended, ...(links && { page: base + links.page, trajectory: base + links.trajectory }) } }
}

function usageOf({ promptTokens, replyTokens }: Completed): object {
  return { prompt_tokens: promptTokens, completion_tokens: replyTokens, total_tokens: promptTokens + replyTokens }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
