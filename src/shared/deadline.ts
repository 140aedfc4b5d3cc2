/** Stopping work early: one signal for a caller's abort and a limit on time, and promises that give way to it. */
import { setMaxListeners } from 'node:events'
import { AbortedError } from './errors.ts'

export interface Deadline {
  /** Fires when the caller's signal does or the time is up; absent when there is neither. */
  readonly signal: AbortSignal | undefined
  readonly expired: () => boolean
  /** Stops the clock and lets go of the caller's signal. */
  readonly release: () => void
}

/** `limitMs` null: no limit on time. */
export function startDeadline(signal: AbortSignal | undefined, limitMs: number | null): Deadline {
  // A thousand searches may wait for one signal; that is no leak.
  if (signal !== undefined) setMaxListeners(0, signal)
  if (limitMs === null) return { signal, expired: () => false, release: () => {} }
  const controller = new AbortController()
  let expired = false
  const timer = setTimeout(() => {
    expired = true
    controller.abort()
  }, limitMs)
  const onAbort = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    expired: () => expired,
    release() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

/** The work's result, or `AbortedError` as soon as the signal fires, whether or not the work heeds the signal. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new AbortedError(undefined, { cause: signal.reason }))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
