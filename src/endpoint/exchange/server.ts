/** What all requests to one server share, and questions to it that take no time. */
import { TransportError, UserError } from '../../shared/errors.ts'
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

/** Milliseconds until the answer to a question about the server has to be there. */
const askingMs = 15_000

/** A server that is not there at all is the user's to mend (`UserError`); one that is busy is asked again. */
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
      const hint = 'Is the server running, and is this its address?'
      const message = `${url.origin} cannot be reached. ${error.message} ${hint}`
      throw new UserError('endpoint-unreachable', message, { cause: error })
    }
  }
  return withRetries(attempt, server)
}

export function authorization(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` }
}

/** What an exchange with an error status says; how long to wait stands in its headers or its body. */
export function refusalOf({ key }: Server, exchange: Exchange): Refusal {
  const waitMs = retryAfterMs(exchange.headers)
  return { ...readRefusal(exchange, key), ...(waitMs !== undefined && { waitMs }) }
}

/** For a refusal that another try may mend. */
export function statusError({ base }: Server, { status, message }: Refusal, busy = status === 429): TransportError {
  const why = busy ? 'is busy, or asked too often' : 'failed'
  return new TransportError(
    busy ? 'endpoint-busy' : 'endpoint-failed',
    `${base.origin} ${why} (status ${status})${message === '' ? '' : `: ${message}`}`,
  )
}
