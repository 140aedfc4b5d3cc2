/** What was made lately, kept by a key: many searches for the same problem begin alike. */

/** Makes a value unless it is among the last `limit` that were asked for. A failure is not remembered. */
export function keepRecent<T>(limit: number): (key: string, make: () => Promise<T>) => Promise<T> {
  const kept = new Map<string, Promise<T>>() // least recently used first
  return (key, make) => {
    const value = kept.get(key) ?? make()
    kept.delete(key)
    kept.set(key, value)
    value.catch(() => kept.delete(key))
    for (const oldest of kept.keys()) {
      if (kept.size <= limit) break
      kept.delete(oldest)
    }
    return value
  }
}
