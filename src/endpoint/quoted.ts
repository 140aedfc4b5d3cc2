/** Makes text from a server safe to show: one line, without markup, control characters and our API key. Pure. */
import { withoutKey } from './without-key.ts'

/** Characters processed at most; the key is removed before the text is shortened for display. */
export const maxRead = 16_000

export interface QuoteOptions {
  readonly key: string | undefined
  /** Whether the text may be HTML or XML. */
  readonly markup: boolean
  /** Maximum length in characters. */
  readonly most: number
}

/** Invisible characters are removed first, so that they cannot hide parts of the key. */
export function quoted(text: string, { key, markup, most }: QuoteOptions): string {
  const read = text.slice(0, maxRead)
  const clean = withoutKey(read.replaceAll(/\p{Cf}+/gu, ''), key)
  // The cut may have gone through the key.
  const whole = text.length > maxRead ? clean.slice(0, -4 * (key?.length ?? 0) || undefined) : clean
  const words = markup ? withoutMarkup(whole) : whole
  const line = words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  return line.length > most ? `${line.slice(0, most)}…` : line
}

/** Elements whose content is invisible. */
const unseen = new Set(['script', 'style', 'noscript', 'svg', 'template'])

/** Single pass, so that unclosed elements do not cause quadratic time. */
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
    // A lone `<` is part of the text.
    words += end < 0 ? `<${piece}` : ` ${piece.slice(end + 1)}`
  }
  return words
}
