/** The summary of each search of a run, for lists. */
import { notedOutcome } from '../../evaluate/figures/outcome.ts'
import type { Outcome } from '../../evaluate/figures/outcome.ts'
import { factsOf } from '../../evaluate/search-facts.ts'
import type { FactsOptions } from '../../evaluate/search-facts.ts'
import type { PriceOf } from '../../evaluate/search-matcher.ts'
import { lighterOutcomes } from '../../evaluate/stored-outcomes.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import type { LoggedSearch } from '../../runs/searches.ts'
import { SearchIndex } from '../../runs/search-index.ts'
import { sharedTexts } from '../../shared/shared-texts.ts'
import type { ItemRow } from '../api/types.ts'

export interface ListedSearch {
  readonly item: ItemRow
  readonly outcome: Outcome
}

export type RunIndex = SearchIndex<ListedSearch>

/** `priceOf` finds the price of a policy. */
export function runIndex({ path, log }: Pick<FoundRun, 'path' | 'log'>, priceOf: PriceOf = () => undefined): RunIndex {
  const shared = sharedTexts()
  const lighter = lighterOutcomes()
  return new SearchIndex(path, log, (search) => {
    const { item, outcome } = listedSearch(search, search.index, { price: priceOf(search.trajectory.policy) })
    const { problem, question, policy, profile } = item
    const texts = {
      problem: shared(problem),
      question: shared(question),
      policy: shared(policy),
      profile: shared(profile),
    }
    return { item: { ...item, ...texts }, outcome: lighter(outcome) }
  })
}

/** The summary of a search, with its note, whose verdict counts. */
export function listedSearch(
  search: LoggedSearch,
  index: number,
  { note, price }: Pick<FactsOptions, 'note' | 'price'> = {},
): ListedSearch {
  const outcome = notedOutcome(search.trajectory, note)
  return { item: factsOf(search, { index, outcome, note, price }), outcome }
}

/** Each search once; if it was repeated, the last one. `noted`: the searches with a note, by index. */
export function latest(index: RunIndex, noted: ReadonlyMap<number, ListedSearch>): ListedSearch[] {
  const last = new Map<string, ListedSearch>()
  for (const { kept } of index.entries) last.set(`${groupName(kept.item)} ${kept.item.sampleIndex}`, kept)
  return [...last.values()].map((kept) => noted.get(kept.item.index) ?? kept)
}

/** Group key: equal for all searches of one problem (in training also of one step, on a server also of one ask). */
export function groupName({ ask, step, problem }: Pick<ItemRow, 'ask' | 'step' | 'problem'>): string {
  if (ask !== undefined) return `ask ${ask}`
  return step === undefined ? problem : `${problem} at step ${step}`
}

/** Searches of a problem shown together at most. */
const mostTogether = 16

/** The searches of the same problem as the one at `at`, which stands for itself even if it was repeated. */
export function problemGroup({ entries }: RunIndex, at: number): ItemRow[] {
  const own = entries[at]?.kept.item
  if (own === undefined) return []
  const name = groupName(own)
  const group = new Map<number, ItemRow>()
  for (const { kept } of entries) if (groupName(kept.item) === name) group.set(kept.item.sampleIndex, kept.item)
  if (group.size > mostTogether) return [own]
  return [...group.set(own.sampleIndex, own).values()].toSorted((a, b) => a.sampleIndex - b.sampleIndex)
}
