/**
 * Objects by their keys, as the compiler would know them if it tracked which keys an object has at run time. What is asserted here is
 * true of records that the code writes down itself, and of any value that is an object.
 */

export type Fields = Readonly<Record<string, unknown>>

/** The fields of an object or a list, of which nothing is known; undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined
}

/** Of a record with these keys and no others. */
export function keysOf<K extends string>(record: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(record) as K[]
}

/** Of a record with these keys and no others. */
export function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][]
}

/** A value for every name. */
export function recordOf<K extends string, V>(names: readonly K[], valueOf: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<K, V>
}

/** A value for those names that have one. */
export function partialRecordOf<K extends string, V>(
  names: readonly K[],
  valueOf: (name: K) => V | undefined,
): Partial<Record<K, V>> {
  const entries = names.map((name) => [name, valueOf(name)] as const).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<Record<K, V>>
}

/** Is it one of these names? */
export function isOneOf<T extends string>(names: readonly T[], value: unknown): value is T {
  return names.some((name) => name === value)
}
