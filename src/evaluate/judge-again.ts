/**
 * Judges the searches of a run with another judge. Nothing is searched and the run is not changed; the result is a new run with the same
 * trajectories and the new verdicts. Running it again does only the missing work.
 */
import { agreementOf } from '../judge/agreement.ts'
import type { Agreement } from '../judge/agreement.ts'
import { judgeAndKeep } from '../judge/judge.ts'
import type { Judge } from '../judge/judge.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Trajectory, Verdict } from '../protocol/trajectory.ts'
import { keyOf, searchKey } from '../runs/searches.ts'
import { searchLog } from '../runs/searches.ts'
import { indexSearches } from '../runs/search-index.ts'
import type { SearchIndex } from '../runs/search-index.ts'
import { mapAsFinished } from '../shared/map-limit.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { bootstrapMean } from './figures/bootstrap.ts'
import type { Estimate } from './figures/bootstrap.ts'
import { clustersOf } from './figures/clusters.ts'
import { watchFailures } from '../search/failing-alike.ts'
import { picturesId } from '../search/same-pictures.ts'
import { picturesOf } from '../protocol/originals.ts'

export interface JudgeAgainOptions {
  /** Folder of the run to judge. */
  readonly of: string
  readonly judge: Judge
  /** The run for the new verdicts. */
  readonly run: RunFolder
  /** Answers judged in parallel. */
  readonly concurrency: number
  /** Go on although one judgement after the other fails for the same reason; default: stop with `StoppedEarlyError`. */
  readonly keepGoing?: boolean | undefined
  /** When it fires, judgements in flight are finished and stored; then `AbortedError` is thrown. */
  readonly stop?: AbortSignal
  /** Called once stored verdicts have been read, and after every verdict. */
  readonly onProgress?: (progress: JudgeAgainProgress) => void
}

export interface JudgeAgainProgress {
  readonly done: number
  readonly total: number
  /** The newest search with its new verdict. */
  readonly newest?: Trajectory
}

/** The result of a stored search. */
export interface StoredVerdict {
  readonly problem: Problem
  /** Identity of its pictures. */
  readonly picture: string
  readonly answer: string | null
  /** Whether it failed, so that it cannot be judged and counts as not right. */
  readonly failed: boolean
  readonly verdict: Verdict
}

export interface JudgedAgain extends Omit<StoredVerdict, 'verdict'> {
  readonly before: Verdict
  readonly after: Verdict
}

/** The stored results by key; the last line of a search counts. `read` returns complete searches. */
export async function readVerdicts(
  folder: string,
): Promise<{ readonly stored: Map<string, StoredVerdict>; readonly read: SearchIndex<true>['readAll'] }> {
  const stored = new Map<string, StoredVerdict>()
  /** One object per problem, shared by its samples. */
  const problems = new Map<string, Problem>()
  const index = await indexSearches(folder, ({ trajectory, key }): true => {
    const name = searchKey(trajectory.problem, 0)
    const problem = problems.get(name) ?? trajectory.problem
    problems.set(name, problem)
    stored.set(key, { ...storedVerdict(trajectory), problem })
    return true
  })
  return { stored, read: (keys) => index.readAll(keys) }
}

export async function judgeAgain(options: JudgeAgainOptions): Promise<JudgedAgain[]> {
  const { of, judge, run, concurrency, keepGoing, stop, onProgress } = options
  const { stored: before, read } = await readVerdicts(of)
  const { stored: after } = await readVerdicts(run.path)
  // The answers differ if the judged run was started again from scratch.
  for (const [key, { answer }] of after) if (before.get(key)?.answer !== answer) after.delete(key)
  const owed = [...before].filter(([key, { failed }]) => !failed && !isJudged(after.get(key))).map(([key]) => key)

  const total = [...before.values()].filter(({ failed }) => !failed).length
  let done = total - owed.length
  onProgress?.({ done, total })
  const work = (trajectory: Trajectory): Promise<Trajectory> =>
    judgeAndKeep(trajectory, judge, undefined, async (judged) => {
      const isNews = !after.has(keyOf(judged)) || isJudged(storedVerdict(judged))
      if (isNews) await run.append(searchLog, judged)
    })
  const watch = watchFailures({ owed: owed.length, served: true, serverOnly: true, keepGoing, stop })
  try {
    for await (const { value } of mapAsFinished(read(owed), concurrency, work, watch.signal)) {
      after.set(keyOf(value), storedVerdict(value))
      onProgress?.({ done: ++done, total, newest: value })
      watch.see(value)
    }
  } catch (error) {
    throw watch.instead(error)
  }
  return [...before].map(([key, { verdict, ...search }]) => ({
    ...search,
    before: verdict,
    after: after.get(key)?.verdict ?? verdict,
  }))
}

export interface Comparison {
  readonly searches: number
  readonly failed: number
  /** Wrong for every judge, so they are not evidence of agreement. */
  readonly withoutAnswer: number
  /** Avg@K with its interval; searches without a verdict count as not right. */
  readonly before: Estimate
  readonly after: Estimate
  readonly agreement: Agreement
  /** Answers that one judge considers right and the other wrong. */
  readonly disagreements: readonly JudgedAgain[]
  /** Answers without a verdict of the new judge. */
  readonly unjudged: number
}

/** Compares the verdicts of two judges on the same searches, at least one. */
export function compareJudges(searches: readonly JudgedAgain[], seed: number): Comparison {
  const finished = searches.filter(({ failed }) => !failed)
  const answered = finished.filter(({ answer }) => answer !== null && answer.trim() !== '')
  const pairs = answered.map(({ before, after }) => ({ before: before.kind, after: after.kind }))
  return {
    searches: searches.length,
    failed: searches.length - finished.length,
    withoutAnswer: finished.length - answered.length,
    before: avgAtK(searches, ({ before }) => before, seed),
    after: avgAtK(searches, ({ after }) => after, seed),
    agreement: agreementOf(pairs),
    disagreements: answered.filter(
      ({ before, after }) => before.kind !== after.kind && before.kind !== 'unjudged' && after.kind !== 'unjudged',
    ),
    unjudged: finished.filter(({ after }) => after.kind === 'unjudged').length,
  }
}

function avgAtK(searches: readonly JudgedAgain[], verdictOf: (search: JudgedAgain) => Verdict, seed: number): Estimate {
  const byProblem = new Map<string, { picture: string; right: number; all: number }>()
  for (const search of searches) {
    const key = searchKey(search.problem, 0)
    const { picture, right, all } = byProblem.get(key) ?? { picture: search.picture, right: 0, all: 0 }
    const isRight = !search.failed && verdictOf(search).kind === 'correct'
    byProblem.set(key, { picture, right: right + (isRight ? 1 : 0), all: all + 1 })
  }
  const problems = [...byProblem.values()].map((problem) => ({ ...problem, slices: {}, outcomes: [problem] }))
  const clusters = clustersOf(problems)
  return bootstrapMean(
    clusters.map((own) => own.map(({ right, all }) => right / all)),
    seed,
  )
}

function storedVerdict(trajectory: Trajectory): StoredVerdict {
  const { problem, answer, end, verdict } = trajectory
  const none: Verdict = { kind: 'unjudged', reason: 'never judged' }
  const picture = picturesId(picturesOf(trajectory))
  return { problem, picture, answer, failed: end === 'failed', verdict: verdict ?? none }
}

function isJudged(stored: StoredVerdict | undefined): boolean {
  return stored !== undefined && stored.verdict.kind !== 'unjudged'
}
