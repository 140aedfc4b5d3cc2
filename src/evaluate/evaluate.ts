/**
 * Runs an evaluation: K searches per problem, judged, stored line by line in a run folder, and summarised. After any interruption,
 * running it again on the same folder does only the missing work.
 */
import { micro } from '../benchmark/aggregate.ts'
import type { Aggregate } from '../benchmark/aggregate.ts'
import type { Slices } from '../benchmark/entry.ts'
import { addSpent, nothingSpent } from '../protocol/price.ts'
import type { SpentTokens } from '../protocol/price.ts'
import { judgeAndKeep } from '../judge/judge.ts'
import type { Judge } from '../judge/judge.ts'
import type { Reason } from '../protocol/reason.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { checkJudgeable, owedSamples } from '../search/owed-samples.ts'
import { keyOf, searchKey } from '../runs/searches.ts'
import type { IsDone, SearchRunOptions, WantedProblem } from '../search/owed-samples.ts'
import { checkSamePictures } from '../search/same-pictures.ts'
import { keepExchanges } from '../runs/exchanges.ts'
import { searchLog, skippedLog } from '../runs/searches.ts'
import type { SkippedProblem } from '../runs/searches.ts'
import { watchFailures } from '../search/failing-alike.ts'
import { searchMany } from '../search/search-many.ts'
import { mapAsFinished } from '../shared/map-limit.ts'
import { itemAt } from '../shared/known.ts'
import type { FailureRule } from './figures/failures.ts'
import { BySearch } from './by-search.ts'
import { outcomeOf } from './figures/outcome.ts'
import type { Outcome } from './figures/outcome.ts'
import { notesVersion } from '../runs/notes.ts'
import { problemList } from '../runs/files.ts'
import type { ListedProblem } from '../runs/files.ts'
import { writeRunFile } from '../runs/run-file.ts'
import { reportOf } from './figures/report.ts'
import type { EvalReport } from './figures/report.ts'
import { levelSlice, problemName, readOutcomes, readSkipped, withoutSkipped } from './stored-outcomes.ts'

interface EvaluatedProblem extends WantedProblem {
  /** Groups of the problem in results; default: its level. */
  readonly slices?: Slices
}

export interface EvaluateOptions extends Omit<SearchRunOptions, 'problems'> {
  readonly problems: readonly EvaluatedProblem[]
  /** The full set, if the problems are a shard of it. */
  readonly whole?: readonly ListedProblem[]
  /** How results are aggregated; default `micro`, the mean over problems. */
  readonly aggregate?: Aggregate
  readonly judge: Judge
  /** How searches without a result count; default: as wrong. */
  readonly failures?: FailureRule | undefined
  /** Leaves verdicts that were corrected by hand out of the report. */
  readonly asJudged?: boolean | undefined
  /** Stop if more than this share of all searches, or from 1 on this number, fail or get no verdict. */
  readonly failOnError?: number | undefined
  /** Called once stored results have been read, and after every search. */
  readonly onProgress?: (progress: EvalProgress) => void
}

/** Counts of searches. */
export interface EvalProgress {
  readonly done: number
  readonly total: number
  readonly correct: number
  /** Included in `done`; repeated on a resume. */
  readonly failed: number
  /** Included in `done`: refused permanently by a server that accepted others. Not repeated. */
  readonly refused: number
  /** Included in `done`: the judge failed. A resume judges them again without searching. */
  readonly unjudged: number
  /** Tokens of the policy in searches that did not fail, as billed. */
  readonly spent: SpentTokens
  /** The search that was finished, if one was. */
  readonly newest?: Trajectory | undefined
}

