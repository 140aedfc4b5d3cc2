/** Opens an endpoint: checks the key, lists the server's models and detects its kind. */
import { UserError } from '../shared/errors.ts'
import { jsonOrUndefined } from '../shared/json.ts'
import { baseUrlOf, below, beside, keyFrom } from './address.ts'
import { completer } from './exchange/complete.ts'
import type { Endpoint, ModelInfo } from './endpoint.ts'
import { meaningOf } from './refusal/refusal.ts'
import { fieldsOf } from '../shared/fields.ts'
import type { Fields } from '../shared/fields.ts'
import { keyError, movedError } from './refusal/refusal-error.ts'
import { openConnections } from './exchange/send.ts'
import type { Exchange } from './exchange/send.ts'
import { kindOf, serverKinds } from './server-kinds.ts'
import type { ServerKind, ServerKindName } from './server-kinds.ts'
import { foreignBody } from './exchange/foreign-body.ts'
import { get, refusalOf } from './exchange/server.ts'
import type { Server } from './exchange/server.ts'

export interface EndpointOptions {
  /** For example `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string
  /** Name of the environment variable with the API key; absent: no key is sent. */
  readonly apiKeyEnv?: string | undefined
  /** Default: detected. */
  readonly kind?: ServerKindName | ServerKind | undefined
  /** Timeout of one reply in milliseconds; default 10 minutes. */
  readonly timeoutMs?: number | undefined
  /** Attempts per request, including the first; default 6. */
  readonly maxTries?: number
  /** Milliseconds before the second attempt, doubled for each further one; default half a second. */
  readonly backoffMs?: number
  /** Longest wait before an attempt in milliseconds, whatever the server asks for; default one minute. */
  readonly maxWaitMs?: number
  /** Milliseconds that a streamed reply may stall before it is requested again; default 3 minutes. */
  readonly idleMs?: number
}

/** Throws `UserError` if the server cannot be reached or the key's variable is not set. */
export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const {
    apiKeyEnv,
    timeoutMs = 600_000,
    maxTries = 6,
    backoffMs = 500,
    maxWaitMs = 60_000,
    idleMs = 180_000,
  } = options
  const key = keyFrom(apiKeyEnv)
  const given = baseUrlOf(options.baseUrl)
  const { send, close } = openConnections(given.protocol)
  const unproven: Server = { base: given, key, apiKeyEnv, send, timeoutMs, maxTries, backoffMs, maxWaitMs, idleMs }
  try {
    const { base, exchange } = await listModels(unproven)
    const server = { ...unproven, base }
    const listed = readModels(exchange, server)
    const kind =
      options.kind === undefined
        ? kindOf({
            url: base,
            ownedBy: listed.map(({ ownedBy }) => ownedBy),
            serverHeader: String(exchange.headers.server),
          })
        : typeof options.kind === 'string'
          ? serverKinds[options.kind]
          : options.kind
    const models = await withContexts(listed, kind, server)
    const { complete, spent } = completer(server, kind, models)
    return { baseUrl: base.href, kind, models, complete, spent, close }
  } catch (error) {
    close()
    throw error
  }
}

/** The model list and the base URL where it was found, since `/v1` is often forgotten. */
async function listModels(server: Server): Promise<{ base: URL; exchange: Exchange }> {
  const { base } = server
  const exchange = await get(server, below(base, '/models'))
  // Servers with a web interface return a page for any path.
  const elsewhere = exchange.status === 404 || (exchange.status < 300 && listIn(exchange) === undefined)
  if (!elsewhere || base.pathname.endsWith('/v1')) return { base, exchange }
  const versioned = below(base, '/v1')
  const second = await get(server, below(versioned, '/models'))
  return second.status < 300 && (exchange.status === 404 || listIn(second) !== undefined)
    ? { base: versioned, exchange: second }
    : { base, exchange }
}

function listIn({ text }: Exchange): readonly unknown[] | undefined {
  const data = fieldsOf(jsonOrUndefined(text))?.data
  return Array.isArray(data) ? data : undefined
}

type Listed = ModelInfo & { readonly ownedBy: string }

/** Empty if the server has no list. Throws `UserError` if it is not an OpenAI-compatible server. */
function readModels(exchange: Exchange, server: Server): Listed[] {
  const { status, text } = exchange
  if (status === 401 || status === 403) throw keyError(refusalOf(server, exchange), server, serverKinds.generic)
  if (status >= 300) {
    const refusal = refusalOf(server, exchange)
    const { kind } = meaningOf(refusal)
    if (kind === 'moved' || kind === 'wants-https') throw movedError(refusal, server)
    return []
  }
  const data = listIn(exchange)
  if (data === undefined) {
    const what = foreignBody(text, server)
    throw new UserError(
      'no-chat-endpoint',
      `${server.base.href} is not an OpenAI-compatible endpoint: its response to /models is ${what}`,
    )
  }
  return data.flatMap((entry) => {
    const model = fieldsOf(entry)
    if (typeof model?.id !== 'string') return []
    return [{ id: model.id, ownedBy: typeof model.owned_by === 'string' ? model.owned_by : '', ...contextOf(model) }]
  })
}

/** Fields for the context length: configured values first, the model's maximum last. 0 (llama.cpp's router) means unknown. */
const contextNames = [
  'max_model_len',
  'loaded_context_length',
  'n_ctx',
  'context_length',
  'context_window',
  'max_input_tokens',
  'max_context_length',
  'max_total_tokens',
]
/** Some servers nest it: llama.cpp (`meta`), LiteLLM (`model_info`), DeepInfra (`metadata`). */
const innerNames = ['meta', 'model_info', 'metadata']

function contextOf(fields: Fields | undefined): { contextLength?: number } {
  for (const inside of [fields, ...innerNames.map((name) => fieldsOf(fields?.[name]))]) {
    for (const name of contextNames) {
      const value = inside?.[name]
      if (typeof value === 'number' && Number.isInteger(value) && value > 0) return { contextLength: value }
    }
  }
  return {}
}

/** Queries the context length separately if it is not in the list: one for llama.cpp, one per loaded model for Ollama. */
async function withContexts(listed: readonly Listed[], kind: ServerKind, server: Server): Promise<ModelInfo[]> {
  const models = listed.map(({ id, contextLength }) => ({
    id: kind.namePrefix === undefined ? id : id.replace(kind.namePrefix, ''),
    ...(contextLength !== undefined && { contextLength }),
  }))
  if (kind.contextPath === undefined) return models
  const { text } = await get(server, beside(server.base, kind.contextPath))
  const body = fieldsOf(jsonOrUndefined(text))
  const ofAll = contextOf(fieldsOf(body?.default_generation_settings))
  const loaded = Array.isArray(body?.models) ? body.models.map(fieldsOf) : []
  return models.map((model) => ({
    ...model,
    ...ofAll,
    ...contextOf(loaded.find((one) => one?.name === model.id || one?.model === model.id)),
  }))
}
