/** State shared by all requests to one server, and quick GET requests to it. */
import { requestFailedCode, TransportError, UserError } from '../../shared/errors.ts'
import { readRefusal } from '../refusal/refusal.ts'
import type { Refusal } from '../refusal/refusal.ts'
import { retryAfterMs, withRetries, worthAnotherTry } from './retry.ts'
import type { Tried } from './retry.ts'
import type { Exchange, Send } from './send.ts'

export interface Server {
  readonly base: URL
  readonly key: string | undefined
  readonly apiKeyEnv: string | undefined
  readonly send: Send
  readonly timeoutMs: number
  readonly maxTries: number
  readonly backoffMs: number
  readonly maxWaitMs: number
  /** Milliseconds that a streamed reply may pause once it has begun. */
  readonly idleMs: number
}

/** Timeout of GET requests in milliseconds. */
const askingMs = 15_000

/** Throws `UserError` if the server cannot be reached; retries if it is busy. */
export function get(server: Server, url: URL): Promise<Exchange> {
  const { send, key, timeoutMs } = server
  const attempt = async (): Promise<Tried<Exchange>> => {
    try {
      const limits = { timeoutMs: Math.min(timeoutMs, askingMs) }
      const exchange = await send(url, { method: 'GET', headers: authorization(key), ...limits })
      if (!worthAnotherTry(exchange.status)) return { result: exchange }
      const refusal = refusalOf(server, exchange)
      return { error: statusError(server, refusal), waitMs: refusal.waitMs }
    } catch (error) {
      if (!(error instanceof TransportError) || error.code === 'reply-too-large') throw error
      if (error.code === 'connection-cut' || error.code === 'connection-stale') return { error }
      const hint = 'Is the server running at this address?'
      const message = `${url.origin} cannot be reached. ${error.message} ${hint}`
      throw new UserError('endpoint-unreachable', message, { cause: error })
    }
  }
  return withRetries(attempt, server)
}

export function authorization(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` }
}

/** Parses a response with an error status, including the wait time from its headers or body. */
export function refusalOf({ key }: Server, exchange: Exchange): Refusal {
  const waitMs = retryAfterMs(exchange.headers)
  return { ...readRefusal(exchange, key), ...(waitMs !== undefined && { waitMs }) }
}

/** The error for a refusal that is worth a retry. */
export function statusError({ base }: Server, { status, message }: Refusal, busy = status === 429): TransportError {
  const why = busy ? 'is busy or rate-limited' : 'failed'
  return new TransportError(
    busy ? 'endpoint-busy' : status === 500 ? requestFailedCode : 'endpoint-failed',
    `${base.origin} ${why} (status ${status})${message === '' ? '' : `: ${message}`}`,
  )
}
