/**
 * Typed access to object keys that TypeScript widens to `string`. The assertions hold for records that the code itself defines.
 */

export type Fields = Readonly<Record<string, unknown>>

/** The fields, of unknown type, of an object or array; undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return isObject(value) ? value : undefined
}

/** Whether it is an object and not an array. */
export function isRecord(value: unknown): value is Fields {
  return isObject(value) && !Array.isArray(value)
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** For a record with no other keys than these. */
export function keysOf<K extends string>(record: Readonly<Partial<Record<K, unknown>>>): K[] {
  return Object.keys(record) as K[]
}

/** For a record with exactly these keys. */
export function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][]
}

/** A record with a value for every name. */
export function recordOf<K extends string, V>(names: readonly K[], valueOf: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<K, V>
}

/** A record of the names for which `valueOf` returns a value. */
export function partialRecordOf<K extends string, V>(
  names: readonly K[],
  valueOf: (name: K) => V | undefined,
): Partial<Record<K, V>> {
  const entries = names.map((name) => [name, valueOf(name)] as const).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<Record<K, V>>
}

/** Whether the value is one of these names. */
export function isOneOf<T extends string>(names: readonly T[], value: unknown): value is T {
  return names.some((name) => name === value)
}
