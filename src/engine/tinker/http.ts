/**
 * One HTTP exchange with a training server: a time limit, a reply of bounded size, and errors that say whether the server may have acted,
 * which decides whether a step can be sent again. Not the client of `endpoint/`, whose requests are JSON in pieces and change nothing
 * on the server: here replies are bytes of up to 512 MiB, and an error needs another meaning.
 */
import { startDeadline } from '../../shared/deadline.ts'
import { AbortedError, errorCodeOf, messageOf, throwIfAborted, TransportError } from '../../shared/errors.ts'
import { isUnreachable } from '../../endpoint/exchange/send.ts'
import type { Body } from './codec.ts'
import { fieldsOf } from '../../shared/fields.ts'

export interface TinkerExchange {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

export interface TinkerRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Body | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Log-probabilities of a thousand long sequences are about half of it. */
const maxReplyBytes = 512 * 2 ** 20

/** Codes of `TransportError`: `tinker-unreachable` (nothing was sent), `tinker-timeout` and `tinker-cut` (who knows). */
export async function exchange(
  url: URL,
  { method, headers, body, timeoutMs, signal }: TinkerRequest,
): Promise<TinkerExchange> {
  throwIfAborted(signal)
  const deadline = startDeadline(signal, timeoutMs)
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body && { 'content-type': body.type }) },
      body: body?.bytes ?? null,
      signal: deadline.signal,
      // An address elsewhere would be sent the key.
      redirect: 'manual',
    })
    return { status: response.status, headers: response.headers, bytes: await bytesOf(response) }
  } catch (error) {
    if (error instanceof TransportError) throw error
    if (signal.aborted) throw new AbortedError(undefined, { cause: signal.reason })
    if (deadline.expired()) {
      throw new TransportError('tinker-timeout', `${url.host} did not answer within ${timeoutMs / 1000} s.`)
    }
    throw connectionError(url, error)
  } finally {
    deadline.stop()
  }
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    parts.push(part)
    size += part.byteLength
    if (size > maxReplyBytes) {
      throw new TransportError('tinker-reply', `A reply of the server is larger than ${maxReplyBytes / 2 ** 20} MiB.`)
    }
  }
  return Buffer.concat(parts)
}

function connectionError(url: URL, error: unknown): TransportError {
  const cause = fieldsOf(error)?.['cause'] ?? error
  const code = errorCodeOf(cause)
  const reason = messageOf(cause) || code
  const isBlocked = reason === 'bad port'
  if (isBlocked || isUnreachable(code)) {
    const why = isBlocked ? `fetch never connects to port ${url.port}` : reason
    return new TransportError('tinker-unreachable', `No connection to ${url.host}: ${why}.`, { cause })
  }
  return new TransportError('tinker-cut', `The connection to ${url.host} broke: ${reason}.`, { cause })
}
