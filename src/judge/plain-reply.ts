/** The words of a reply without their marks: what is read for a verdict or a letter. Linear in the length of the text. Pure. */

/** Characters at either end of a reply that are read. */
const mostRead = 4000

/** The beginning and the end of a text, where a verdict stands; all of one that is short. */
export function endsOf(text: string): string {
  return text.length <= 2 * mostRead ? text : `${text.slice(0, mostRead)}\n${text.slice(-mostRead)}`
}

/**
 * Full-width, circled and mathematical letters, digits and signs as plain ones: `Ａ`, `Ⓐ`, `：`. Each by itself: NFKC of a
 * whole text can take time that grows with its square.
 */
export function compatible(text: string): string {
  return text.replaceAll(/[^\0-\u007F]/gu, (character) => character.normalize('NFKC'))
}

/** Without marks of Markdown, LaTeX, JSON and special tokens, without quotes, and with single blanks or line breaks. */
export function withoutMarks(text: string): string {
  return (
    text
      .replaceAll(/<\|[^|<>]{0,40}\|>/g, ' ')
      // What makes a digit an emoji.
      .replaceAll(/[\uFE0F\u20E3]/g, '')
      .replaceAll(/\\(?:[a-z]{1,20}|[()[\]])/gi, ' ')
      .replaceAll(/[*`$#<>"“”„«»{}\\~【】「」『』]/g, ' ')
      .replaceAll(/(?<![\p{L}\p{N}])'([^'\n]{1,40})'(?![\p{L}\p{N}])/gu, ' $1 ')
      .replaceAll(/(?<![a-z0-9])_{1,9}|_{1,9}(?![a-z0-9])/gi, ' ')
      .replaceAll(/\s+/g, (blank) => (blank.includes('\n') ? '\n' : ' '))
      .trim()
  )
}
