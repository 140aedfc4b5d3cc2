/** Which of many wanted searches are still to be run: collection and evaluation resume by the same names. */
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
import type { Sample } from './search-many.ts'

/** A problem whose picture is opened when its turn comes, and not before. */
export interface WantedProblem {
  readonly problem: Problem
  readonly openPicture: OpenPicture
  /** Of a question about several pictures those of all but the first. */
  readonly openFurther?: readonly OpenPicture[]
}

export type OpenPicture = (reading: PictureReading) => Promise<Picture>

/** How each picture of a problem is opened. */
export function openersOf({ openPicture, openFurther = [] }: Omit<WantedProblem, 'problem'>): OpenPicture[] {
  return [openPicture, ...openFurther]
}

/** All pictures of a problem, as the profile reads them. */
export function openProblem(wanted: Omit<WantedProblem, 'problem'>, profile: Profile): Promise<Pictured<Picture>> {
  return openQuestionPictures(openersOf(wanted), profile, (open) => open(profile.pictures.reading))
}

/** What an evaluation and a collection have in common: many searches, kept in a run that can be resumed. */
export interface SearchRunOptions {
  /** Pictures are opened when their turn comes, and not before. */
  readonly problems: readonly WantedProblem[]
  readonly policy: Policy
  /** Searches for each problem, the K of Avg@K. */
  readonly samples: number
  readonly maxTurns: number
  readonly profile: Profile
  readonly seed: number
  /** Opened with these settings, so that a resume with others is refused. */
  readonly run: RunFolder
  /** Searches at once. */
  readonly concurrency: number
  /** Search again what the server refused for good, as after a change to the server; default: no. */
  readonly retryRefused?: boolean | undefined
  /** When it fires, what is in flight is finished and stored; then `AbortedError` is thrown. */
  readonly stop?: AbortSignal
}

/** The keys of all wanted searches: for each problem, one for each of its samples. */
export function wantedKeys(problems: readonly WantedProblem[], samples: number): string[][] {
  return problems.map(({ problem }) => sampleIndices(samples).map((index) => searchKey(problem, index)))
}

/**
 * The searches whose keys are not `done`, problem by problem, so that a picture is opened once for all of its own. `onSkip` is told of
 * problems that the profile skips: no search is owed for them.
 */
export async function* owedSamples(
  { problems, samples, profile }: Pick<SearchRunOptions, 'problems' | 'samples' | 'profile'>,
  done: ReadonlySet<string>,
  onSkip: (skipped: SkippedProblem) => void | Promise<void>,
): AsyncGenerator<Sample, void> {
  const { narrow } = profile.pictures
  for (const wanted of problems) {
    const { problem } = wanted
    const indices = sampleIndices(samples).filter((index) => !done.has(searchKey(problem, index)))
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

/** Such as `Skipped, as the released loader does: 1 problem whose picture is too narrow (set/a, 400x20).` */
export function skippedText(skipped: readonly SkippedProblem[]): string {
  const named = skipped.slice(0, mostNamed).map(({ dataSource, docId, width, height }) => {
    return `${dataSource}/${docId}, ${width}x${height}`
  })
  const more = skipped.length > mostNamed ? [`${skipped.length - mostNamed} more`] : []
  const problems = skipped.length === 1 ? '1 problem whose picture is' : `${skipped.length} problems whose pictures are`
  return `Skipped, as the released loader does: ${problems} too narrow (${[...named, ...more].join('; ')}).`
}

/** Throws `UserError` unless there are problems, each with a name of its own and a reference answer to judge by. */
export function checkJudgeable(problems: readonly WantedProblem[]): void {
  if (problems.length === 0)
    throw new UserError(
      'no-problems',
      'There is no problem to search. Check the data (of a folder, training takes train.json) and --limit.',
    )
  const names = new Set<string>()
  for (const { problem } of problems) {
    const name = `${problem.dataSource}/${problem.docId}`
    if (problem.answer === undefined) {
      throw new UserError(
        'no-reference-answer',
        `${name} has no reference answer ("solution"), so nothing can be judged.`,
      )
    }
    if (names.has(name)) {
      throw new UserError(
        'problem-twice',
        `${name} is there twice. Give every problem of a data source its own doc_id.`,
      )
    }
    names.add(name)
  }
}

function sampleIndices(samples: number): number[] {
  return Array.from({ length: samples }, (_, index) => index)
}
