/** The HTTP server: access control, limits on what it reads and holds, errors in OpenAI's format, graceful shutdown. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf, UserError } from '../../shared/errors.ts'
import { defined, own } from '../../shared/known.ts'
import { checkDoor, checkSite, checkToken } from './guard.ts'
import type { Door } from './guard.ts'
import { asHttpError, errorBody, HttpError } from './http-error.ts'
import { bodyReader, discardRest } from './read-body.ts'
import { readJson } from './read-json.ts'
import { pathOf, router } from './router.ts'
import type { Asking, Routes } from './router.ts'
import { sendJson, sendResponse } from './send.ts'
import { endWhenStalled, usualPatience } from './slow-clients.ts'
import type { Patience } from './slow-clients.ts'

export interface HttpServerOptions extends Door {
  /** 0 for any free port. */
  readonly port: number
  readonly routes: Routes
  /** Error formats of specific paths; elsewhere OpenAI's. */
  readonly refusals?: Readonly<Record<string, (refusal: HttpError) => object>> | undefined
  /** Called for internal errors. */
  readonly onFault: (error: unknown) => void
  /** Timeouts for slow clients. */
  readonly patience?: Patience
}

/** Requests in progress at once; more are refused with 429. */
const mostUnderWay = 256

export interface RunningServer {
  /** For example `http://127.0.0.1:8420`. */
  readonly url: string
  /** Stops accepting requests and waits for the responses in progress. */
  close(): Promise<void>
}

/** The server is listening when this resolves. Throws `UserError` if it may not or cannot listen there. */
export async function startServer(options: HttpServerOptions): Promise<RunningServer> {
  const { host, port, routes, refusals = {}, onFault, patience = usualPatience } = options
  checkDoor(options)
  const routeOf = router(routes)
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
        const bodyOf = own(refusals, pathOf(asking.url)) ?? errorBody
        sendJson(response, status, bodyOf(refusal), { ...ending(), ...wait }, discardRest(request))
      }
    }
  }

  async function routed(request: IncomingMessage, response: ServerResponse, asking: Asking): Promise<unknown> {
    checkSite(request.headers, options)
    const entrance = checkToken(asking.url, request.headers, options)
    if (entrance !== undefined) return entrance
    if (underWay > mostUnderWay)
      throw new HttpError(429, 'busy', 'Too many requests at once. Try again in 1 s.', { retryAfter: 1 })
    const route = routeOf(request.method ?? 'GET', pathOf(asking.url))
    if (request.method !== 'POST') return route(undefined, asking)
    const body = await readBody(request, response)
    return route(request.headers['content-type']?.startsWith('image/') ? body : readJson(body), asking)
  }

  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new UserError('cannot-listen', `Cannot listen on ${host}:${port}: ${messageOf(error)}. Try another --port.`, {
      cause: error,
    })
  }
  const address = server.address()
  const bound = typeof address === 'string' ? port : defined(address ?? undefined, 'the address of the server').port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}
