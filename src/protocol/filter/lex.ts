/** Cuts the text of a filter into tokens, in one pass. Pure. */

export interface Token {
  /** `word`: a name or a keyword; `quoted`: words in quotes; `value`: what is written without quotes behind an operator. */
  readonly kind: 'word' | 'quoted' | 'value' | 'operator' | '(' | ')' | 'end'
  readonly text: string
  /** Where it stands in the filter. */
  readonly at: number
  readonly length: number
}

/** What is wrong with a filter, and where. */
export interface FilterProblem {
  readonly at: number
  readonly length: number
  readonly message: string
}

/** Thrown while a filter is read, and caught where reading began. */
export class FilterFault extends Error {
  readonly problem: FilterProblem
  constructor(problem: FilterProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** Longer ones first, where one begins like another. */
export const operators = ['!=', '<=', '>=', '=', '<', '>', ':'] as const
export type Operator = (typeof operators)[number]

const space = /\s/
const nameLetter = /[\p{L}\p{N}_-]/u

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const push = (kind: Token['kind'], end: number, of = text.slice(at, end)): void => {
    tokens.push({ kind, text: of, at, length: end - at })
    at = end
  }
  while (at < text.length) {
    const letter = text.charAt(at)
    if (space.test(letter)) at++
    else if (letter === '(' || letter === ')') push(letter, at + 1)
    else if (letter === '"' || letter === "'") {
      const { end, words } = quotedAt(text, at)
      push('quoted', end, words)
    } else {
      const operator = operators.find((one) => text.startsWith(one, at))
      if (operator !== undefined) push('operator', at + operator.length)
      else if (tokens.at(-1)?.kind === 'operator') push('value', runEnd(text, at, isValueLetter))
      else {
        const end = runEnd(text, at, (one) => nameLetter.test(one))
        if (end === at)
          throw new FilterFault({
            at,
            length: 1,
            message: `${String.fromCodePoint(text.codePointAt(at) ?? 0)} has no meaning here.${hintFor(letter)}`,
          })
        push('word', end)
      }
    }
  }
  tokens.push({ kind: 'end', text: '', at, length: 0 })
  return tokens
}

function isValueLetter(letter: string): boolean {
  return !space.test(letter) && !'()"'.includes(letter)
}

function runEnd(text: string, from: number, belongs: (letter: string) => boolean): number {
  let end = from
  while (end < text.length && belongs(text.charAt(end))) end++
  return end
}

/** A backslash takes the next character as it is. */
function quotedAt(text: string, from: number): { readonly end: number; readonly words: string } {
  const quote = text.charAt(from)
  let words = ''
  for (let at = from + 1; at < text.length; at++) {
    const letter = text.charAt(at)
    if (letter === quote) return { end: at + 1, words }
    if (letter === '\\' && at + 1 < text.length) at++
    words += text.charAt(at)
  }
  throw new FilterFault({ at: from, length: text.length - from, message: `The closing ${quote} is missing.` })
}

function hintFor(letter: string): string {
  if ('“”„‘’«»'.includes(letter)) return ' Use straight quotes: "red heart".'
  if ('&|!'.includes(letter)) return ' Conditions are joined by and, or, not.'
  return ' Put words to search for in quotes: "red heart".'
}
