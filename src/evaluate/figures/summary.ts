/**
 * The figures of an evaluation: Avg@K with its interval, how searches ended, and accuracy at every turn limit, over all
 * problems and for each level. The shape of `EvalSummary` is what `mini-o3 eval --json` prints, and is fixed. Pure.
 */
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import { ends } from '../../protocol/trajectory.ts'
import type { End } from '../../protocol/trajectory.ts'
import { lastOf } from '../../shared/known.ts'
import { bootstrapMean } from './bootstrap.ts'
import type { Estimate } from './bootstrap.ts'
import { causes } from './outcome.ts'
import type { MissCause, Outcome } from './outcome.ts'
import { recordOf } from '../../shared/fields.ts'

export interface LimitScore {
  /** Turns that a search was allowed. */
  readonly limit: number
  readonly avgAtK: number
  readonly low: number
  readonly high: number
  /** Over the searches that did not fail, each cut off at the limit. */
  readonly meanTurns: number
  /** Share of all searches that had not come to an end within the limit. */
  readonly overTurn: number
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
  /** Share of all searches that answered beyond the limit that they met: their answers count under `official`. */
  readonly beyondLimit: number
  /** Over the searches that did not fail. */
  readonly meanTurns: number
  /** At the limits that tables show, the run's own at last. */
  readonly byTurnLimit: readonly LimitScore[]
  /** At each limit from 1 to the run's own. */
  readonly everyTurnLimit: readonly LimitScore[]
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
  readonly byCause: Readonly<Record<MissCause, number>>
}

export interface SummaryOptions {
  readonly samples: number
  readonly maxTurns: number
  readonly seed: number
  readonly run: string
  /** What intervals over all problems draw: outcomes that stand or fall together; default: those of each problem. */
  readonly units?: readonly (readonly Outcome[])[]
}

/** The limits that tables show, below the one that was run with. */
const turnLimits = [1, 2, 4, 6, 8, 12, 16, 24, 32]

/** `outcomesByProblem`: for each problem, one outcome for each of its searches. */
export function summarise(outcomesByProblem: readonly (readonly Outcome[])[], options: SummaryOptions): EvalSummary {
  const { byTurnLimit, everyTurnLimit, ...all } = sliceOf(outcomesByProblem, options, options.units)
  const byLevel: Partial<Record<Level, Slice>> = {}
  for (const level of levels) {
    const own = outcomesByProblem.filter((outcomes) => outcomes[0]?.level === level)
    if (own.length > 0) byLevel[level] = sliceOf(own, options)
  }
  return { ...all, byLevel, byTurnLimit, everyTurnLimit, run: options.run }
}

/**
 * Accuracy at a limit needs no run of its own: a policy is not told its limit, so a search under limit L is the first L
 * turns of the same search under a higher one, and is right if that one was, in L turns or fewer.
 */
function sliceOf(
  outcomesByProblem: readonly (readonly Outcome[])[],
  options: SummaryOptions,
  units = outcomesByProblem,
): Slice {
  const { samples, maxTurns, seed } = options
  const outcomes = outcomesByProblem.flat()
  const scored = outcomes.filter(({ end }) => end !== 'failed')
  const meanTurns = (limit: number): number =>
    scored.reduce((sum, { turns }) => sum + Math.min(turns, limit), 0) / Math.max(1, scored.length)
  // What is right at a limit stays right at higher ones: the same count means the same searches.
  const estimates = new Map<number, Estimate>()
  const scoreAt = (limit: number): LimitScore => {
    const isRight = ({ correct, turns }: Outcome): boolean => correct && turns <= limit
    const count = outcomes.filter(isRight).length
    const estimate =
      estimates.get(count) ??
      bootstrapMean(
        units.map((own) => share(own, isRight)),
        seed,
      )
    estimates.set(count, estimate)
    const { low, high } = estimate
    // All problems have the same number of searches.
    const avgAtK = count / Math.max(1, outcomes.length)
    const overTurn = share(outcomes, ({ end, turns }) => end !== 'failed' && (turns > limit || end === 'over-turn'))
    return { limit, avgAtK, low, high, meanTurns: meanTurns(limit), overTurn }
  }
  const everyTurnLimit = Array.from({ length: maxTurns }, (_, index) => scoreAt(index + 1))
  const { avgAtK, low, high } = lastOf(everyTurnLimit)
  return {
    problems: outcomesByProblem.length,
    samples,
    avgAtK,
    low,
    high,
    ends: recordOf(ends, (end) => share(outcomes, (own) => own.end === end)),
    beyondLimit: share(outcomes, ({ beyondLimit }) => beyondLimit),
    meanTurns: meanTurns(maxTurns),
    byTurnLimit: everyTurnLimit.filter(({ limit }) => limit === maxTurns || turnLimits.includes(limit)),
    everyTurnLimit,
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
      byCause: recordOf(causes, (cause) => count((own) => own.cause === cause)),
    }
  })
}
