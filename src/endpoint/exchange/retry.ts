/** Retries with back-off. */
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { AbortedError, TransportError } from '../../shared/errors.ts'

/** The result, or a retryable error with the wait that the server asks for. */
export type Tried<T> = { readonly result: T } | { readonly error: TransportError; readonly waitMs?: number | undefined }

export interface RetryRules {
  /** Including the first. */
  readonly maxTries: number
  /** Milliseconds before the second attempt; doubled for each further one. */
  readonly backoffMs: number
  /** Upper bound on waits, whatever the server asks for. */
  readonly maxWaitMs: number
  readonly signal?: AbortSignal | undefined
  /** Called before the wait for attempt `number` of `of`. */
  readonly onRetry?:
    | ((retry: { error: TransportError; waitMs: number; number: number; of: number }) => void)
    | undefined
}

/** Throws the last error if all attempts failed, and `AbortedError` as soon as the signal fires. */
export async function withRetries<T>(attempt: () => Promise<Tried<T>>, rules: RetryRules): Promise<T> {
  const { maxTries, backoffMs, maxWaitMs, signal, onRetry } = rules
  for (let tries = 1; ; tries++) {
    const tried = await attempt()
    if ('result' in tried) return tried.result
    const { error } = tried
    if (tries >= maxTries) {
      const message =
        maxTries === 1 ? error.message : `${asSentence(error.message)} That was the last of ${maxTries} tries.`
      throw new TransportError(error.code, message, { cause: error.cause })
    }
    // Jitter, so that a thousand searches do not retry at the same time.
    const own = backoffMs * 2 ** (tries - 1) * (0.5 + Math.random() / 2)
    const asked = tried.waitMs === undefined ? own : tried.waitMs * (1 + Math.random() / 10)
    const waitMs = Math.min(asked, maxWaitMs)
    onRetry?.({ error, waitMs, number: tries + 1, of: maxTries })
    await pause(waitMs, signal)
  }
}

/** With a full stop, so that another sentence can follow. */
export function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, { signal })
  } catch {
    throw new AbortedError(undefined, { cause: signal?.reason })
  }
}

const retried = new Set([408, 409, 425, 429])

export function worthAnotherTry(status: number): boolean {
  return retried.has(status) || status >= 500
}

/** Milliseconds from `Retry-After-Ms`, or `Retry-After` in seconds or as a date; undefined if absent. */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number = Date.now()): number | undefined {
  const precise = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (precise >= 0 && Number.isFinite(precise)) return precise
  const said = headers['retry-after']
  if (said === undefined) return undefined
  const seconds = Number(said)
  if (!Number.isNaN(seconds)) return seconds >= 0 && Number.isFinite(seconds) ? seconds * 1000 : undefined
  const ms = Date.parse(said) - now
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
