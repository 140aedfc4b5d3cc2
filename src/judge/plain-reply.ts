/** Removes markup from a reply before it is parsed for a verdict or a letter. Linear time. Pure. */
import { withoutEndMarks } from '../protocol/end-marks.ts'

/** Characters read at each end of a reply. */
const mostRead = 4000

/** The start and end of a text, where verdicts are; a short text unchanged. */
export function endsOf(text: string): string {
  return text.length <= 2 * mostRead ? text : `${text.slice(0, mostRead)}\n${text.slice(-mostRead)}`
}

/**
 * Replaces full-width, circled and mathematical letters, digits and punctuation by plain ones: `Ａ`, `Ⓐ`, `：`. Character by character, since
 * NFKC of a whole text can take quadratic time.
 */
export function compatible(text: string): string {
  return text.replaceAll(/[^\0-\u007F]/gu, (character) => character.normalize('NFKC'))
}

/** Removes special tokens of models: `<|begin_of_box|>` anywhere, and those that end a turn, such as `</s>`, at the end. */
export function withoutSpecialTokens(text: string): string {
  return withoutEndMarks(text.replaceAll(/<\|[^|<>]{0,40}\|>/g, ' '))
}

/** Removes Markdown, LaTeX, JSON syntax, special tokens and quotes, and collapses whitespace. */
export function withoutMarks(text: string): string {
  return (
    withoutSpecialTokens(text)
      // Variation selectors that turn a digit into an emoji.
      .replaceAll(/[\uFE0F\u20E3]/g, '')
      .replaceAll(/\\(?:[a-z]{1,20}|[()[\]])/gi, ' ')
      .replaceAll(/[*`$#<>"“”„«»{}\\~【】「」『』]/g, ' ')
      .replaceAll(/(?<![\p{L}\p{N}])'([^'\n]{1,40})'(?![\p{L}\p{N}])/gu, ' $1 ')
      .replaceAll(/(?<![a-z0-9])_{1,9}|_{1,9}(?![a-z0-9])/gi, ' ')
      .replaceAll(/\s+/g, (blank) => (blank.includes('\n') ? '\n' : ' '))
      .trim()
  )
}
