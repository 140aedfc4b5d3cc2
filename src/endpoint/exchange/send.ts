/** One HTTP exchange: a body in pieces, a time limit, a reply of bounded size. */
import * as http from 'node:http'
import * as https from 'node:https'
import { onAbort } from '../../shared/deadline.ts'
import { AbortedError, TransportError, errorCodeOf, messageOf, throwIfAborted } from '../../shared/errors.ts'

export interface Exchange {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

interface SendOptions {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: { readonly pieces: readonly Uint8Array[]; readonly bytes: number }
  /** Milliseconds until the whole reply has to be there. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** No completion is near this large: its text, its thinking and its token counts. */
const maxReplyBytes = 8 * 2 ** 20

export type Send = (url: URL, options: SendOptions) => Promise<Exchange>

export interface Connections {
  readonly send: Send
  close(): void
}

/** Connections to one server, kept open between requests, as many as there are requests at once. */
export function openConnections(protocol: string): Connections {
  const client = protocol === 'https:' ? https : http
  const agent = new client.Agent({ keepAlive: true, maxFreeSockets: 1_024 })
  return { send: (url, options) => send(client, agent, url, options), close: () => agent.destroy() }
}

/** Throws `TransportError` (its code says how it went wrong) and `AbortedError`. */
function send(
  client: typeof http | typeof https,
  agent: http.Agent,
  url: URL,
  options: SendOptions,
): Promise<Exchange> {
  const { method, headers, body, timeoutMs, signal } = options
  throwIfAborted(signal)
  return new Promise((resolve, reject) => {
    const sized = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.bytes }
    const request = client.request(url, {
      method,
      agent,
      headers: { accept: 'application/json', ...headers, ...sized },
    })

    function settle(end: () => void): void {
      clearTimeout(timer)
      release()
      end()
    }
    /** Later events of the connection find everything settled. */
    function fail(error: Error): void {
      settle(() => reject(error))
      request.destroy()
    }
    const release = onAbort(signal, () => fail(new AbortedError(undefined, { cause: signal?.reason })))
    const timer = setTimeout(
      () => fail(new TransportError('reply-timeout', `No whole reply came within ${timeoutMs / 1000} s.`)),
      timeoutMs,
    )

    request.on('error', (cause) => fail(connectionError(cause, request.reusedSocket)))
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= maxReplyBytes) chunks.push(chunk)
        else fail(tooLarge())
      })
      response.on('error', (cause) => fail(connectionError(cause, false)))
      response.on('end', () =>
        settle(() => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        }),
      )
    })
    // All pieces leave together, as they lie in memory.
    request.cork()
    for (const piece of body?.pieces ?? []) request.write(piece)
    request.end()
  })
}

function tooLarge(): TransportError {
  return new TransportError(
    'reply-too-large',
    `The reply is larger than ${maxReplyBytes / 2 ** 20} MiB, which no turn is. Is this the address of a chat endpoint?`,
  )
}

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])

/** A connection that was kept open may have been closed by the server just when it was used again: nobody's fault. */
function connectionError(cause: Error, reused: boolean): TransportError {
  const code = errorCodeOf(cause)
  const reason = messageOf(cause) || code
  if (/wrong version number|packet length too long|record layer failure/i.test(reason))
    return new TransportError('endpoint-unreachable', 'It answers in plain HTTP: begin the base URL with http://.', {
      cause,
    })
  if (unreachable.has(code) || code.includes('CERT') || code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL'))
    return new TransportError('endpoint-unreachable', `No connection: ${reason}.`, { cause })
  const kind = reused ? 'connection-stale' : 'connection-cut'
  const hint = code.startsWith('HPE_') ? ' What came is not HTTP: does the server want https://?' : ''
  return new TransportError(kind, `The connection broke before the reply was whole: ${reason}.${hint}`, { cause })
}
