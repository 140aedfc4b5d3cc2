/** Reads the outcomes of the searches of a run. */
import type { Slices } from '../benchmark/entry.ts'
import type { Level, Problem } from '../protocol/problem.ts'
import type { Reason } from '../protocol/reason.ts'
import type { Failure, Trajectory } from '../protocol/trajectory.ts'
import { skippedText } from '../search/owed-samples.ts'
import { searchKey } from '../runs/searches.ts'
import { skippedLog } from '../runs/searches.ts'
import type { SkippedProblem } from '../runs/searches.ts'
import { UserError } from '../shared/errors.ts'
import { readLog } from '../runs/log.ts'
import { readCorrections } from '../runs/notes.ts'
import { indexSearches } from '../runs/search-index.ts'
import type { SearchedPictures } from '../search/same-pictures.ts'
import { sharedTexts } from '../shared/shared-texts.ts'
import { BySearch } from './by-search.ts'
import { notedOutcome } from './figures/outcome.ts'
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
  readonly done: BySearch<Outcome>
  /** Searches that are to be repeated, by key. */
  readonly failed: ReadonlyMap<string, FailedSearch>
  readonly pictures: SearchedPictures
  /** Keys of the searches that do not match the filter, if there is one. */
  readonly unmatched: ReadonlySet<string>
  /** The complete searches with these keys, all without a verdict, read on demand. */
  read(keys: Iterable<string>): AsyncGenerator<Trajectory, void>
}

interface FailedSearch {
  readonly failure: Failure | undefined
  readonly outcome: Outcome
}

/**
 * The outcomes of the searches in a run folder. Failed searches are to be repeated, except those that the server refused permanently
 * while it accepted others; if it accepted none, the server needs fixing. Verdicts that were corrected by hand count, unless `asJudged`.
 */
export async function readOutcomes(
  folder: string,
  asJudged = false,
  matches: (search: Trajectory) => boolean = () => true,
): Promise<StoredOutcomes> {
  const corrections = await readCorrections(folder, asJudged)
  const done = new BySearch<Outcome>()
  const failed = new Map<string, FailedSearch>()
  const pictures = new Map<string, string>()
  const unmatched = new Set<string>()
  const lighter = lighterOutcomes()
  const index = await indexSearches(folder, ({ trajectory, key }) => {
    const outcome = lighter(notedOutcome(trajectory, corrections.of({ trajectory })))
    pictures.set(searchKey(outcome, 0), outcome.picture)
    if (matches(trajectory)) unmatched.delete(key)
    else unmatched.add(key)
    if (outcome.end === 'failed') failed.set(key, { failure: trajectory.failure, outcome })
    else done.set(outcome, outcome.sample, outcome)
    return outcome.end === 'failed' || outcome.judged ? undefined : 'to be judged'
  })
  const serves = done.size > 0
  for (const [key, { outcome }] of failed) {
    if (done.has(outcome, outcome.sample)) failed.delete(key)
    else if (serves && outcome.reason?.kind === 'refused') {
      done.set(outcome, outcome.sample, outcome)
      failed.delete(key)
    }
  }
  return { done, failed, pictures, unmatched, read: (keys) => index.readAll(keys) }
}

/**
 * Gives outcomes the texts and reasons that they have in common. A copy by rest (`...own`) would be a hash table of twice the size, which
 * counts for a million searches.
 */
export function lighterOutcomes(): (outcome: Outcome) => Outcome {
  const shared = sharedTexts()
  const reasons = new Map<string, Reason>()
  const sharedReason = (reason: Reason): Reason => {
    const text = JSON.stringify(reason)
    const known = reasons.get(text) ?? reason
    reasons.set(text, known)
    return known
  }
  return (outcome) => {
    const { dataSource, docId, picture, vote, reason } = outcome
    return {
      ...outcome,
      dataSource: shared(dataSource),
      docId: shared(docId),
      picture: shared(picture),
      vote: vote && shared(vote),
      reason: reason && sharedReason(reason),
    }
  }
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
