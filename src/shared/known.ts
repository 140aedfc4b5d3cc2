/** Run-time checks for invariants that the compiler cannot verify; a violation throws an internal error. */

/** Asserts that a value is not undefined. */
export function defined<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`internal error: ${what} is missing`)
  return value
}

/** The item at an index that must be in range. */
export function itemAt<T>(items: ArrayLike<T>, index: number): T {
  return defined(items[index], `item ${index} of ${items.length}`)
}

/** The last item of a non-empty list. */
export function lastOf<T>(items: ArrayLike<T>): T {
  return itemAt(items, items.length - 1)
}

/** An own property, never an inherited one such as `constructor`. */
export function own<T>(values: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined
}
