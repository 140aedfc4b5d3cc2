/**
 * The figures of an evaluation: Avg@K with its interval, how searches ended, and accuracy at every turn limit, over all
 * problems and for each level. The shape of `EvalSummary` is what `mini-o3 eval --json` prints, and is fixed. Pure.
 */
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { ends } from '../protocol/trajectory.ts'
import type { End } from '../protocol/trajectory.ts'
import { bootstrapMean } from './bootstrap.ts'
import { causes } from './outcome.ts'
import type { Cause, Outcome } from './outcome.ts'

export interface LimitScore {
  /** Turns that a search was allowed. */
  readonly limit: number
  readonly avgAtK: number
  readonly low: number
  readonly high: number
}

/** Figures over a set of problems; scores and shares are fractions in 0..1. */
export interface Slice {
  readonly problems: number
  /** Searches a problem, the K of Avg@K. */
  readonly samples: number
  /** The mean over problems of the share of right searches. A failed search counts as not right until it is redone. */
  readonly avgAtK: number
  readonly low: number
  readonly high: number
  readonly ends: Readonly<Record<End, number>>
  /** Over the searches that did not fail. */
  readonly meanTurns: number
  readonly byTurnLimit: readonly LimitScore[]
}

export interface EvalSummary extends Slice {
  readonly byLevel: Readonly<Partial<Record<Level, Slice>>>
  /** The run's folder. */
  readonly run: string
}

/** For one level or all: how many searches, in how many the target was shown legibly, and how many went wrong how. */
export interface CauseCounts {
  readonly slice: Level | 'all'
  readonly searches: number
  readonly seen: number
  readonly correct: number
  readonly byCause: Readonly<Record<Cause, number>>
}

export interface SummaryOptions {
  readonly samples: number
  readonly maxTurns: number
  readonly seed: number
  readonly run: string
}

/** The limits at which accuracy is reported, below the one that was run with. */
const turnLimits = [1, 2, 4, 6, 8, 12, 16, 24, 32]

/** `outcomesByProblem`: for each problem, one outcome for each of its searches. */
export function summarise(outcomesByProblem: readonly (readonly Outcome[])[], options: SummaryOptions): EvalSummary {
  const { byTurnLimit, ...all } = sliceOf(outcomesByProblem, options)
  const byLevel: Partial<Record<Level, Slice>> = {}
  for (const level of levels) {
    const own = outcomesByProblem.filter((outcomes) => outcomes[0]?.level === level)
    if (own.length > 0) byLevel[level] = sliceOf(own, options)
  }
  return { ...all, byLevel, byTurnLimit, run: options.run }
}

/**
 * Accuracy at a limit needs no run of its own: a policy is not told its limit, so a search under limit L is the first L
 * turns of the same search under a higher one, and is right if that one was, in L turns or fewer.
 */
function sliceOf(outcomesByProblem: readonly (readonly Outcome[])[], options: SummaryOptions): Slice {
  const { samples, maxTurns, seed } = options
  const outcomes = outcomesByProblem.flat()
  const scored = outcomes.filter(({ end }) => end !== 'failed')
  const scoreAt = (limit: number): LimitScore => {
    const shares = outcomesByProblem.map((own) => share(own, ({ correct, turns }) => correct && turns <= limit))
    const { mean, low, high } = bootstrapMean(shares, seed)
    return { limit, avgAtK: mean, low, high }
  }
  const byTurnLimit = [...turnLimits.filter((limit) => limit < maxTurns), maxTurns].map(scoreAt)
  const { avgAtK, low, high } = byTurnLimit.at(-1)!
  return {
    problems: outcomesByProblem.length,
    samples,
    avgAtK,
    low,
    high,
    ends: Object.fromEntries(ends.map((end) => [end, share(outcomes, (own) => own.end === end)])) as Record<
      End,
      number
    >,
    meanTurns: scored.reduce((sum, { turns }) => sum + turns, 0) / Math.max(1, scored.length),
    byTurnLimit,
  }
}

function share(outcomes: readonly Outcome[], test: (outcome: Outcome) => boolean): number {
  return outcomes.filter(test).length / Math.max(1, outcomes.length)
}

/** What limits the policy: counts for all searches and for each level, of problems whose target's place is known. */
export function countCauses(outcomes: readonly Outcome[]): CauseCounts[] {
  const known = outcomes.filter(({ seen }) => seen !== undefined)
  const slices = ['all', ...levels.filter((level) => known.some((outcome) => outcome.level === level))] as const
  return slices.map((slice) => {
    const own = known.filter(({ level }) => slice === 'all' || level === slice)
    const count = (test: (outcome: Outcome) => boolean): number => own.filter(test).length
    return {
      slice,
      searches: own.length,
      seen: count(({ seen }) => seen === true),
      correct: count(({ correct }) => correct),
      byCause: Object.fromEntries(causes.map((cause) => [cause, count((own) => own.cause === cause)])) as Record<
        Cause,
        number
      >,
    }
  })
}
