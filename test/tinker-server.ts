/**
 * A strict Tinker server for tests: every request is held against the protocol, results are promised and long-polled, and
 * faults come when asked for. Gradients and samples are the embedded engine's, so training over it is real.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EmbeddedEngineOptions } from '../src/engine/embedded/embedded-engine.ts'
import { type Answer, billed, bodyOf, checkpointIn, exists, trained } from './tinker-answers.ts'
import { BadRequest, type ServedModel, serveModel } from './tinker-model.ts'
import { decodeForwardBackwardRequest, encodeResult } from './tinker-protobuf.ts'
import { type Path, requestShapes, type Sent } from './tinker-requests.ts'

/** `cut`: acts, then breaks the connection. `expire`: acts and forgets the promise. `die`: acts on nothing any more. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string> | undefined }
  | 'cut'
  | 'expire'
  | 'die'
  | 'drop-session'

export interface TinkerServerOptions {
  /** Where checkpoints lie, also after a restart. */
  readonly folder: string
  readonly model?: EmbeddedEngineOptions & { readonly base?: string }
  /** The one model that is offered; default: the small one. */
  readonly modelName?: string
  /** Listed beside it; none of them can be used. */
  readonly otherModels?: readonly object[]
  /** What the bill has, event by event; none: there is no bill. */
  readonly bill?: readonly object[]
  /** Engines that sample have lost their weights, as SkyRL's while it trains all of them. */
  readonly asleep?: boolean
  /** Default: the embedded engine. */
  readonly make?: () => Promise<ServedModel>
  readonly port?: number
  readonly apiKey?: string
  /** `protobuf`: training requests and results only so, as the hosted service. */
  readonly codec?: 'json' | 'protobuf'
  /** What `retrieve_future` answers while there is no result. */
  readonly pending?: '408' | 'try_again'
  readonly holdMs?: number
  /** Added to the log-probabilities of samples, as by a sampler that sees another sequence. */
  readonly misreport?: number
  /** Sampling may go on with weights from before a training request, as with staleness. */
  readonly staleSampling?: boolean
  /** Asked at each request; `nth` counts those to this path. */
  readonly fault?: ((path: string, nth: number) => Fault | undefined) | undefined
}

export interface TinkerServer {
  readonly url: string
  readonly port: number
  /** Paths of the requests, in order. */
  readonly requests: readonly string[]
  readonly violations: readonly string[]
  /** Models that are loaded. */
  models(): number
  close(): Promise<void>
}

interface Held {
  readonly sessionId: string
  readonly model: ServedModel
  readonly id: string
  seqId: number
  readonly seen: Map<number, { readonly body: string; readonly requestId: string }>
  /** Work in order of arrival. */
  turn: Promise<unknown>
  /** The sampling session whose weights are the current ones. */
  live: string | undefined
}

type Future = {
  readonly path: string
  readonly value: Promise<unknown>
  settled?: { ok: unknown } | { failed: string }
}

