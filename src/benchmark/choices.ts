/** Questions with lettered choices: their letters, their text in the question, and whether they hold together. Pure. */
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

/** The question again, without blanks around its parts. Throws `data-row` when it is empty or the letter has no choice. */
export function checkedChoices(place: string, { question, choices, label }: ChoiceQuestion): ChoiceQuestion {
  const letters = choices.map((_, index) => letterAt(index))
  const trimmed = { question: question.trim(), choices: choices.map((choice) => choice.trim()), label: label.trim() }
  if (trimmed.question === '') throw rowError(place, 'the question is empty')
  if (choices.length < 2) throw rowError(place, `has ${choices.length} choices`)
  const empty = trimmed.choices.indexOf('')
  if (empty >= 0) throw rowError(place, `choice ${letterAt(empty)} is empty`)
  if (!letters.includes(trimmed.label)) {
    throw rowError(place, `the answer ${JSON.stringify(trimmed.label)} is none of ${letters.join(', ')}`)
  }
  return trimmed
}

/** The reference answer: letter and text, so that judges that read letters and those that read words both know it. */
export function lettered({ choices, label }: ChoiceQuestion): string {
  return `(${label}) ${choices[label.charCodeAt(0) - 65]}`
}

/** A line for each choice: `(A) red`. */
export function parenthesisedLines(choices: readonly string[]): string {
  return choices.map((choice, index) => `(${letterAt(index)}) ${choice}`).join('\n')
}

/** A line for each choice: `A. red`. */
export function dottedLines(choices: readonly string[]): string {
  return choices.map((choice, index) => `${letterAt(index)}. ${choice}`).join('\n')
}

/** The choice behind its letter, where that stands in front: `(A) red`, `A. red`. */
export function withoutLetter(choice: string): string {
  return choice.replace(/^\s*(?:\([A-Z]\)|[A-Z][.:)])\s*/, '')
}
