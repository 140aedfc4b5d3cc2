/** What the search in all runs shows of a run. */
import { filterText } from '../../protocol/filter/clauses.ts'
import { readSearch } from '../../protocol/filter/filter.ts'
import type { Filter } from '../../protocol/filter/filter.ts'
import type { FoundSearches } from '../api/across-runs.ts'
import type { ItemRow } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'

const mostItems = 5

/** Throws `HttpError` 400, and `UserError` if it cannot be read. */
export function wantedSearches(text: string): Filter {
  if (text.trim() === '') throw new HttpError(400, 'invalid_request', 'where: is empty.')
  return readSearch(text)
}

export function foundSearches({ node }: Filter, items: readonly ItemRow[]): FoundSearches {
  return { where: filterText(node), count: items.length, items: items.slice(0, mostItems) }
}
