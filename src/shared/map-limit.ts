/** Maps many items with bounded concurrency. */
import { throwIfAborted } from './errors.ts'

export interface Finished<R> {
  readonly index: number
  readonly value: R
}

type Settled<R> = Finished<R> | { readonly error: unknown }

/**
 * Yields results as they finish. Items are pulled only while fewer than `limit` are in flight or unread. If `signal` fires, work fails,
 * or the reader stops, no more items are started; items in flight are awaited (and, after `signal`, still yielded) before the
 * generator throws. To abort items in flight, pass them a signal of their own.
 */
export async function* mapAsFinished<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T, index: number) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<Finished<R>, void> {
  throwIfAborted(signal)
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  const finished: Settled<R>[] = []
  const stopped = (): boolean => signal?.aborted === true
  let wake = (): void => {}
  const running = new Set<number>()
  let started = 0
  let more = true

  function start(item: T): void {
    const index = started++
    running.add(index)
    const settle = (settled: Settled<R>): void => {
      running.delete(index)
      finished.push(settled)
      wake()
    }
    work(item, index).then(
      (value) => settle({ index, value }),
      (error: unknown) => settle({ error }),
    )
  }

  try {
    for (;;) {
      while (more && running.size + finished.length < limit && !stopped()) {
        const next = await source.next()
        if (next.done) more = false
        else if (!stopped()) start(next.value)
      }
      const first = finished.shift()
      if (first !== undefined) {
        if ('error' in first) throw first.error
        yield first
      } else if (running.size > 0) {
        await new Promise<void>((resolve) => (wake = resolve))
      } else {
        break
      }
    }
    if (more) throwIfAborted(signal)
  } finally {
    while (running.size > 0) await new Promise<void>((resolve) => (wake = resolve))
    if (more) await source.return?.()
  }
}

/** Results in item order. Stops like `mapAsFinished`. */
export async function mapLimit<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T, index: number) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const results: R[] = []
  for await (const { index, value } of mapAsFinished(items, limit, work, signal)) results[index] = value
  return results
}
