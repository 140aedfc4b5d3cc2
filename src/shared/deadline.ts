/** Cancellation: one signal for a caller's abort and a time limit, and promises that reject when it fires. */
import { AbortedError } from './errors.ts'

export interface Deadline {
  /** Fires if the caller's signal does, the time is up, or the work is stopped. */
  readonly signal: AbortSignal
  readonly expired: () => boolean
  /** Stops the timer and removes the listener from the caller's signal. */
  readonly release: () => void
  /** Releases, and aborts work that may still be in progress. Costs more: the signal gets an error with its stack. */
  readonly stop: () => void
}

/** `limitMs` null: no time limit. */
export function startDeadline(signal: AbortSignal | undefined, limitMs: number | null): Deadline {
  const controller = new AbortController()
  // Called from here and not by a listener: Node keeps a signal with a listener until the next full garbage collection, with all that
  // its search refers to.
  const acts = new Set<() => void>()
  waiting.set(controller.signal, acts)
  let expired = false
  function abort(reason?: unknown): void {
    controller.abort(reason)
    acts.forEach((act) => act())
  }
  const timer =
    limitMs === null
      ? undefined
      : setTimeout(() => {
          expired = true
          abort()
        }, limitMs)
  const unsubscribe = onAbort(signal, () => abort(signal?.reason))
  function release(): void {
    clearTimeout(timer)
    unsubscribe()
  }
  return {
    signal: controller.signal,
    expired: () => expired,
    release,
    stop() {
      release()
      abort()
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
