/** Computes all figures of an evaluation from the outcomes of its searches, as printed by `mini-o3 eval --json`. Pure. */
import type { Aggregate, NamedScore } from '../../benchmark/aggregate.ts'
import { addSpent, nothingSpent } from '../../protocol/price.ts'
import type { SpentTokens } from '../../protocol/price.ts'
import { clustersOf, unitKindOf } from './clusters.ts'
import type { UnitKind } from './clusters.ts'
import { countedProblems, failureCounts } from './failures.ts'
import type { FailureCounts } from './failures.ts'
import { lookFigures } from './look-figures.ts'
import type { LookFigures } from './look-figures.ts'
import { reasonCounter } from '../../protocol/reason-count.ts'
import type { ReasonCount } from '../../protocol/reason-count.ts'
import type { SkippedProblem } from '../../runs/searches.ts'
import { measuredSpread } from './power.ts'
import type { Spread } from './power.ts'
import { searchNameOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { samplingOf, scoredItem } from './sampling.ts'
import type { Sampling, ScoredProblem } from './sampling.ts'
import { howMany } from '../../shared/numbers.ts'
import { countCauses, summarise } from './summary.ts'
import type { CauseCounts, EvalSummary, SummaryOptions } from './summary.ts'

export interface EvalReport {
  readonly summary: EvalSummary
  /** Scores by the benchmark's rule, the main one first. */
  readonly scores: readonly NamedScore[]
  /** 95 % bootstrap interval of the main score. */
  readonly interval: Interval
  readonly sampling: Sampling
  /** Variances that determine how large a difference to another run can be shown. */
  readonly spread: Spread
  readonly failures: FailureCounts
  /** Number of verdicts that were corrected by hand. */
  readonly corrected: number
  /** Mean tokens per search, over searches that did not fail. */
  readonly tokens: Tokens
  /** Tokens of the policy in all searches that did not fail, as billed. */
  readonly spent: SpentTokens
  readonly solved: readonly SolvedProblem[]
  /** Reasons of failed, unanswered and doubtful searches, most frequent first. */
  readonly reasons: readonly ReasonCount[]
  /** Problems skipped because their pictures are too narrow for the profile. */
  readonly skipped: readonly SkippedProblem[]
  readonly causes: readonly CauseCounts[]
  /** Empty if no target is known. */
  readonly looks: readonly LookFigures[]
}

export interface SolvedProblem extends Pick<ScoredProblem, 'name' | 'slices'> {
  /** Number of right searches out of `searches`. */
  readonly right: number
  readonly searches: number
  /** Number of verdicts corrected by hand. */
  readonly corrected: number
  readonly meanTurns: number
}

interface Interval {
  readonly low: number
  readonly high: number
  /** What was resampled; problems that share a picture, or are forms of one question, are one unit. */
  readonly over: UnitKind
  readonly units: number
}

interface Tokens {
  /** Tokens new in each turn, without the preceding conversation. */
  readonly prompt: number
  /** For models behind a server an estimate with the grid of Qwen2.5-VL, since servers do not report it. */
  readonly image: number
  readonly reply: number
}

export interface ReportOptions extends SummaryOptions {
  readonly aggregate: Aggregate
  /** Default: none. */
  readonly skipped?: readonly SkippedProblem[]
}

export function reportOf(problems: readonly ScoredProblem[], options: ReportOptions): EvalReport {
  const { aggregate, skipped = [], failures = 'wrong' } = options
  const outcomes = problems.flatMap((problem) => problem.outcomes)
  const counted = countedProblems(problems, failures)
  const summary = summarise(problems, options)
  const { low, high } = summary
  const units = clustersOf(counted).length
  const items = counted.map((problem) => scoredItem(problem))
  return {
    summary,
    scores: aggregate.scores(items),
    interval: { low, high, over: unitKindOf(counted, units), units },
    sampling: samplingOf(problems, aggregate, failures),
    spread: measuredSpread(counted),
    failures: failureCounts(problems, failures),
    corrected: howMany(outcomes, isCorrected),
    tokens: tokensOf(problems),
    spent: outcomes
      .filter(({ end }) => end !== 'failed')
      .reduce((sum, outcome) => addSpent(sum, outcome.spent), nothingSpent),
    solved: counted.map(solvedProblem),
    reasons: reasonsOf(outcomes),
    skipped,
    causes: countCauses(outcomes),
    looks: lookFigures(outcomes),
  }
}

/** The reasons of failed, unanswered and doubtful searches, most frequent first. */
function reasonsOf(outcomes: readonly Outcome[]): ReasonCount[] {
  const counter = reasonCounter()
  for (const outcome of outcomes) if (outcome.reason) counter.add(outcome.reason, () => searchNameOf(outcome))
  return counter.counts()
}

function solvedProblem({ name, slices, outcomes }: ScoredProblem): SolvedProblem {
  const searches = outcomes.length
  const right = outcomes.filter(({ correct }) => correct).length
  const corrected = howMany(outcomes, isCorrected)
  return {
    name,
    slices,
    right,
    searches,
    corrected,
    meanTurns: outcomes.reduce((sum, { turns }) => sum + turns, 0) / searches,
  }
}

function isCorrected({ corrected }: Outcome): boolean {
  return corrected === true
}

function tokensOf(problems: readonly ScoredProblem[]): Tokens {
  const searches = problems.flatMap(({ outcomes }) => outcomes.filter(({ end }) => end !== 'failed'))
  const meanOf = (count: (usage: (typeof searches)[number]['usage']) => number): number =>
    searches.reduce((sum, { usage }) => sum + count(usage), 0) / Math.max(1, searches.length)
  return {
    prompt: meanOf(({ promptTokens }) => promptTokens),
    image: meanOf(({ imageTokens }) => imageTokens),
    reply: meanOf(({ replyTokens }) => replyTokens),
  }
}
