/** Finds searches of a run by a filter, for the search in all runs. */
import { filterText } from '../../protocol/filter/clauses.ts'
import { matcher } from '../../protocol/filter/matcher.ts'
import { mostFilterLength, parseFilter } from '../../protocol/filter/parse.ts'
import type { FilterNode } from '../../protocol/filter/parse.ts'
import type { FoundSearches } from '../api/across-runs.ts'
import { HttpError } from '../http/http-error.ts'
import type { ListedSearch } from './items.ts'

const mostItems = 5

/** Thoughts are not looked at: they are only in the log. Throws `HttpError` 400. */
export function findSearches(run: string, text: string, searches: readonly ListedSearch[]): FoundSearches {
  const words = text.trim()
  if (words === '' || words.length > mostFilterLength)
    throw new HttpError(400, 'invalid_request', `where: has to be 1 to ${mostFilterLength} characters.`)
  const parsed = parseFilter(words)
  const node: FilterNode = 'node' in parsed && parsed.node ? parsed.node : { kind: 'words', words }
  const matches = matcher(node, { run, benchmark: undefined, inThoughts: () => false })
  const found = searches.filter(({ item }) => matches(item))
  return {
    where: filterText(node),
    count: found.length,
    items: found.slice(0, mostItems).map(({ item }) => item),
  }
}