export async function startTinkerServer(options: TinkerServerOptions): Promise<TinkerServer> {
  const {
    folder,
    codec = 'json',
    holdMs = 200,
    pending = '408',
    misreport = 0,
    modelName = 'mini-o3/embedded',
  } = options
  const tag = randomBytes(3).toString('hex')
  const requests: string[] = []
  const violations: string[] = []
  const sessions = new Set<string>()
  const models = new Map<string, Held>()
  const samplers = new Map<
    string,
    {
      readonly sample: Awaited<ReturnType<ServedModel['sampler']>>
      readonly endToken: number
      /** None: the model as it is without any training. */
      readonly held?: Held
    }
  >()
  const futures = new Map<string, Future>()
  const counts = new Map<string, number>()
  const make = options.make ?? (() => serveModel({ ...options.model }))
  const bases: ServedModel[] = []
  let dead = false
  let ids = 0
  const newId = (kind: string): string => `${kind}-${tag}-${++ids}`

  function promise(path: string, value: Promise<unknown>): string {
    const id = newId('request')
    const future: Future = { path, value }
    value.then(
      (ok) => (future.settled = { ok }),
      (error: unknown) => (future.settled = { failed: error instanceof Error ? error.message : String(error) }),
    )
    futures.set(id, future)
    return id
  }

  const fileOf = (path: string): string => checkpointIn(folder, path)

  function inTurn<T>(held: Held, work: () => Promise<T>): Promise<T> {
    const next = held.turn.then(work)
    held.turn = next.catch(() => {})
    return next
  }

  /** The number of a training request: the next one, or one that was seen with the very same body. */
  function ordered(
    body: { model_id: string; seq_id: number },
    path: Path,
    start: (held: Held) => Promise<unknown>,
  ): Answer {
    const held = models.get(body.model_id)
    if (!held) return { status: 404, json: { detail: 'model not found' } }
    const text = JSON.stringify(body)
    const before = held.seen.get(body.seq_id)
    if (before) {
      if (before.body === text) return { status: 200, json: { request_id: before.requestId } }
      return { status: 409, json: { detail: `seq_id ${body.seq_id} came before with another body` } }
    }
    if (body.seq_id !== held.seqId + 1) {
      violations.push(`${path}: seq_id ${body.seq_id} after ${held.seqId}`)
      return { status: 400, json: { detail: 'seq_id out of order' } }
    }
    if (path === 'load_weights' && body.seq_id !== 1)
      return { status: 400, json: { detail: `LoadWeights is not permitted with seq_id ${body.seq_id}` } }
    held.seqId = body.seq_id
    const requestId = promise(
      path,
      inTurn(held, () => start(held)),
    )
    held.seen.set(body.seq_id, { body: text, requestId })
    return { status: 200, json: { request_id: requestId } }
  }

  const routes: { readonly [P in Path]: (body: Sent<P>, request: IncomingMessage) => Answer | Promise<Answer> } = {
    'client/config': () => ({ status: 200, json: { pjwt_auth_enabled: false } }),
    'client/dynamic_config': () => ({ status: 404, json: { detail: 'Not Found' } }),
    telemetry: () => ({ status: 200, json: { status: 'accepted' } }),
    get_info: ({ model_id }) => ({
      status: models.has(model_id) ? 200 : 404,
      json: { model_id, type: 'get_info', model_data: { model_name: modelName } },
    }),
    create_session: () => {
      const id = newId('session')
      sessions.add(id)
      return { status: 200, json: { session_id: id, type: 'create_session' } }
    },
    session_heartbeat: ({ session_id }) =>
      sessions.has(session_id)
        ? { status: 200, json: { type: 'session_heartbeat' } }
        : { status: 404, json: { detail: 'session not found' } },
    create_model: ({ session_id, base_model }) => {
      if (!sessions.has(session_id)) return { status: 404, json: { detail: 'session not found' } }
      if (base_model !== modelName) return { status: 400, json: { detail: 'another base model' } }
      const id = newId('model')
      const create = async (): Promise<unknown> => {
        const model = await make()
        const fresh = { seqId: 0, seen: new Map(), turn: Promise.resolve(), live: undefined }
        models.set(id, { sessionId: session_id, model, id, ...fresh })
        return { model_id: id, type: 'create_model' }
      }
      return { status: 200, json: { request_id: promise('create_model', create()), model_id: id } }
    },
    unload_model: ({ model_id }) => {
      const held = models.get(model_id)
      if (!held) return { status: 404, json: { detail: 'model not found' } }
      models.delete(model_id)
      const unload = async (): Promise<unknown> => {
        await held.turn
        await held.model.close()
        return { model_id, type: 'unload_model' }
      }
      return { status: 200, json: { request_id: promise('unload_model', unload()) } }
    },
    forward_backward: (body) =>
      ordered(body, 'forward_backward', async (held) => {
        held.live = undefined
        const { forward_backward_input: input, forward_only = false } = body
        return trained(await (forward_only ? held.model.forward(input) : held.model.train(input)))
      }),
    forward: (body) =>
      ordered(body, 'forward', async (held) => {
        held.live = undefined
        return trained(await held.model.forward(body.forward_input))
      }),
    optim_step: (body) =>
      ordered(body, 'optim_step', async (held) => {
        held.live = undefined
        const { gradientNorm } = await held.model.step(body.adam_params)
        return { metrics: { 'skyrl.ai/grad_norm': gradientNorm }, type: 'optim_step' }
      }),
    save_weights: async (body) => {
      const path = `tinker://${body.model_id}/weights/${body.path}`
      if (await exists(fileOf(path))) return { status: 409, json: { detail: `${body.path} exists` } }
      return ordered(body, 'save_weights', async (held) => {
        await held.model.save(fileOf(path))
        return { path, type: 'save_weights' }
      })
    },
    load_weights: (body) =>
      ordered(body, 'load_weights', async (held) => {
        const file = fileOf(body.path)
        if (!(await exists(file))) throw new BadRequest(`no checkpoint ${body.path}`)
        await held.model.load(file, body.optimizer)
        return { path: body.path, type: 'load_weights' }
      }),
    save_weights_for_sampler: (body) =>
      ordered(body, 'save_weights_for_sampler', async (held) => {
        if (body.path !== undefined) {
          const path = `tinker://${held.id}/sampler_weights/${body.path}`
          await held.model.save(fileOf(path))
          return { path, sampling_session_id: null, type: 'save_weights_for_sampler' }
        }
        const id = newId('sampling')
        samplers.set(id, { sample: await held.model.sampler(), endToken: held.model.endToken, held })
        held.live = id
        return { path: null, sampling_session_id: id, type: 'save_weights_for_sampler' }
      }),
    create_sampling_session: async ({ session_id, base_model, sampling_session_seq_id: number }) => {
      if (!sessions.has(session_id)) return { status: 404, json: { detail: 'session not found' } }
      if (base_model !== modelName) return { status: 400, json: { detail: 'another base model' } }
      const model = await make()
      bases.push(model)
      const id = newId(`sampling-${number}`)
      samplers.set(id, { sample: await model.sampler(), endToken: model.endToken })
      return { status: 200, json: { sampling_session_id: id, type: 'create_sampling_session' } }
    },
    asample: ({ sampling_session_id, prompt, sampling_params }) => {
      const found = samplers.get(sampling_session_id)
      if (!found || (found.held && !models.has(found.held.id)))
        return { status: 404, json: { detail: 'sampling session not found' } }
      if (found.held && found.held.live !== sampling_session_id && !options.staleSampling)
        violations.push('asample: weights were not published after training')
      const { endToken } = found
      if (!sampling_params.stop.includes(endToken)) violations.push('asample: no stop token')
      const sample = async (): Promise<unknown> => {
        if (options.asleep)
          throw new Error('inference engines have no synced weights (slept at level 2, which discards them)')
        const reply = await found.sample(prompt.chunks, sampling_params)
        const tokens = reply.ended ? [...reply.tokens, endToken] : reply.tokens
        const logprobs = reply.logprobs.map((value) => value + misreport)
        return {
          sequences: [{ tokens, logprobs, stop_reason: reply.ended ? 'stop' : 'length' }],
          prompt_logprobs: null,
          prompt_cache_hit_tokens: 1,
        }
      }
      // The protocol's own client, at 0.38, insists on a name for each sequence to come.
      return {
        status: 200,
        json: { request_id: promise('asample', sample()), sample_sequence_ids: [newId('sequence')] },
      }
    },
    retrieve_future: async ({ request_id }, request) => {
      const future = futures.get(request_id)
      if (!future) return { status: 404, json: { detail: 'no such request' } }
      await Promise.race([future.value.catch(() => {}), new Promise((resolve) => setTimeout(resolve, holdMs))])
      const { settled, path } = future
      if (!settled) {
        return pending === '408'
          ? { status: 408, json: { detail: 'Timeout waiting for result' } }
          : { status: 200, json: { type: 'try_again', request_id, queue_state: 'active', queue_state_reason: null } }
      }
      if ('failed' in settled) {
        return codec === 'json'
          ? { status: 400, json: { detail: settled.failed } }
          : { status: 200, json: { error: settled.failed, category: 'user' } }
      }
      if (codec === 'protobuf' && (path === 'asample' || path === 'forward_backward')) {
        if (!request.headers.accept?.includes('application/x-protobuf'))
          violations.push(`${path}: no protobuf accepted`)
        return { status: 200, protobuf: encodeResult(path, settled.ok) }
      }
      return { status: 200, json: settled.ok }
    },
  }

  async function dropSessions(): Promise<void> {
    sessions.clear()
    samplers.clear()
    const dropped = [...models.values()]
    models.clear()
    await Promise.all([...dropped.map(({ model }) => model), ...bases.splice(0)].map((model) => model.close()))
  }

  async function post(path: Path, request: IncomingMessage): Promise<Answer> {
    const bytes = await bodyOf(request)
    const type = request.headers['content-type']
    const binary = path === 'forward_backward' && codec === 'protobuf'
    if (type !== (binary ? 'application/x-protobuf' : 'application/json')) {
      return { status: 415, json: { detail: `content type ${type}` } }
    }
    const read = requestShapes[path].safeParse(binary ? decodeForwardBackwardRequest(bytes) : JSON.parse(String(bytes)))
    if (!read.success) {
      violations.push(`${path}: ${read.error.message}`)
      return { status: 422, json: { detail: read.error.issues.map(({ path: loc, message: msg }) => ({ loc, msg })) } }
    }
    return (routes[path] as (body: unknown, request: IncomingMessage) => Promise<Answer>)(read.data, request)
  }

  async function remove(id: string, name: string): Promise<Answer> {
    const file = fileOf(`tinker://${id}/weights/${name}`)
    if (!(await exists(file))) return { status: 404, json: { detail: 'no such checkpoint' } }
    await rm(file)
    return { status: 204, json: undefined }
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    if (options.apiKey !== undefined && request.headers['x-api-key'] !== options.apiKey)
      return { status: 401, json: { detail: `unknown key ${String(request.headers['x-api-key'])}` } }
    const path = (request.url ?? '').replace(/^\/api\/v1\//, '')
    if (request.method === 'GET' && path === 'get_server_capabilities')
      return {
        status: 200,
        json: {
          supported_models: [{ model_name: modelName, max_context_length: null }, ...(options.otherModels ?? [])],
        },
      }
    const [, bill] = /^billing\/usage\/events\?(.*)$/.exec(path) ?? []
    if (request.method === 'GET' && bill !== undefined) return billed(new URLSearchParams(bill), options.bill)
    const checkpoint = /^training_runs\/([\w-]+)\/checkpoints\/weights\/([\w-]+)$/.exec(path)
    if (request.method === 'DELETE' && checkpoint) return remove(checkpoint[1]!, checkpoint[2]!)
    if (request.method === 'POST' && path in requestShapes) return post(path as Path, request)
    violations.push(`no route ${request.method} ${path}`)
    return { status: 404, json: { detail: 'Not Found' } }
  }

  // Long, since on a busy machine it might else close a connection just when the client uses it again.
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void serve(request, response).catch((error: unknown) => {
      violations.push(`the server broke: ${String(error)}`)
      response.destroy()
    })
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace(/^\/api\/v1\//, '')
    const nth = (counts.get(path) ?? 0) + 1
    counts.set(path, nth)
    requests.push(path)
    const fault = dead ? 'die' : options.fault?.(path, nth)
    if (fault === 'die') {
      if (!dead) await stop()
      return void response.destroy()
    }
    if (fault === 'drop-session') await dropSessions()
    if (typeof fault === 'object') {
      await bodyOf(request)
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
      return void response.end(JSON.stringify({ detail: 'a fault that was asked for' }))
    }
    const given = await answer(request)
    if (fault === 'cut') return void response.destroy()
    if (fault === 'expire') {
      response.writeHead(410, { 'content-type': 'application/json' })
      return void response.end('{}')
    }
    const type = given.protobuf ? 'application/x-protobuf' : 'application/json'
    response.writeHead(given.status, given.status === 204 ? {} : { 'content-type': type })
    response.end(given.status === 204 ? undefined : (given.protobuf ?? JSON.stringify(given.json)))
  }

  async function stop(): Promise<void> {
    dead = true
    server.close()
    server.closeAllConnections()
    await dropSessions()
  }

  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, requests, violations, models: () => models.size, close: stop }
}
