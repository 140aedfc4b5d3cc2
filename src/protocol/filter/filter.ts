/** A filter over searches, from its text. `docs/filter.md` describes the language for users. Pure. */
import { UserError } from '../../shared/errors.ts'
import type { FilterProblem } from './lex.ts'
import { parseFilter } from './parse.ts'
import type { FilterNode, ParsedFilter } from './parse.ts'
import { parseSearch } from './typed-search.ts'

export interface Filter {
  readonly text: string
  /** Undefined if every search matches. */
  readonly node: FilterNode | undefined
}

/** Throws `UserError` `filter-invalid`, with the place marked. */
export function readFilter(text: string): Filter {
  return filterOf(text, parseFilter(text))
}

/** The same for a filter, or words without quotes. */
export function readSearch(text: string): Filter {
  return filterOf(text, parseSearch(text))
}

function filterOf(text: string, parsed: ParsedFilter): Filter {
  if ('problem' in parsed)
    throw new UserError('filter-invalid', `The filter cannot be read.\n${markedProblem(text, parsed.problem)}`)
  return { text: text.trim(), node: parsed.node }
}

const mostShown = 100

/** The filter, a caret below the place, and what was expected there. */
function markedProblem(text: string, { at, length, message }: FilterProblem): string {
  // A long filter is shown around the place.
  const from = Math.max(0, at - mostShown / 2)
  const line = text.slice(from, from + mostShown).replaceAll(/\s/g, ' ')
  const marks = '^'.repeat(Math.max(1, Math.min(length, line.length - (at - from))))
  return `  ${line}\n  ${' '.repeat(at - from)}${marks}\n${message}`
}
