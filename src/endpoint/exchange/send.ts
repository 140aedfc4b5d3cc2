/** One HTTP exchange: body in pieces, time limit, bounded reply size. */
import * as http from 'node:http'
import * as https from 'node:https'
import type { Readable, Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { onAbort } from '../../shared/deadline.ts'
import { AbortedError, TransportError, errorCodeOf, messageOf, throwIfAborted } from '../../shared/errors.ts'
import { own } from '../../shared/known.ts'

export interface Exchange {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

interface SendOptions {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: { readonly pieces: readonly Uint8Array[]; readonly bytes: number }
  /** Milliseconds within which the complete reply has to arrive. */
  readonly timeoutMs: number
  /** Size limit of the reply; default 8 MiB, or 64 MiB for a stream. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal | undefined
  /** Receives the body of a successful response while it arrives. */
  readonly listener?: BodyListener | undefined
  /** Milliseconds that a streamed body may pause. */
  readonly idleMs?: number
}

/** Receives each chunk of a body. Returns `writing` once the reply has started, so that pauses are limited, and `done` if nothing relevant follows. */
export type BodyListener = (chunk: Buffer) => 'waiting' | 'writing' | 'done'

/** Far larger than any completion. */
const maxReplyBytes = 8 * 2 ** 20
/** For a stream, which wraps every token in some 300 bytes. */
const maxStreamBytes = 64 * 2 ** 20
/** Milliseconds that a server has to end a finished stream before the connection is closed. */
const endingMs = 1_000

export type Send = (url: URL, options: SendOptions) => Promise<Exchange>

export interface Connections {
  readonly send: Send
  close(): void
}

/** Keep-alive connections to one server, one per concurrent request. */
export function openConnections(protocol: string): Connections {
  const client = protocol === 'https:' ? https : http
  const agent = new client.Agent({ keepAlive: true, maxFreeSockets: 1_024 })
  return { send: (url, options) => send(client, agent, url, options), close: () => agent.destroy() }
}

/** Throws `TransportError`, with a code for the kind of failure, and `AbortedError`. */
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
    /** Settles once; later events of the connection have no effect. */
    function fail(error: Error): void {
      settle(() => reject(error))
      request.destroy()
    }
    const release = onAbort(signal, () => fail(new AbortedError(undefined, { cause: signal?.reason })))
    const timer = setTimeout(
      () => fail(new TransportError('reply-timeout', `No complete reply arrived within ${timeoutMs / 1000} s.`)),
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
        body.off('data', take).off('end', finish)
        finish()
        const ending = setTimeout(() => request.destroy(), endingMs).unref()
        response
          .on('close', () => clearTimeout(ending))
          .unpipe()
          .resume()
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
      const body = decoded(response, (cause) => fail(damaged(cause)))
      body.on('data', take).on('end', finish)
      response.on('error', (cause) => fail(connectionError(cause, false)))
    })
    // Writes all pieces together without copying them.
    request.cork()
    for (const piece of body?.pieces ?? []) request.write(piece)
    request.end()
  })
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** The body as it was before it was compressed: some proxies compress although no encoding is asked for. */
function decoded(response: http.IncomingMessage, onDamage: (cause: Error) => void): Readable {
  const decoder = own(decoders, response.headers['content-encoding']?.trim().toLowerCase() ?? '')
  return decoder === undefined ? response : response.pipe(decoder().on('error', onDamage))
}

function damaged(cause: Error): TransportError {
  return new TransportError('connection-cut', `The compressed reply is damaged: ${messageOf(cause)}.`, { cause })
}

function tooLarge(most: number): TransportError {
  return new TransportError(
    'reply-too-large',
    `The reply is larger than ${most / 2 ** 20} MiB, too large for a turn. Is this the address of a chat endpoint?`,
  )
}

function pausedTooLong(idleMs: number): TransportError {
  return new TransportError('reply-timeout', `The reply stalled for ${idleMs / 1000} s.`)
}

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether an error code means that no connection was made, so nothing was sent. */
export function isUnreachable(code: string): boolean {
  return unreachable.has(code) || code.includes('CERT') || code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL')
}

/** Maps a connection error. The server may close a kept-alive connection just when it is reused, which is not an error. */
function connectionError(cause: Error, reused: boolean): TransportError {
  const code = errorCodeOf(cause)
  const reason = messageOf(cause) || code
  if (/wrong version number|packet length too long|record layer failure/i.test(reason))
    return new TransportError('endpoint-unreachable', 'The server uses plain HTTP: start the base URL with http://.', {
      cause,
    })
  if (isUnreachable(code) || code === 'ETIMEDOUT')
    return new TransportError('endpoint-unreachable', `No connection: ${reason}.`, { cause })
  const kind = reused ? 'connection-stale' : 'connection-cut'
  const hint = code.startsWith('HPE_') ? ' The response is not HTTP: does the server need https://?' : ''
  return new TransportError(kind, `The connection broke before the reply was complete: ${reason}.${hint}`, { cause })
}
