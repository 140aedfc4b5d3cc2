/**
 * Looks for servers of models on the loopback, all places at once. Whoever listens there may be anybody: what is read is bounded in
 * bytes, depth, number and time, nothing is followed elsewhere, and no key is sent.
 */
import type { Fields } from '../shared/fields.ts'
import { openConnections } from '../endpoint/exchange/send.ts'
import type { Exchange, Send } from '../endpoint/exchange/send.ts'
import { kindOf, serverKinds } from '../endpoint/server-kinds.ts'
import { throwIfAborted, TransportError } from '../shared/errors.ts'
import { jsonOrUndefined } from '../shared/json.ts'
import { limiter } from '../shared/limiter.ts'
import {
  isElsewhere,
  listedIn,
  nameOf,
  sightInList,
  sightInLmStudio,
  sightInProps,
  sightInShow,
} from './model-sight.ts'
import type { FoundModel } from './model-sight.ts'
import type { FoundServer } from './found.ts'
import { nameIn } from './server-signs.ts'
import type { ServerName } from './server-signs.ts'
import type { Place } from './usual-places.ts'

export interface FindOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until a server has to have said all; default 3 seconds. */
  readonly timeoutMs?: number
}

const usualTimeoutMs = 3_000
/** A hundred models with all that is said of them. */
const maxBytes = 2 * 2 ** 20
/** Questions to one server at once. */
const atOnce = 8

/** In the order of the places. */
export async function findServers(places: readonly Place[], options: FindOptions = {}): Promise<FoundServer[]> {
  const found = await Promise.all(places.map((place) => serverAt(place, options)))
  return found.filter((server) => server !== undefined)
}

/** Undefined: nobody, or nobody with an OpenAI-compatible endpoint. Programs that name `localhost` may listen under `::1` alone. */
async function serverAt(place: Place, options: FindOptions): Promise<FoundServer | undefined> {
  for (const host of ['127.0.0.1', '[::1]']) {
    const server = await examine(new URL(`http://${host}:${place.port}${place.path}`), options)
    if (server !== 'nobody') return server
  }
  return undefined
}

async function examine(base: URL, options: FindOptions): Promise<FoundServer | 'nobody' | undefined> {
  const { signal, timeoutMs = usualTimeoutMs } = options
  const { send, close } = openConnections(base.protocol)
  const endMs = performance.now() + timeoutMs
  const ask = (path: string, body?: object): Promise<Exchange> =>
    send(new URL(path, base), {
      method: body === undefined ? 'GET' : 'POST',
      headers: {},
      ...(body !== undefined && { body: jsonBody(body) }),
      timeoutMs: Math.max(1, endMs - performance.now()),
      maxBytes,
      signal,
    })
  const baseUrl = base.href
  const unsaid = (problem: string): FoundServer => ({
    kind: 'generic',
    title: 'a server',
    baseUrl,
    models: [],
    problem,
  })
  try {
    const exchange = await ask(`${base.pathname}/models`)
    if (exchange.status === 401 || exchange.status === 403) return unsaid('it requires an API key')
    const listed = exchange.status === 200 ? listedIn(jsonOf(exchange)) : undefined
    if (listed === undefined) return undefined
    const name = await nameOfServer(base, exchange, listed, ask)
    return { ...name, baseUrl, models: await modelsOf(name, listed, ask) }
  } catch (error) {
    throwIfAborted(signal)
    if (!(error instanceof TransportError)) throw error
    if (error.code === 'endpoint-unreachable') return 'nobody'
    // What does not speak HTTP is none of these servers.
    return error.code === 'reply-timeout' ? unsaid(`it does not answer within ${timeoutMs / 1000} s`) : undefined
  } finally {
    close()
  }
}

type AskServer = (path: string, body?: object) => Promise<Exchange>

async function nameOfServer(
  url: URL,
  { headers }: Exchange,
  listed: readonly Fields[],
  ask: AskServer,
): Promise<ServerName> {
  const ownedBy = listed.map((entry) => nameOf(entry, 'owned_by') ?? '')
  const kind = kindOf({ url, ownedBy, serverHeader: String(headers.server) })
  if (kind.name !== 'generic') return { kind: kind.name, title: kind.title }
  const { title } = serverKinds.generic
  return nameIn(await answered(ask('/openapi.json'))) ?? { kind: 'generic', title }
}

async function modelsOf(
  { kind, gateway }: ServerName,
  listed: readonly Fields[],
  ask: AskServer,
): Promise<FoundModel[]> {
  if (kind === 'ollama') return ollamaModels(ask)
  const entries = kind === 'lmstudio' ? ((await lmStudioModels(ask)) ?? listed) : listed
  // Its models are searches of its own, or know generated scenes alone.
  const blind = kind === 'mini-o3'
  const props = kind === 'llamacpp' && listed.length === 1 ? sightInProps(await answered(ask('/props'))) : 'unknown'
  return entries.flatMap((entry) => {
    const id = nameOf(entry, 'id', 'key')
    if (id === undefined || entry['type'] === 'embeddings' || entry['type'] === 'embedding') return []
    const own = kind === 'lmstudio' ? sightInLmStudio(entry) : sightInList(entry)
    const sees = blind ? 'no' : own === 'unknown' ? props : own
    return [{ id, sees, ...(gateway && { elsewhere: gateway }) }]
  })
}

async function lmStudioModels(ask: AskServer): Promise<readonly Fields[] | undefined> {
  return listedIn(await answered(ask('/api/v0/models'))) ?? listedIn(await answered(ask('/api/v1/models')))
}

/** In Ollama's order: what was changed last comes first. */
async function ollamaModels(ask: AskServer): Promise<FoundModel[]> {
  const entries = listedIn(await answered(ask('/api/tags'))) ?? []
  const limited = limiter(atOnce)
  const models = entries.map(async (entry): Promise<FoundModel[]> => {
    const id = nameOf(entry, 'name', 'model')
    if (id === undefined) return []
    const sees = sightInShow(await limited(() => answered(ask('/api/show', { model: id }))))
    return [{ id, sees, ...(isElsewhere(entry) && { elsewhere: true as const }) }]
  })
  return (await Promise.all(models)).flat()
}

/** Undefined: it has no such path, or says something else than JSON there. */
async function answered(exchange: Promise<Exchange>): Promise<unknown> {
  try {
    return jsonOf(await exchange)
  } catch (error) {
    if (error instanceof TransportError) return undefined
    throw error
  }
}

function jsonOf({ status, text }: Exchange): unknown {
  return status === 200 ? jsonOrUndefined(text) : undefined
}

function jsonBody(body: object): NonNullable<Parameters<Send>[1]['body']> {
  const bytes = Buffer.from(JSON.stringify(body))
  return { pieces: [bytes], bytes: bytes.byteLength }
}
