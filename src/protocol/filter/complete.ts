/** What can be written at a place of a filter, for the field of the page. Pure. */
import { fieldNamed, fields, fieldWords } from './fields.ts'
import { FilterFault, tokensOf } from './lex.ts'
import type { Token } from './lex.ts'
import { fieldExample, mostFilterLength } from './parse.ts'

export interface FilterCompletion {
  /** Replaces the text from `from` up to the caret. */
  readonly text: string
  readonly from: number
  readonly what: string
}

const starts: readonly string[] = ['and', 'or', 'not', '(']

/** `known`: words that a field has in the searches at hand, such as tags. */
export function completions(
  text: string,
  caret: number,
  known: (name: string) => readonly string[],
): FilterCompletion[] {
  const tokens = caret > mostFilterLength ? undefined : tokensBefore(text.slice(0, caret))
  if (tokens === undefined) return []
  const last = tokens.at(-1)
  const isWriting =
    last !== undefined && last.at + last.length === caret && (last.kind === 'word' || last.kind === 'value')
  const written = isWriting ? last : undefined
  const before = isWriting ? tokens.slice(0, -1) : tokens
  const from = written?.at ?? caret
  return candidates(before, known)
    .filter(({ text: one }) => one.toLowerCase().startsWith((written?.text ?? '').toLowerCase()))
    .map((one) => ({ ...one, from }))
}

/** Undefined within quotes, and behind what has no meaning. */
function tokensBefore(text: string): readonly Token[] | undefined {
  try {
    return tokensOf(text).slice(0, -1)
  } catch (error) {
    if (error instanceof FilterFault) return undefined
    throw error
  }
}

function candidates(
  before: readonly Token[],
  known: (name: string) => readonly string[],
): Omit<FilterCompletion, 'from'>[] {
  const last = before.at(-1)
  if (last?.kind === 'operator') {
    const field = fieldNamed(before.at(-2)?.text ?? '')
    if (field === undefined) return []
    const words = fieldWords(field) ?? known(field.name)
    return words.map((word) => ({ text: /[\s()"']/.test(word) ? JSON.stringify(word) : word, what: '' }))
  }
  const beginsCondition = last === undefined || (last.kind !== ')' && starts.includes(last.text.toLowerCase()))
  if (beginsCondition) {
    return [
      ...fields.map((field) => ({
        text: field.name,
        what: field.kind === 'flag' ? field.what : `${field.what}, such as ${fieldExample(field)}`,
      })),
      { text: 'not', what: 'the opposite of what follows' },
    ]
  }
  if (last.kind === 'word' && fieldNamed(last.text)?.kind !== 'flag') return []
  return [
    { text: 'and', what: 'both have to match' },
    { text: 'or', what: 'one of them has to match' },
  ]
}
