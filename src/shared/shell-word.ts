/** Quotes names from servers and files for command lines that users copy. Pure. */

/** Unchanged if no shell treats it specially, otherwise in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
