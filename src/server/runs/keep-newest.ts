/** A map as a cache: a value is put last, and of more than `most` the one that was used longest ago goes. */
export function keepNewest<T>(kept: Map<string, T>, key: string, value: T, most: number): void {
  kept.delete(key)
  kept.set(key, value)
  for (const old of kept.keys()) if (kept.size > most) kept.delete(old)
}
