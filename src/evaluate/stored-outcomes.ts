/** What the searches that a run holds came to. */
import type { Slices } from '../benchmark/entry.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { searchKey } from '../search/owed-samples.ts'
import { searchLog } from '../search/search-log.ts'
import { readLog } from '../shared/log.ts'
import { outcomeOf } from './figures/outcome.ts'
import type { Outcome } from './figures/outcome.ts'

/** Names a problem in results. */
export function problemName({ dataSource, docId }: Pick<Problem, 'dataSource' | 'docId'>): string {
  return `${dataSource}/${docId}`
}

/** What results are grouped by where the data says nothing else. */
export function levelSlice({ level }: Partial<Pick<Problem, 'level'>>): Slices {
  return level === undefined ? {} : { level }
}

/** What the searches in a run's folder came to, by key. Failed searches are owed again, so they are not among them. */
export async function readOutcomes(folder: string): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  for await (const trajectory of readLog(folder, searchLog)) {
    const outcome = outcomeOf(trajectory)
    if (outcome.end !== 'failed') outcomes.set(outcome.key, outcome)
  }
  return outcomes
}

/** The searches with these keys that did not fail, each once: its lines differ in nothing but the verdict. */
export async function* readSearches(folder: string, keys: Iterable<string>): AsyncGenerator<Trajectory, void> {
  const wanted = new Set(keys)
  if (wanted.size === 0) return
  for await (const trajectory of readLog(folder, searchLog)) {
    const key = searchKey(trajectory.problem, trajectory.sampleIndex)
    if (trajectory.end !== 'failed' && wanted.delete(key)) yield trajectory
  }
}
