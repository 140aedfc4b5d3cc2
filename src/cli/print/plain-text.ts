/** Makes text from models and files safe for a terminal: no cursor movement, colours or bidirectional reordering. Pure. */
import { stripVTControlCharacters } from 'node:util'

/** Removes escape sequences, control characters and bidirectional marks; keeps line breaks. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.toWellFormed()).replace(unprintable, '')
}

/** JSON with control characters escaped; it parses to the same value. */
export function plainJson(value: unknown): string {
  const escaped = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(unprintable, escaped)
}

/** `plainText` on one line of at most `maxLength` characters. */
export function plainLine(text: string, maxLength = 400): string {
  // Truncated before cleaning, since a reply can be megabytes long.
  const line = plainText(text.slice(0, maxLength * 4))
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > maxLength || text.length > maxLength * 4 ? `${line.slice(0, maxLength - 1)}…` : line
}

/** C0 and C1 controls except tab and newline, bidirectional embeddings, overrides and isolates, zero-width marks. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g
