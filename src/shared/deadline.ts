/** Stopping work early: one signal for a caller's abort and a limit on time, and promises that give way to it. */
import { AbortedError } from './errors.ts'

export interface Deadline {
  /** Fires when the caller's signal does, the time is up, or the deadline is released. */
  readonly signal: AbortSignal
  readonly expired: () => boolean
  /** Stops the clock, what is still at work, and lets go of the caller's signal. */
  readonly release: () => void
}

/** `limitMs` null: no limit on time. */
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

/** The work's result, or `AbortedError` as soon as the signal fires, whether or not the work heeds the signal. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(new AbortedError(undefined, { cause: signal.reason })))
    work.then(resolve, reject).finally(release)
  })
}

/** What waits for each signal: one listener stands for all, since a thousand searches may wait for one signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/** Calls `act` once when the signal fires, or at once if it has; the result lets go of the signal. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => {}
  if (signal.aborted) {
    act()
    return () => {}
  }
  const acts = waiting.get(signal) ?? listened(signal)
  // The same function may be waiting twice.
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
