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
  /** Of the reply; default 8 MiB, 64 of one that is heard. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal | undefined
  /** Hears the body of a success while it arrives. */
  readonly listener?: BodyListener | undefined
  /** Milliseconds that a body that is being written may pause, where somebody listens. */
  readonly idleMs?: number
}

/** Told each piece of a body. `writing`: the reply has begun, and goes on without long pauses; `done`: nothing that counts follows. */
export type BodyListener = (chunk: Buffer) => 'waiting' | 'writing' | 'done'

/** No completion is near this large: its text, its thinking and its token counts. */
const maxReplyBytes = 8 * 2 ** 20
/** As a stream, which wraps every token into some 300 bytes. */
const maxStreamBytes = 64 * 2 ** 20
/** Milliseconds that a server has to end a stream of which nothing more is wanted, before its connection is given up. */
const endingMs = 1_000

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
  const { method, headers, body, timeoutMs, maxBytes, signal, listener, idleMs = timeoutMs } = options
  throwIfAborted(signal)
  return new Promise((resolve, reject) => {
    const sized = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.bytes }
    const request = client.request(url, {
      method,
      agent,
      headers: { accept: 'application/json', ...headers, ...sized },
    })

    let idle: NodeJS.Timeout | undefined
    function settle(end: () => void): void {
      clearTimeout(timer)
      clearTimeout(idle)
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
      const { statusCode: status = 0 } = response
      const heard = status >= 200 && status < 300 ? listener : undefined
      const most = maxBytes ?? (heard === undefined ? maxReplyBytes : maxStreamBytes)
      const chunks: Buffer[] = []
      let size = 0
      function finish(): void {
        const text = Buffer.concat(chunks).toString()
        settle(() => resolve({ status, headers: response.headers, text }))
      }
      function hear(chunk: Buffer): void {
        const state = heard?.(chunk)
        clearTimeout(idle)
        if (state === 'writing') idle = setTimeout(() => fail(pausedTooLong(idleMs)), idleMs)
        if (state !== 'done') return
        response.off('data', take).off('end', finish)
        finish()
        const ending = setTimeout(() => request.destroy(), endingMs).unref()
        response.on('close', () => clearTimeout(ending)).resume()
      }
      function take(chunk: Buffer): void {
        size += chunk.length
        if (size > most) return fail(tooLarge(most))
        chunks.push(chunk)
        try {
          hear(chunk)
        } catch (error) {
          fail(error instanceof Error ? error : new Error(messageOf(error)))
        }
      }
      response.on('data', take)
      response.on('error', (cause) => fail(connectionError(cause, false)))
      response.on('end', finish)
    })
    // All pieces leave together, as they lie in memory.
    request.cork()
    for (const piece of body?.pieces ?? []) request.write(piece)
    request.end()
  })
}

function tooLarge(most: number): TransportError {
  return new TransportError(
    'reply-too-large',
    `The reply is larger than ${most / 2 ** 20} MiB, which no turn is. Is this the address of a chat endpoint?`,
  )
}

function pausedTooLong(idleMs: number): TransportError {
  return new TransportError('reply-timeout', `The reply paused for ${idleMs / 1000} s in the middle.`)
}

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Does this code of an error say that no connection was made, so that nothing was sent? */
export function isUnreachable(code: string): boolean {
  return unreachable.has(code) || code.includes('CERT') || code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL')
}

/** A connection that was kept open may have been closed by the server just when it was used again: nobody's fault. */
function connectionError(cause: Error, reused: boolean): TransportError {
  const code = errorCodeOf(cause)
  const reason = messageOf(cause) || code
  if (/wrong version number|packet length too long|record layer failure/i.test(reason))
    return new TransportError('endpoint-unreachable', 'It answers in plain HTTP: begin the base URL with http://.', {
      cause,
    })
  if (isUnreachable(code) || code === 'ETIMEDOUT')
    return new TransportError('endpoint-unreachable', `No connection: ${reason}.`, { cause })
  const kind = reused ? 'connection-stale' : 'connection-cut'
  const hint = code.startsWith('HPE_') ? ' What came is not HTTP: does the server want https://?' : ''
  return new TransportError(kind, `The connection broke before the reply was whole: ${reason}.${hint}`, { cause })
}
