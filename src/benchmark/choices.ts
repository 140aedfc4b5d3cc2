/** Multiple-choice questions: letters, formatting and validation. Pure. */
import { messageOf, UserError } from '../shared/errors.ts'
import { readPythonLiteral } from '../shared/python-literal.ts'
import { itemAt } from '../shared/known.ts'
import { rowError } from './entry.ts'

export function letterAt(index: number): string {
  return String.fromCharCode(65 + index)
}

export interface ChoiceQuestion {
  readonly question: string
  readonly choices: readonly string[]
  /** The right letter. */
  readonly label: string
}

/** The question with trimmed parts. Throws `data-row` if a part is empty or the letter has no choice. */
export function checkedChoices(place: string, { question, choices, label }: ChoiceQuestion): ChoiceQuestion {
  const letters = choices.map((_, index) => letterAt(index))
  const parts = choices.map((choice) => choice.trim())
  const trimmed = { question: question.trim(), choices: parts, label: plainLetter(label) }
  if (trimmed.question === '') throw rowError(place, 'the question is empty')
  if (choices.length < 2) throw rowError(place, `has ${choices.length} choices`)
  const empty = trimmed.choices.indexOf('')
  if (empty >= 0) throw rowError(place, `choice ${letterAt(empty)} is empty`)
  if (!letters.includes(trimmed.label)) {
    throw rowError(place, `the answer ${JSON.stringify(trimmed.label)} is not one of ${letters.join(', ')}`)
  }
  return trimmed
}

/** The reference answer with letter and text, for judges that read either. */
export function lettered({ choices, label }: ChoiceQuestion): string {
  return `(${label}) ${choices[label.charCodeAt(0) - 65]}`
}

/** One line per choice: `(A) red`. */
export function parenthesisedLines(choices: readonly string[]): string {
  return choices.map((choice, index) => `(${letterAt(index)}) ${choice}`).join('\n')
}

/** One line per choice: `A. red`. */
function dottedLines(choices: readonly string[]): string {
  return choices.map((choice, index) => `${letterAt(index)}. ${choice}`).join('\n')
}

/** The question with its choices as VLMEvalKit writes them, in our wording. */
export function dottedQuestion({ question, choices }: ChoiceQuestion): string {
  return `${question}\n${dottedLines(choices)}\nAnswer with the letter of the right option.`
}

/**
 * Choices that have a column each, named by its letter; pandas writes missing ones as nan, and as None, which is also a choice where it
 * occurs once. Throws `data-row` for a gap.
 */
export function choiceColumns(
  place: string,
  cells: Readonly<Record<string, string | readonly string[]>>,
  letters: string,
): string[] {
  const texts = new Map([...letters].map((letter) => [letter, String(cells[letter] ?? '')]))
  const padded = [...texts.values()].filter((text) => /^none$/i.test(text)).length > 1
  const missing = padded ? /^(?:nan|none|<NA>)?$/i : /^(?:nan|<NA>)?$/i
  const given = [...letters].filter((letter) => !missing.test(texts.get(letter) ?? ''))
  const gap = given.findIndex((letter, index) => letter !== letterAt(index))
  if (gap >= 0) throw rowError(place, `choice ${letterAt(gap)} is missing`)
  return given.map((letter) => String(cells[letter]))
}

/** A letter before its choice: `(A) red`, `A. red`, and the Chinese forms `（A） 红`, `Ａ．红`, `A、红`, `Ⓐ 红`. */
const lettering =
  /^\s*(?:[([（［【〔﹙]\s*([A-Za-zＡ-Ｚａ-ｚ])\s*[)\]）］】〕﹚][.:、．：]?|([A-ZＡ-Ｚ])\s*[.:)）、．：]|([Ⓐ-ⓩ⒜-⒵]))\s*/

/** The choice without a leading letter. */
export function withoutLetter(choice: string): string {
  return choice.replace(lettering, '')
}

/** The leading letter of a line in upper case; undefined if the line is not a choice. */
export function letterInFront(line: string): string | undefined {
  const found = lettering.exec(line)
  return found === null ? undefined : plainLetter(found[1] ?? found[2] ?? itemAt(found, 3))
}

/** The fault of a row whose choices have other letters. */
export const lettersOutOfOrder = 'its options are not lettered A, B, C, D in this order'

/** A question whose choices stand in its text, one per line. */
export interface ChoiceText extends ChoiceQuestion {
  /** Text after the choices. */
  readonly closing: string
  /** Whether the letters are other than A, B, C in this order. */
  readonly outOfOrder: boolean
}

/** Splits a text into question, choices and closing lines; without lettered lines there are no choices. */
export function splitChoices(text: string, label: string): ChoiceText {
  const lines = text.split(/\r?\n/)
  const lettered = lines.flatMap((line, at) => (letterInFront(line) === undefined ? [] : [at]))
  return {
    question: lines.slice(0, lettered[0] ?? lines.length).join('\n'),
    choices: lettered.map((at) => withoutLetter(itemAt(lines, at))),
    label,
    closing: lines
      .slice((lettered.at(-1) ?? lines.length) + 1)
      .join('\n')
      .trim(),
    outOfOrder: lettered.some((at, index) => letterInFront(itemAt(lines, at)) !== letterAt(index)),
  }
}

/**
 * Choices of a text in which several may share a line: `A. red  B. blue`. Each ends where the next letter of the alphabet is announced, so
 * a letter that is repeated or skipped belongs to the choice before it.
 */
export function inlineChoices(text: string): string[] {
  const starts: { readonly from: number; readonly to: number }[] = []
  for (let at = 0; ;) {
    const mark = new RegExp(String.raw`(?:^|\s)\(?${letterAt(starts.length)}[.)]\s*`, 'g')
    mark.lastIndex = at
    const found = mark.exec(text)
    if (found === null) break
    at = mark.lastIndex
    starts.push({ from: found.index, to: at })
  }
  return starts.map(({ to }, index) => text.slice(to, starts[index + 1]?.from ?? text.length).trim())
}

/** `(b)`, `B.` and `Ｂ` are B. */
function plainLetter(label: string): string {
  const narrow = label.normalize('NFKC').trim()
  return /^\W*([A-Za-z])\W*$/.exec(narrow)?.[1]?.toUpperCase() ?? label.trim()
}

/** Parses a list written as Python or JSON text; undefined if the text is not a list. Throws `data-row`. */
export function listIn(place: string, text: string, name = 'its choices'): readonly string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined
  try {
    const { value, end } = literalIn(text)
    if (Array.isArray(value) && text.slice(end).trim() === '') return value.map(String)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw rowError(place, `${name} are not a valid list: ${messageOf(error)}`)
  }
  throw rowError(place, `${name} are not a valid list`)
}

/** Tries JSON first, then Python, whose escapes differ. */
function literalIn(text: string): { readonly value: unknown; readonly end: number } {
  try {
    return { value: JSON.parse(text), end: text.length }
  } catch {
    return readPythonLiteral(text)
  }
}
