/** JSON from a server, of which nothing is known. Pure. */

export type Fields = Readonly<Record<string, unknown>>

/** The fields of an object or a list; undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined
}
