/** Text of a model or a file made safe for a terminal: it can neither move the cursor, nor colour, nor reorder. Pure. */
import { stripVTControlCharacters } from 'node:util'

/** Without escape sequences, control characters and marks that change the direction of writing; line breaks stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.toWellFormed()).replace(unprintable, '')
}

/** JSON in which whatever a terminal could obey is escaped; it parses to the same value. */
export function plainJson(value: unknown): string {
  const escaped = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(unprintable, escaped)
}

/** `plainText` on one line of at most `maxLength` characters. */
export function plainLine(text: string, maxLength = 400): string {
  // Cut before cleaning: a reply can be megabytes long.
  const line = plainText(text.slice(0, maxLength * 4))
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > maxLength || text.length > maxLength * 4 ? `${line.slice(0, maxLength - 1)}…` : line
}

/** C0 and C1 controls but tab and newline; embeddings, overrides and isolates of writing direction; invisible marks. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g
