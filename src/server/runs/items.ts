/** The summary of each search of a run, for lists. */
import { outcomeOf } from '../../evaluate/figures/outcome.ts'
import type { Outcome } from '../../evaluate/figures/outcome.ts'
import { lighterOutcomes, problemName } from '../../evaluate/stored-outcomes.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import { SearchIndex } from '../../runs/search-index.ts'
import type { LoggedSearch } from '../../runs/searches.ts'
import { sharedTexts } from '../../shared/shared-texts.ts'
import type { ItemRow } from '../api/types.ts'

export interface ListedSearch {
  readonly item: ItemRow
  readonly outcome: Outcome
}

export type RunIndex = SearchIndex<ListedSearch>

export function runIndex({ path, log }: Pick<FoundRun, 'path' | 'log'>): RunIndex {
  const shared = sharedTexts()
  const lighter = lighterOutcomes()
  return new SearchIndex(path, log, (search, index) => {
    const item = itemOf(search, index)
    return {
      item: { ...item, problem: shared(item.problem), question: shared(item.question) },
      outcome: lighter(outcomeOf(search.trajectory)),
    }
  })
}

/** Each search once; if it was repeated, the last one. */
export function latest(index: RunIndex): ListedSearch[] {
  const last = new Map<string, ListedSearch>()
  for (const { kept } of index.entries) last.set(`${groupName(kept.item)} ${kept.item.sampleIndex}`, kept)
  return [...last.values()]
}

/** Group key: equal for all searches of one problem (in training also of one step, on a server also of one ask). */
export function groupName({ ask, step, problem }: Pick<ItemRow, 'ask' | 'step' | 'problem'>): string {
  if (ask !== undefined) return `ask ${ask}`
  return step === undefined ? problem : `${problem} at step ${step}`
}

const longestText = 300

function itemOf({ trajectory, step, advantage }: LoggedSearch, index: number): ItemRow {
  const { problem, turns, observations, answer, end, verdict, sampleIndex, ask, policy, ms } = trajectory
  const { level, question, answer: truth } = problem
  return {
    index,
    problem: problemName(problem),
    sampleIndex,
    ...(ask !== undefined && { ask, policy }),
    ...(step !== undefined && { step }),
    ...(advantage !== undefined && { advantage }),
    ...(level && { level }),
    question: question.slice(0, longestText),
    ...(truth !== undefined && { truth: truth.slice(0, longestText) }),
    answer: answer && answer.slice(0, longestText),
    end,
    verdict: verdict?.kind ?? 'unjudged',
    turns: turns.length,
    boxes: observations.filter(({ parent }) => parent !== null).length,
    ms,
  }
}
