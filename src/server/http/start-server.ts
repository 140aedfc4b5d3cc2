/** An HTTP server: guarded, with bounds on what it reads and holds, errors in OpenAI's shape, and an orderly end. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, UserError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { checkDoor, checkSite, checkToken } from './guard.ts'
import type { Door } from './guard.ts'
import { asHttpError, errorBody, HttpError } from './http-error.ts'
import { bodyReader } from './read-body.ts'
import { sendJson, sendResponse } from './send.ts'
import { endWhenStalled, usualPatience } from './slow-clients.ts'
import type { Patience } from './slow-clients.ts'

/** What a route may want to know beside the body. */
export interface Asking {
  /** Fires when the client has gone before its answer was out. */
  readonly signal: AbortSignal
  readonly headers: IncomingHttpHeaders
  /** As asked for, such as `/v1/models?limit=3`. */
  readonly url: string
  /** What any thrown value is answered with; faults of ours are told to the terminal. */
  readonly explain: (error: unknown) => HttpError
}

/** Takes the body (parsed; of `image/...` its bytes; undefined where there is none) and returns what is sent: a `Response` as it is, all else as JSON. */
export type Route = (body: unknown, asking: Asking) => unknown
/** By method and path, such as `GET /v1/models`, or `GET /runs/*` for all below. */
export type Routes = Readonly<Record<string, Route>>

export interface ServerOptions extends Door {
  /** 0: any free one. */
  readonly port: number
  readonly routes: Routes
  /** Told of faults of ours. */
  readonly onFault: (error: unknown) => void
  /** With slow clients. */
  readonly patience?: Patience
}

/** Requests that are read or answered at once; more are told to come again. */
const mostUnderWay = 256

export interface RunningServer {
  /** Such as `http://127.0.0.1:8420`. */
  readonly url: string
  /** Takes no more requests and waits for the answers under way. */
  close(): Promise<void>
}

/** Listens when it returns. Throws `UserError` when it may not, or cannot, listen there. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, routes, onFault, patience = usualPatience } = options
  checkDoor(options)
  const readBody = bodyReader()
  let underWay = 0
  const { requestMs: requestTimeout } = patience
  const timeouts = { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval: requestTimeout / 10 }
  const server = createServer(timeouts, (request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    underWay++
    endWhenStalled(request, response, patience)
    response.once('close', () => {
      underWay--
      if (!response.writableFinished) gone.abort()
    })
    const explain = (error: unknown): HttpError => {
      const refusal = asHttpError(error)
      if (refusal.status === 500 && !gone.signal.aborted) onFault(error)
      return refusal
    }
    const asking = { signal: gone.signal, headers: request.headers, url: request.url ?? '/', explain }
    const ending = (): Record<string, string> => (server.listening ? {} : { connection: 'close' })
    try {
      const value = await routed(request, response, asking)
      if (value instanceof Response) await sendResponse(response, value, ending())
      else sendJson(response, 200, value, ending())
    } catch (error) {
      const refusal = explain(error)
      const { status, retryAfter } = refusal
      if (response.headersSent) response.destroy()
      else {
        const wait: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
        sendJson(response, status, errorBody(refusal), { ...ending(), ...wait })
      }
    }
  }

  async function routed(request: IncomingMessage, response: ServerResponse, asking: Asking): Promise<unknown> {
    checkSite(request.headers, options)
    const entrance = checkToken(asking.url, request.headers, options)
    if (entrance !== undefined) return entrance
    if (underWay > mostUnderWay) throw new HttpError(429, 'busy', 'Too many requests at once. Try again in 1 s.', 1)
    const route = find(routes, request.method ?? 'GET', asking.url.split('?', 1)[0]!)
    if (request.method !== 'POST') return route(undefined, asking)
    const body = await readBody(request, response)
    return route(request.headers['content-type']?.startsWith('image/') ? body : parse(body), asking)
  }

  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new UserError('cannot-listen', `Cannot listen on ${host}:${port}: ${messageOf(error)}. Try another --port.`, {
      cause: error,
    })
  }
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}

/** The route of this very path, or else that of the nearest folder above it. */
function find(routes: Routes, method: string, path: string): Route {
  const names = [path]
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    names.push(`${path.slice(0, end)}/*`)
    if (end === 0) break
  }
  const name = names.find((one) => Object.hasOwn(routes, `${method} ${one}`))
  if (name !== undefined) return routes[`${method} ${name}`]!
  const known = Object.keys(routes).filter((route) => names.some((one) => route.endsWith(` ${one}`)))
  if (known.length > 0) throw new HttpError(405, 'method_not_allowed', `${path} takes ${known.join(', ')} only.`)
  throw new HttpError(404, 'not_found', `There is no such page. This server has ${Object.keys(routes).join(', ')}.`)
}

function parse(body: Buffer): unknown {
  try {
    return parseJson(body.toString('utf8'))
  } catch {
    throw new HttpError(400, 'invalid_json', 'The body is not JSON.')
  }
}
