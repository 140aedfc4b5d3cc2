/** An HTTP server of JSON: guarded, with a bound on what it reads, errors in OpenAI's shape, and an orderly end. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, UserError } from '../shared/errors.ts'
import { checkDoor, checkHeaders } from './guard.ts'
import type { Door } from './guard.ts'
import { asHttpError, errorBody, HttpError } from './http-error.ts'

/** Takes the body (undefined where there is none) and returns what is sent as JSON. */
export type Route = (body: unknown) => unknown
/** By method and path, such as `GET /v1/models`. */
export type Routes = Readonly<Record<string, Route>>

export interface ServerOptions extends Door {
  /** 0: any free one. */
  readonly port: number
  readonly routes: Routes
  /** Told of faults of ours. */
  readonly onFault: (error: unknown) => void
}

export interface RunningServer {
  /** Such as `http://127.0.0.1:8420`. */
  readonly url: string
  /** Takes no more requests and waits for the answers under way. */
  close(): Promise<void>
}

/** Bytes of a body: room for the longest conversation with the largest views. */
const maxBodyBytes = 32 * 1024 ** 2

/** Listens when it returns. Throws `UserError` when it may not, or cannot, listen there. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, routes, onFault } = options
  checkDoor(options)
  const server = createServer((request, response) => {
    void answer(request).then(
      (value) => send(response, 200, value),
      (error: unknown) => {
        const refusal = asHttpError(error)
        if (refusal.status >= 500 && !response.destroyed) onFault(error)
        send(response, refusal.status, errorBody(refusal))
      },
    )
  })

  async function answer(request: IncomingMessage): Promise<unknown> {
    checkHeaders(request.headers, options)
    const path = (request.url ?? '').split('?', 1)[0]
    const route = routes[`${request.method} ${path}`]
    if (route !== undefined) return route(request.method === 'POST' ? parse(await readBody(request)) : undefined)
    const known = Object.keys(routes).filter((name) => name.endsWith(` ${path}`))
    if (known.length > 0) throw new HttpError(405, 'method_not_allowed', `${path} takes ${known.join(', ')} only.`)
    throw new HttpError(404, 'not_found', `There is no such page. This server has ${Object.keys(routes).join(', ')}.`)
  }

  function send(response: ServerResponse, status: number, value: unknown): void {
    const body = Buffer.from(JSON.stringify(value))
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-content-type-options': 'nosniff',
      ...(server.listening ? {} : { connection: 'close' }),
    })
    response.end(body)
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

/** The whole body. What comes above the bound is let run by, so that the client gets to read the answer. */
function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBodyBytes) {
        chunks.push(chunk)
      } else {
        chunks = []
        reject(new HttpError(413, 'request_too_large', `A request may have ${maxBodyBytes / 1024 ** 2} MiB.`))
      }
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
  })
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new HttpError(400, 'invalid_json', 'The body is not JSON.')
  }
}
