/** What a server sent, as one line of plain text that can be shown: without markup, control characters and our key. Pure. */
import { withoutKey } from './without-key.ts'

/** Of the text that is looked at: the key is removed from it before it is cut to what is shown. */
export const maxRead = 16_000

export interface QuoteOptions {
  readonly key: string | undefined
  /** The text may be HTML or XML. */
  readonly markup: boolean
  /** Characters. */
  readonly most: number
}

/** Invisible characters go first, so that they hide no part of the key. */
export function quoted(text: string, { key, markup, most }: QuoteOptions): string {
  const read = text.slice(0, maxRead)
  const clean = withoutKey(read.replaceAll(/\p{Cf}+/gu, ''), key)
  // Where the text was cut, the cut may have gone through the key.
  const whole = text.length > maxRead ? clean.slice(0, -4 * (key?.length ?? 0) || undefined) : clean
  const words = markup ? withoutMarkup(whole) : whole
  const line = words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  return line.length > most ? `${line.slice(0, most)}…` : line
}

/** Elements whose content nobody sees. */
const unseen = new Set(['script', 'style', 'noscript', 'svg', 'template'])

/** In one pass: what is not closed costs no search for its end. */
function withoutMarkup(text: string): string {
  const [before = '', ...pieces] = text.split('<')
  let words = before
  let within: string | undefined
  for (const piece of pieces) {
    const [, slash, written = ''] = /^(\/?)([a-z][a-z0-9]{0,30})/i.exec(piece) ?? []
    const name = written.toLowerCase()
    const end = piece.indexOf('>')
    if (within !== undefined) {
      if (slash !== '/' || name !== within) continue
      within = undefined
    } else if (slash === '' && unseen.has(name)) {
      within = name
      continue
    }
    // A lone sign is part of the text.
    words += end < 0 ? `<${piece}` : ` ${piece.slice(end + 1)}`
  }
  return words
}
