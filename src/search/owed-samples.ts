/** Which searches of a run are still missing; shared by collection and evaluation. */
import type { Policy } from '../policy/policy.ts'
import type { Pictured } from '../protocol/originals.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Profile } from '../protocol/profile.ts'
import type { PictureReading } from '../protocol/rules.ts'
import { UserError } from '../shared/errors.ts'
import { searchKey } from '../runs/searches.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { isTooNarrow } from '../vision/fit.ts'
import type { Picture } from '../vision/picture.ts'
import type { SkippedProblem } from '../runs/searches.ts'
import { openQuestionPictures } from './question-pictures.ts'
import type { ProfileOf, Sample } from './search-many.ts'

/** A problem whose picture is opened only when it is searched. */
export interface WantedProblem {
  readonly problem: Problem
  readonly openPicture: OpenPicture
  /** All pictures but the first, for a question about several. */
  readonly openFurther?: readonly OpenPicture[]
}

export type OpenPicture = (reading: PictureReading) => Promise<Picture>

/** The functions that open each picture of a problem. */
export function openersOf({ openPicture, openFurther = [] }: Omit<WantedProblem, 'problem'>): OpenPicture[] {
  return [openPicture, ...openFurther]
}

/** All pictures of a problem, as the profile reads them. */
export function openProblem(wanted: Omit<WantedProblem, 'problem'>, profile: Profile): Promise<Pictured<Picture>> {
  return openQuestionPictures(openersOf(wanted), profile, (open) => open(profile.pictures.reading))
}

/** Common options of evaluation and collection: many searches, stored in a resumable run. */
export interface SearchRunOptions {
  /** Pictures are opened only when their problem is searched. */
  readonly problems: readonly WantedProblem[]
  readonly policy: Policy
  /** Searches per problem, the K of Avg@K. */
  readonly samples: number
  readonly maxTurns: number
  readonly profile: Profile
  readonly profileOf?: ProfileOf | undefined
  readonly seed: number
  /** Opened with these settings, so that resuming with different ones is refused. */
  readonly run: RunFolder
  /** Searches in parallel. */
  readonly concurrency: number
  /** Repeat searches that the server refused permanently, for example after a change to the server; default: no. */
  readonly retryRefused?: boolean | undefined
  /** Go on although search after search fails for the same reason; default: stop with `StoppedEarlyError`. */
  readonly keepGoing?: boolean | undefined
  /** Store requests and replies as they went over the wire. */
  readonly keepExchanges?: boolean | undefined
  /** When it fires, searches in flight are finished and stored; then `AbortedError` is thrown. */
  readonly stop?: AbortSignal
}

/** The keys of all searches: one per problem and sample. */
export function wantedKeys(problems: readonly WantedProblem[], samples: number): string[] {
  return problems.flatMap(({ problem }) => sampleIndices(samples).map((index) => searchKey(problem, index)))
}

export type IsDone = (problem: Problem, sampleIndex: number) => boolean

/**
 * The searches that are not done, grouped by problem so that each picture is opened once. Problems that the profile skips
 * are passed to `onSkip` and need no search.
 */
export async function* owedSamples(
  { problems, samples, profile }: Pick<SearchRunOptions, 'problems' | 'samples' | 'profile'>,
  isDone: IsDone,
  onSkip: (skipped: SkippedProblem) => void | Promise<void>,
): AsyncGenerator<Sample, void> {
  const { narrow } = profile.pictures
  for (const wanted of problems) {
    const { problem } = wanted
    const indices = sampleIndices(samples).filter((index) => !isDone(problem, index))
    if (indices.length === 0) continue
    const pictures = await openProblem(wanted, profile)
    const { width, height } = pictures.picture
    if (narrow === 'skipped' && isTooNarrow(pictures.picture, profile.firstView)) {
      const { dataSource, docId } = problem
      await onSkip({ dataSource, docId, width, height })
      continue
    }
    for (const sampleIndex of indices) yield { task: { problem, ...pictures }, sampleIndex }
  }
}

const mostNamed = 20

/** For example `Skipped, as the released loader does: 1 problem whose picture is too narrow (set/a, 400x20).` */
export function skippedText(skipped: readonly SkippedProblem[]): string {
  const named = skipped.slice(0, mostNamed).map(({ dataSource, docId, width, height }) => {
    return `${dataSource}/${docId}, ${width}x${height}`
  })
  const more = skipped.length > mostNamed ? [`${skipped.length - mostNamed} more`] : []
  const problems = skipped.length === 1 ? '1 problem whose picture is' : `${skipped.length} problems whose pictures are`
  return `Skipped, as the released loader does: ${problems} too narrow (${[...named, ...more].join('; ')}).`
}

/** Throws `UserError` unless there are problems, with unique names and reference answers. */
export function checkJudgeable(problems: readonly WantedProblem[]): void {
  if (problems.length === 0)
    throw new UserError(
      'no-problems',
      'There are no problems to search. Check the data (training reads train.json of a folder) and --limit.',
    )
  const names = new Set<string>()
  for (const { problem } of problems) {
    const name = `${problem.dataSource}/${problem.docId}`
    if (problem.answer === undefined) {
      throw new UserError(
        'no-reference-answer',
        `${name} has no reference answer ("solution"), so it cannot be judged.`,
      )
    }
    if (names.has(name)) {
      throw new UserError('problem-twice', `${name} occurs twice. Give every problem of a data source a unique doc_id.`)
    }
    names.add(name)
  }
}

function sampleIndices(samples: number): number[] {
  return Array.from({ length: samples }, (_, index) => index)
}
