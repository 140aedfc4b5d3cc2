/**
 * What is typed into the search in all runs: a filter, or words without quotes. A text that was meant as a filter but cannot be read has a
 * problem, as in the table of searches; it is not taken for words, which no search would have. Pure.
 */
import { fieldNamed } from './fields.ts'
import { mostFilterLength, parseFilter } from './parse.ts'
import type { ParsedFilter } from './parse.ts'

export function parseSearch(text: string): ParsedFilter {
  const parsed = parseFilter(text)
  if ('node' in parsed || text.length > mostFilterLength || isMeantAsFilter(text)) return parsed
  return { node: { kind: 'words', words: text.trim() } }
}

/** Operators, parentheses and opening quotes; an apostrophe inside or behind a word is none. */
const marks = /[:=<>()"“”„«»]|(?<![\p{L}\p{N}])['‘]|&&|\|\||(?<!\S)!/u
const joiners = new Set(['and', 'or', 'not', '&', '|'])

/** `level:` and `correct and trns` are meant as filters, `how many birds and cats?` is not. */
function isMeantAsFilter(text: string): boolean {
  if (marks.test(text)) return true
  const words = text.toLowerCase().split(/\s+/)
  const joins = (word: string | undefined): boolean => word !== undefined && joiners.has(word)
  return words.some((word, at) => fieldNamed(word)?.kind === 'flag' && (joins(words[at - 1]) || joins(words[at + 1])))
}