export async function evaluate(options: EvaluateOptions): Promise<EvalReport> {
  const { problems, policy, judge, samples, maxTurns, profile, seed, run, concurrency, stop, onProgress } = options
  const { asJudged, retryRefused = false, keepGoing, failOnError = Number.POSITIVE_INFINITY, profileOf } = options
  checkJudgeable(problems)
  const own = problems.map(({ problem, slices = levelSlice(problem) }) => ({ ...problem, slices }))
  const { aggregate = micro, whole = own } = options
  const listed = whole.map(({ dataSource, docId, slices }) => ({ dataSource, docId, slices }))
  await writeRunFile(run.path, problemList, listed)
  const notedBefore = await notesVersion(run.path)
  const { done, failed, pictures, read } = await readOutcomes(run.path, asJudged)
  await checkSamePictures(pictures, problems, profile.pictures.reading)
  const outcomes = new BySearch<Outcome>()
  for (const outcome of wantedOf(done, problems, samples)) {
    if (!retryRefused || outcome.reason?.kind !== 'refused') outcomes.set(outcome, outcome.sample, outcome)
  }
  const skipped = new Map<string, SkippedProblem>()
  const known = await readSkipped(run.path)
  const isDone: IsDone = (problem, sample) => outcomes.has(problem, sample)
  const owed = owedSamples(options, isDone, async (problem) => {
    if (!known.has(problemName(problem))) await run.append(skippedLog, problem)
    skipped.set(problemName(problem), problem)
    tell()
  })
  const unjudged = new Set<string>()

  const progress = { done: 0, correct: 0, failed: 0, unjudged: 0, spent: nothingSpent }
  let refused = 0
  let refusal: Reason | undefined
  /** Searches with a reply. */
  let taken = 0
  for (const outcome of outcomes.values()) {
    const { correct, end, judged, sample, spent } = outcome
    if (judged || end === 'failed') progress.done++
    else unjudged.add(searchKey(outcome, sample))
    if (correct) progress.correct++
    if (end === 'failed') {
      refused++
      refusal = outcome.reason
    } else taken++
    if (end !== 'failed') progress.spent = addSpent(progress.spent, spent)
  }
  function tell(newest?: Trajectory): void {
    // If the server refused every search, the server needs fixing, and no refusal counts as permanent.
    const forGood = taken > 0 ? refused : 0
    const failed = progress.failed + refused - forGood
    onProgress?.({ ...progress, failed, refused: forGood, total: (problems.length - skipped.size) * samples, newest })
  }
  tell()
  const total = problems.length * samples
  const mostFailed = failOnError < 1 ? Math.floor(failOnError * total) : failOnError
  const watch = watchFailures({
    owed: total - progress.done,
    served: taken > 0,
    keepGoing,
    mostFailed,
    failed: refused,
    earlier: refusal,
    stop,
  })
  const finish = (searched: Trajectory): Promise<Trajectory> =>
    judgeAndKeep(
      watch.afterEarlier(searched, failed.get(keyOf(searched))?.failure),
      judge,
      undefined,
      async (trajectory) => {
        // An unchanged line is not written again.
        const stored = unjudged.has(keyOf(trajectory))
        if (!stored || trajectory.verdict?.kind !== 'unjudged') await run.append(searchLog, trajectory)
      },
    )
  function count(trajectory: Trajectory): void {
    const outcome = outcomeOf(trajectory)
    const isNew = !outcomes.has(outcome, outcome.sample)
    if (isNew && outcome.end !== 'failed') progress.spent = addSpent(progress.spent, outcome.spent)
    outcomes.set(outcome, outcome.sample, outcome)
    progress.done++
    if (outcome.correct) progress.correct++
    if (outcome.end !== 'failed') taken++
    if (outcome.reason?.kind === 'refused') refused++
    else if (outcome.end === 'failed') progress.failed++
    else if (!outcome.judged) progress.unjudged++
    tell(trajectory)
    watch.see(trajectory)
  }
  try {
    const judgedAgain = mapAsFinished(read(unjudged), concurrency, finish, watch.signal)
    for await (const { value } of judgedAgain) count(value)
    const onExchanges = options.keepExchanges ? keepExchanges.bind(undefined, run) : undefined
    const how = { profile, profileOf, maxTurns, seed, concurrency, stop: watch.signal, finish, onExchanges }
    const searches = searchMany(owed, policy, how)
    for await (const { trajectory } of searches) count(trajectory)
  } catch (error) {
    throw watch.instead(error)
  }
  watch.checkFailed()
  // People may have corrected verdicts in the meantime.
  if (asJudged !== true && (await notesVersion(run.path)) !== notedBefore) {
    const { done: noted } = await readOutcomes(run.path)
    for (const outcome of noted.values()) {
      if (outcomes.has(outcome, outcome.sample)) outcomes.set(outcome, outcome.sample, outcome)
    }
  }
  const scored = own.map(({ slices, ...problem }, index) => ({
    name: problemName(problem),
    slices,
    outcomes: [...wantedOf(outcomes, [itemAt(problems, index)], samples)],
  }))
  return reportOf(withoutSkipped(scored, skipped), {
    samples,
    maxTurns,
    seed,
    run: run.path,
    failures: options.failures,
    aggregate,
    skipped: [...skipped.values()],
  })
}

/** The outcomes of the searches of these problems. */
function* wantedOf(
  outcomes: BySearch<Outcome>,
  problems: readonly WantedProblem[],
  samples: number,
): Generator<Outcome, void> {
  for (const { problem } of problems) {
    for (let sample = 0; sample < samples; sample++) {
      const outcome = outcomes.get(problem, sample)
      if (outcome !== undefined) yield outcome
    }
  }
}
