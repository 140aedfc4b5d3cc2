/** What K searches for each problem say beyond their mean: pass@K, majority@K, how evenly problems are solved, spread. Pure. */
import type { Aggregate, ScoredItem } from '../../benchmark/aggregate.ts'
import type { Slices } from '../../benchmark/entry.ts'
import { mean } from '../../shared/numbers.ts'
import { itemAt } from '../../shared/known.ts'
import type { Outcome } from './outcome.ts'

/** A problem with the outcomes of its K searches, in their order. */
export interface ScoredProblem {
  /** `<data source>/<doc id>`. */
  readonly name: string
  readonly slices: Slices
  readonly outcomes: readonly Outcome[]
}

export interface Sampling {
  /** Share of problems of which one search or more was right. */
  readonly passAtK: number
  /** See `majorityRule`. */
  readonly majorityAtK: number
  /** Problems by how many of their K searches were right: none, one, ..., all K. */
  readonly solved: readonly number[]
  /** The main score of each of the K runs over all problems. */
  readonly runs: readonly number[]
  /** Standard deviation over these (n - 1); null: there is only one. */
  readonly runsSd: number | null
}

export const majorityRule =
  'the answer of most searches counts (the same letter, or the same words but for case and blanks; searches without an ' +
  'answer do not vote); of answers with equally many, the share that is right'

export function scoredItem({ slices, outcomes }: ScoredProblem): ScoredItem {
  return { slices, correct: outcomes.map(({ correct }) => correct) }
}

/** Of at least one problem; all have the same number of searches. */
export function samplingOf(problems: readonly ScoredProblem[], aggregate: Aggregate): Sampling {
  const items = problems.map(scoredItem)
  const samples = items[0]?.correct.length ?? 0
  const right = items.map(({ correct }) => correct.filter(Boolean).length)
  const runs = Array.from({ length: samples }, (_, sample) => {
    const own = items.map(({ slices, correct }) => ({ slices, correct: [correct[sample] === true] }))
    return itemAt(aggregate.scores(own), 0).score
  })
  return {
    passAtK: mean(right.map((count) => (count > 0 ? 1 : 0))),
    majorityAtK: mean(problems.map(({ outcomes }) => majority(outcomes))),
    solved: Array.from({ length: samples + 1 }, (_, count) => right.filter((own) => own === count).length),
    runs,
    runsSd: samples < 2 ? null : standardDeviation(runs),
  }
}

/** 1: the majority is right; 0: it is wrong, or nobody votes; between: a tie. */
export function majority(outcomes: readonly Outcome[]): number {
  const votes = new Map<string, { count: number; correct: boolean }>()
  for (const { vote, correct } of outcomes) {
    if (vote === undefined) continue
    // A judge may waver over the same words; its first verdict on them counts.
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
