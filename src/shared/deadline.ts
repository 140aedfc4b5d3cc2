/** Cancellation: one signal for a caller's abort and a time limit, and promises that reject when it fires. */
import { AbortedError } from './errors.ts'

export interface Deadline {
  /** Fires if the caller's signal does, the time is up, or the deadline is released. */
  readonly signal: AbortSignal
  readonly expired: () => boolean
  /** Stops the timer, aborts work still in progress, and removes the listener from the caller's signal. */
  readonly release: () => void
}

/** `limitMs` null: no time limit. */
export function startDeadline(signal: AbortSignal | undefined, limitMs: number | null): Deadline {
  const controller = new AbortController()
  let expired = false
  const timer =
    limitMs === null
      ? undefined
      : setTimeout(() => {
          expired = true
          controller.abort()
        }, limitMs)
  const release = onAbort(signal, () => controller.abort(signal?.reason))
  return {
    signal: controller.signal,
    expired: () => expired,
    release() {
      clearTimeout(timer)
      release()
      controller.abort()
    },
  }
}

/** The work's result, or `AbortedError` as soon as the signal fires, whether or not the work itself stops. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(new AbortedError(undefined, { cause: signal.reason })))
    work.then(resolve, reject).finally(release)
  })
}

/** Callbacks by signal, kept as long as the signal. Each gets one listener only, since a thousand searches may wait for the same signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/** Calls `act` once when the signal fires, immediately if it already has. Returns a function that unsubscribes. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => {}
  if (signal.aborted) {
    act()
    return () => {}
  }
  const acts = waiting.get(signal) ?? listened(signal)
  // A wrapper, since the same function may be registered twice.
  const own = (): void => act()
  acts.add(own)
  return () => void acts.delete(own)
}

function listened(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>()
  waiting.set(signal, acts)
  signal.addEventListener('abort', () => acts.forEach((act) => act()), { once: true })
  return acts
}
