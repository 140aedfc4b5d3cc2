/** Figures over K searches per problem besides their mean: pass@K, majority@K, distribution of solve rates, spread over runs. Pure. */
import type { Aggregate, ScoredItem } from '../../benchmark/aggregate.ts'
import type { Slices } from '../../benchmark/entry.ts'
import { mean } from '../../shared/numbers.ts'
import { itemAt } from '../../shared/known.ts'
import { countedProblems } from './failures.ts'
import type { FailureRule } from './failures.ts'
import { creditOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** A problem with the outcomes of its K searches, in order. */
export interface ScoredProblem {
  /** `<data source>/<doc id>`. */
  readonly name: string
  readonly slices: Slices
  readonly outcomes: readonly Outcome[]
}

export interface Sampling {
  /** Share of problems with at least one right search. */
  readonly passAtK: number
  /** See `majorityRule`. */
  readonly majorityAtK: number
  /** Number of problems by number of right searches, 0 to K. */
  readonly solved: readonly number[]
  /** The main score of each of the K runs; a run without a search that counts has none. */
  readonly runs: readonly number[]
  /** Sample standard deviation of these; null if there is only one. */
  readonly runsSd: number | null
}

export const majorityRule =
  'the most frequent answer counts (answers are equal if they have the same letter, or differ only in case and whitespace; searches without an ' +
  'answer do not vote); in a tie, the share of right answers'

/** In the order of samples; undefined stands for those that are left out. */
export function scoredItem({ slices, outcomes }: Omit<ScoredProblem, 'name'>): ScoredItem {
  const bySample = new Map(outcomes.map((outcome) => [outcome.sample, outcome]))
  const samples = Array.from({ length: 1 + Math.max(...bySample.keys()) }, (_, sample) => bySample.get(sample))
  return {
    slices,
    correct: samples.map((outcome) => outcome?.correct),
    credits: samples.map((outcome) => outcome && creditOf(outcome)),
  }
}

/** Needs at least one problem; without a filter all have the same number of searches. */
export function samplingOf(all: readonly ScoredProblem[], aggregate: Aggregate, rule: FailureRule): Sampling {
  const samples = all.reduce((most, { outcomes }) => Math.max(most, outcomes.length), 0)
  const numbers = all.flatMap(({ outcomes }) => outcomes).reduce((most, { sample }) => Math.max(most, sample + 1), 0)
  const problems = countedProblems(all, rule)
  const right = problems.map(({ outcomes }) => outcomes.filter(({ correct }) => correct).length)
  const runs = Array.from({ length: numbers }, (_, sample) => {
    const own = problems.flatMap(({ slices, outcomes }): ScoredItem[] => {
      const outcome = outcomes.find((one) => one.sample === sample)
      return outcome === undefined ? [] : [scoredItem({ slices, outcomes: [outcome] })]
    })
    return own.length === 0 ? [] : [itemAt(aggregate.scores(own), 0).score]
  }).flat()
  return {
    passAtK: mean(right.map((count) => (count > 0 ? 1 : 0))),
    majorityAtK: mean(problems.map(({ outcomes }) => majority(outcomes))),
    solved: Array.from({ length: samples + 1 }, (_, count) => right.filter((own) => own === count).length),
    runs,
    runsSd: runs.length < 2 ? null : standardDeviation(runs),
  }
}

/** 1 if the majority is right, 0 if it is wrong or there are no votes, in between for a tie. */
export function majority(outcomes: readonly Outcome[]): number {
  const votes = new Map<string, { count: number; correct: boolean }>()
  for (const { vote, correct } of outcomes) {
    if (vote === undefined) continue
    // A judge may be inconsistent for the same answer; its first verdict counts.
    const known = votes.get(vote)
    if (known === undefined) votes.set(vote, { count: 1, correct })
    else known.count++
  }
  const most = Math.max(0, ...[...votes.values()].map(({ count }) => count))
  return mean([...votes.values()].filter(({ count }) => count === most).map(({ correct }) => (correct ? 1 : 0)))
}

function standardDeviation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}
