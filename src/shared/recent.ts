/** LRU caches. */

export interface Recent<T> {
  /** Counts as a use. */
  get(key: string): T | undefined
  /** Returns the value. */
  set(key: string, value: T): T
  delete(key: string): void
}

/** Keeps values of total size up to `limit`, and the newest one whatever its size. The default size of a value is 1. */
export function recentValues<T>(limit: number, sizeOf: (value: T) => number = () => 1): Recent<T> {
  const kept = new Map<string, T>() // least recently used first
  let held = 0
  function forget(key: string, value: T): void {
    kept.delete(key)
    held -= sizeOf(value)
  }
  function use(key: string, value: T): T {
    kept.delete(key)
    kept.set(key, value)
    return value
  }
  return {
    get(key) {
      const value = kept.get(key)
      return value === undefined ? undefined : use(key, value)
    },
    set(key, value) {
      const before = kept.get(key)
      held += sizeOf(value) - (before === undefined ? 0 : sizeOf(before))
      use(key, value)
      for (const [oldest, old] of kept) {
        if (held <= limit || oldest === key) break
        forget(oldest, old)
      }
      return value
    },
    delete(key) {
      const value = kept.get(key)
      if (value !== undefined) forget(key, value)
    },
  }
}

/** Memoises the last `limit` values. Failures are not cached. */
export function keepRecent<T>(limit: number): (key: string, make: () => Promise<T>) => Promise<T> {
  const kept = recentValues<Promise<T>>(limit)
  return (key, make) => {
    const known = kept.get(key)
    if (known !== undefined) return known
    const made = kept.set(key, make())
    made.catch(() => kept.delete(key))
    return made
  }
}
