/**
 * Summary figures of an evaluation: Avg@K with its interval, ends, and accuracy at every turn limit, for all problems and per level. The
 * type `EvalSummary` is the public format of `mini-o3 eval --json`. Pure.
 */
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import { ends } from '../../protocol/trajectory.ts'
import type { End } from '../../protocol/trajectory.ts'
import { lastOf } from '../../shared/known.ts'
import { bootstrapMean } from './bootstrap.ts'
import type { Estimate } from './bootstrap.ts'
import { clustersOf } from './clusters.ts'
import { countedProblems } from './failures.ts'
import type { FailureRule } from './failures.ts'
import { causes } from '../../protocol/cause.ts'
import type { MissCause } from '../../protocol/cause.ts'
import { creditOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { ScoredProblem } from './sampling.ts'
import { recordOf } from '../../shared/fields.ts'
import { howMany, mean } from '../../shared/numbers.ts'

export interface LimitScore {
  /** Turn limit. */
  readonly limit: number
  readonly avgAtK: number
  readonly low: number
  readonly high: number
  /** Mean over searches that did not fail, each truncated at the limit. */
  readonly meanTurns: number
  /** Share of all searches that had not ended within the limit. */
  readonly overTurn: number
}

/** Figures of a set of problems; scores and shares are fractions in 0..1. */
export interface Slice {
  readonly problems: number
  /** Searches per problem, the K of Avg@K. */
  readonly samples: number
  /** Mean over problems of the share of right searches, among those that count. */
  readonly avgAtK: number
  readonly low: number
  readonly high: number
  /** Shares of all searches, also of those that do not count. */
  readonly ends: Readonly<Record<End, number>>
  /** Share of all searches that answered beyond their limit; these answers count under `official`. */
  readonly beyondLimit: number
  /** Mean over searches that did not fail. */
  readonly meanTurns: number
  /** At the limits shown in tables; the run's own limit is last. */
  readonly byTurnLimit: readonly LimitScore[]
  /** At each limit from 1 to the run's own. */
  readonly everyTurnLimit: readonly LimitScore[]
}

export interface EvalSummary extends Slice {
  readonly byLevel: Readonly<Partial<Record<Level, Slice>>>
  /** Path of the run folder. */
  readonly run: string
}

/** For one level or all: number of searches, of those with the target shown legibly, and of each cause. */
export interface CauseCounts {
  readonly slice: Level | 'all'
  readonly searches: number
  readonly seen: number
  readonly correct: number
  readonly byCause: Readonly<Record<MissCause, number>>
}

export interface SummaryOptions {
  readonly samples: number
  readonly maxTurns: number
  readonly seed: number
  readonly run: string
  /** How searches without a result count; default: as wrong. */
  readonly failures?: FailureRule | undefined
}

/** The limits shown in tables, up to that of the run. */
const turnLimits = [1, 2, 4, 6, 8, 12, 16, 24, 32]

type Sampled = Pick<ScoredProblem, 'slices' | 'outcomes'>

export function summarise(problems: readonly Sampled[], options: SummaryOptions): EvalSummary {
  const { byTurnLimit, everyTurnLimit, ...all } = sliceOf(problems, options)
  const byLevel: Partial<Record<Level, Slice>> = {}
  for (const level of levels) {
    const own = problems.filter(({ outcomes }) => outcomes[0]?.level === level)
    if (own.length > 0) byLevel[level] = sliceOf(own, options)
  }
  return { ...all, byLevel, byTurnLimit, everyTurnLimit, run: options.run }
}

/**
 * Accuracy at a lower limit needs no separate run: a policy does not know its limit, so a search under limit L is the first L turns of the
 * same search under a higher limit, and is right if that search was right within L turns.
 */
function sliceOf(all: readonly Sampled[], { samples, maxTurns, seed, failures = 'wrong' }: SummaryOptions): Slice {
  const made = all.flatMap((problem) => problem.outcomes)
  const problems = countedProblems(all, failures)
  const outcomes = problems.flatMap((problem) => problem.outcomes)
  const clusters = clustersOf(problems)
  const scored = outcomes.filter(({ end }) => end !== 'failed')
  const meanTurns = (limit: number): number =>
    scored.reduce((sum, { turns }) => sum + Math.min(turns, limit), 0) / Math.max(1, scored.length)
  // A search right at a limit is right at higher ones, so equal sums mean equal searches.
  const estimates = new Map<number, Estimate>()
  const scoreAt = (limit: number): LimitScore => {
    const creditAt = (outcome: Outcome): number => (outcome.turns <= limit ? creditOf(outcome) : 0)
    const total = outcomes.reduce((credits, outcome) => credits + creditAt(outcome), 0)
    const estimate =
      estimates.get(total) ??
      bootstrapMean(
        clusters.map((cluster) => cluster.map((problem) => mean(problem.outcomes.map(creditAt)))),
        seed,
      )
    estimates.set(total, estimate)
    const { mean: avgAtK, low, high } = estimate
    const overTurn = share(outcomes, ({ end, turns }) => end !== 'failed' && (turns > limit || end === 'over-turn'))
    return { limit, avgAtK, low, high, meanTurns: meanTurns(limit), overTurn }
  }
  const everyTurnLimit = Array.from({ length: maxTurns }, (_, index) => scoreAt(index + 1))
  const { avgAtK, low, high } = lastOf(everyTurnLimit)
  return {
    problems: problems.length,
    samples,
    avgAtK,
    low,
    high,
    ends: recordOf(ends, (end) => share(made, (own) => own.end === end)),
    beyondLimit: share(outcomes, ({ beyondLimit }) => beyondLimit),
    meanTurns: meanTurns(maxTurns),
    byTurnLimit: everyTurnLimit.filter(({ limit }) => limit === maxTurns || turnLimits.includes(limit)),
    everyTurnLimit,
  }
}

function share(outcomes: readonly Outcome[], test: (outcome: Outcome) => boolean): number {
  return howMany(outcomes, test) / Math.max(1, outcomes.length)
}

/** Counts causes for all searches and per level, for problems with known targets. */
export function countCauses(outcomes: readonly Outcome[]): CauseCounts[] {
  const known = outcomes.filter(({ seen }) => seen !== undefined)
  const slices = ['all', ...levels.filter((level) => known.some((outcome) => outcome.level === level))] as const
  return slices.map((slice) => {
    const own = known.filter(({ level }) => slice === 'all' || level === slice)
    const count = (test: (outcome: Outcome) => boolean): number => howMany(own, test)
    return {
      slice,
      searches: own.length,
      seen: count(({ seen }) => seen === true),
      correct: count(({ correct }) => correct),
      byCause: recordOf(causes, (cause) => count((own) => own.cause === cause)),
    }
  })
}
