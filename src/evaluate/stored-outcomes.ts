/** Reads the outcomes of the searches of a run. */
import type { Slices } from '../benchmark/entry.ts'
import type { Level, Problem } from '../protocol/problem.ts'
import type { Failure, Trajectory } from '../protocol/trajectory.ts'
import { skippedText } from '../search/owed-samples.ts'
import { searchKey } from '../runs/searches.ts'
import { skippedLog } from '../runs/searches.ts'
import type { SkippedProblem } from '../runs/searches.ts'
import { UserError } from '../shared/errors.ts'
import { readLog } from '../runs/log.ts'
import { indexSearches } from '../runs/search-index.ts'
import type { SearchedPictures } from '../search/same-pictures.ts'
import { sharedTexts } from '../shared/shared-texts.ts'
import { outcomeOf } from './figures/outcome.ts'
import type { Outcome } from './figures/outcome.ts'

/** The name of a problem in results. */
export function problemName({ dataSource, docId }: Pick<Problem, 'dataSource' | 'docId'>): string {
  return `${dataSource}/${docId}`
}

/** The default grouping of results. */
export function levelSlice({ level }: { readonly level?: Level | undefined }): Slices {
  return level === undefined ? {} : { level }
}

export interface StoredOutcomes {
  /** Outcomes by key. */
  readonly done: Map<string, Outcome>
  /** Failures of searches that are to be repeated, and their outcomes, by key. */
  readonly failures: ReadonlyMap<string, Failure | undefined>
  readonly failed: ReadonlyMap<string, Outcome>
  readonly pictures: SearchedPictures
  /** The complete searches with these keys, read on demand. */
  read(keys: Iterable<string>): AsyncGenerator<Trajectory, void>
}

/**
 * The outcomes of the searches in a run folder. Failed searches are to be repeated, except those that the server refused permanently
 * while it accepted others; if it accepted none, the server needs fixing.
 */
export async function readOutcomes(folder: string): Promise<StoredOutcomes> {
  const done = new Map<string, Outcome>()
  const failures = new Map<string, Failure | undefined>()
  const failed = new Map<string, Outcome>()
  const pictures = new Map<string, string>()
  const shared = sharedTexts()
  const index = await indexSearches(folder, (trajectory, key) => {
    const outcome = lighter(outcomeOf(trajectory), key, shared)
    if (outcome.end !== 'failed') done.set(key, outcome)
    else {
      failures.set(key, trajectory.failure)
      failed.set(key, outcome)
    }
    pictures.set(searchKey(trajectory.problem, 0), outcome.picture)
  })
  if (done.size > 0) {
    for (const [key, outcome] of failed)
      if (outcome.reason?.kind === 'refused' && !done.has(key)) done.set(key, outcome)
  }
  for (const key of done.keys()) {
    failures.delete(key)
    failed.delete(key)
  }
  return { done, failures, failed, pictures, read: (keys) => index.readAll(keys) }
}

/**
 * The outcome with the texts that it has in common with others. A copy by rest (`...own`) would be a hash table of twice the size, which
 * counts for a million searches.
 */
export function lighter(outcome: Outcome, key: string, shared: (text: string) => string): Outcome {
  const { picture, vote } = outcome
  return { ...outcome, key, picture: shared(picture), vote: vote && shared(vote) }
}

/** The problems skipped by the run so far, by name. */
export async function readSkipped(folder: string): Promise<Map<string, SkippedProblem>> {
  const skipped = new Map<string, SkippedProblem>()
  for await (const problem of readLog(folder, skippedLog)) skipped.set(problemName(problem), problem)
  return skipped
}

/** The problems to score. Throws `UserError` `all-skipped` if there are none. */
export function withoutSkipped<T extends { readonly name: string }>(
  problems: readonly T[],
  skipped: ReadonlyMap<string, SkippedProblem>,
): readonly T[] {
  const scored = problems.filter(({ name }) => !skipped.has(name))
  if (scored.length > 0 || problems.length === 0) return scored
  throw new UserError('all-skipped', `There is nothing to score. ${skippedText([...skipped.values()])}`)
}
