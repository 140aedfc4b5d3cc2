/** LRU caches. */

export interface Recent<T> {
  /** Counts as a use. */
  get(key: string): T | undefined
  /** Returns the value. To be called again when the size of a value has changed. */
  set(key: string, value: T): T
  delete(key: string): void
}

/** Keeps values of total size up to `limit`, and the newest one whatever its size. The default size of a value is 1. */
export function recentValues<T>(limit: number, sizeOf: (value: T) => number = () => 1): Recent<T> {
  // Least recently used first. The size is that at the last `set`: a value may have grown since.
  const kept = new Map<string, { readonly value: T; readonly size: number }>()
  let held = 0
  function forget(key: string): void {
    held -= kept.get(key)?.size ?? 0
    kept.delete(key)
  }
  return {
    get(key) {
      const own = kept.get(key)
      if (own === undefined) return undefined
      kept.delete(key)
      kept.set(key, own)
      return own.value
    },
    set(key, value) {
      forget(key)
      const size = sizeOf(value)
      held += size
      kept.set(key, { value, size })
      for (const oldest of kept.keys()) {
        if (held <= limit || oldest === key) break
        forget(oldest)
      }
      return value
    },
    delete: forget,
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
