/** What the code makes sure of and the compiler cannot know: where it is mistaken, the work ends with an error that names it. */

/** A value that is not undefined. */
export function defined<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`internal error: ${what} is missing`)
  return value
}

/** An item at an index that is in range. */
export function itemAt<T>(items: ArrayLike<T>, index: number): T {
  return defined(items[index], `item ${index} of ${items.length}`)
}

/** Of a list that is not empty. */
export function lastOf<T>(items: ArrayLike<T>): T {
  return itemAt(items, items.length - 1)
}

/** A field of its own, never one that every object has. */
export function own<T>(values: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined
}
