/** What the searches that a run holds came to. */
import type { Slices } from '../benchmark/entry.ts'
import type { Level, Problem } from '../protocol/problem.ts'
import { picturesOf } from '../protocol/originals.ts'
import type { Failure, Trajectory } from '../protocol/trajectory.ts'
import { skippedText } from '../search/owed-samples.ts'
import { searchKey } from '../runs/searches.ts'
import { skippedLog } from '../runs/searches.ts'
import type { SkippedProblem } from '../runs/searches.ts'
import { UserError } from '../shared/errors.ts'
import { readLog } from '../runs/log.ts'
import { indexSearches } from '../runs/search-index.ts'
import { picturesId } from '../search/same-pictures.ts'
import type { SearchedPictures } from '../search/same-pictures.ts'
import { outcomeOf } from './figures/outcome.ts'
import type { Outcome } from './figures/outcome.ts'

/** Names a problem in results. */
export function problemName({ dataSource, docId }: Pick<Problem, 'dataSource' | 'docId'>): string {
  return `${dataSource}/${docId}`
}

/** What results are grouped by where the data says nothing else. */
export function levelSlice({ level }: { readonly level?: Level | undefined }): Slices {
  return level === undefined ? {} : { level }
}

export interface StoredOutcomes {
  /** By key. */
  readonly done: Map<string, Outcome>
  /** Why the others failed, by key: they are owed again. */
  readonly failures: ReadonlyMap<string, Failure | undefined>
  readonly pictures: SearchedPictures
  /** The searches with these keys, whole; each is read when its turn comes. */
  read(keys: Iterable<string>): AsyncGenerator<Trajectory, void>
}

/**
 * What the searches in a run's folder came to. Failed searches are owed again, except those that the server refused for good
 * while it took others: where it took none, the server is what has to be mended.
 */
export async function readOutcomes(folder: string): Promise<StoredOutcomes> {
  const done = new Map<string, Outcome>()
  const failures = new Map<string, Failure | undefined>()
  const refused = new Map<string, Outcome>()
  const pictures = new Map<string, string>()
  const index = await indexSearches(folder, (trajectory) => {
    const outcome = outcomeOf(trajectory)
    const { key } = outcome
    if (outcome.end !== 'failed') done.set(key, outcome)
    else failures.set(key, trajectory.failure)
    if (outcome.reason?.kind === 'refused') refused.set(key, outcome)
    pictures.set(searchKey(trajectory.problem, 0), picturesId(picturesOf(trajectory)))
  })
  if (done.size > 0) for (const [key, outcome] of refused) if (!done.has(key)) done.set(key, outcome)
  for (const key of done.keys()) failures.delete(key)
  return { done, failures, pictures, read: (keys) => index.readAll(keys) }
}

/** The problems that the run in a folder skipped so far, by name. */
export async function readSkipped(folder: string): Promise<Map<string, SkippedProblem>> {
  const skipped = new Map<string, SkippedProblem>()
  for await (const problem of readLog(folder, skippedLog)) skipped.set(problemName(problem), problem)
  return skipped
}

/** What is scored. Throws `UserError` `all-skipped` where nothing is. */
export function withoutSkipped<T extends { readonly name: string }>(
  problems: readonly T[],
  skipped: ReadonlyMap<string, SkippedProblem>,
): readonly T[] {
  const scored = problems.filter(({ name }) => !skipped.has(name))
  if (scored.length > 0 || problems.length === 0) return scored
  throw new UserError('all-skipped', `There is nothing to score. ${skippedText([...skipped.values()])}`)
}
