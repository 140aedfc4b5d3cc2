/** Limits how many tasks run at once, across all callers, first come first served. */
import { onAbort } from './deadline.ts'
import { AbortedError, throwIfAborted } from './errors.ts'

export type Limiter = <T>(task: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/** A task whose `signal` fires while it waits leaves the queue without running and rejects with `AbortedError`. */
export function limiter(limit: number): Limiter {
  const waiting = new Set<() => void>()
  let running = 0

  async function enter(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal)
    if (running < limit) {
      running++
      return
    }
    await new Promise<void>((resolve, reject) => {
      const stay = onAbort(signal, () => {
        waiting.delete(admit)
        reject(new AbortedError(undefined, { cause: signal?.reason }))
      })
      function admit(): void {
        stay()
        resolve()
      }
      waiting.add(admit)
    })
  }

  function exit(): void {
    const [next] = waiting
    if (next === undefined) {
      running--
      return
    }
    waiting.delete(next)
    next() // takes over the free place
  }

  return async (task, signal) => {
    await enter(signal)
    try {
      return await task()
    } finally {
      exit()
    }
  }
}
