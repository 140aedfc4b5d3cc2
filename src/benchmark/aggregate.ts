/** Ways of making one score of many problems, for K samples each; benchmarks have their own. Scores are fractions in 0..1. Pure. */
import { mean } from '../shared/numbers.ts'
import type { Slices } from './entry.ts'

/** A problem and whether each of its K samples was right. */
export interface ScoredItem {
  readonly slices: Slices
  readonly correct: readonly boolean[]
}

/** A named score; `items` is the number of problems behind it. */
export interface NamedScore {
  readonly name: string
  readonly score: number
  readonly items: number
}

/** How a benchmark makes its scores of many problems. */
export interface Aggregate {
  readonly name: string
  /** What its main score is, for the head of a table. */
  readonly text: string
  /** All scores that are reported, the main one first. */
  readonly scores: (items: readonly ScoredItem[]) => NamedScore[]
}

/** The mean over problems, over all and for each value of each slice. */
export const micro: Aggregate = {
  name: 'micro',
  text: 'mean over problems',
  scores: (items) => {
    const keys = [...new Set(items.flatMap(({ slices }) => Object.keys(slices)))]
    return [named('overall', items), ...keys.flatMap((key) => sliceScores(items, key))]
  },
}

/** The mean over problems of the share of their samples that is right. */
export function avgAtK(items: readonly ScoredItem[]): number {
  return mean(items.map(({ correct }) => mean(correct.map(Number))))
}

/** A score for each value of a slice, such as `category: single`. */
export function sliceScores(items: readonly ScoredItem[], key: string): NamedScore[] {
  return [...grouped(items, key)].map(([value, own]) => named(`${key}: ${value}`, own))
}

/** The mean over problems, under a name. */
export function named(name: string, items: readonly ScoredItem[]): NamedScore {
  return { name, score: avgAtK(items), items: items.length }
}

/** Problems by the value of a slice, in the order in which values appear; those without it are left out. */
export function grouped(items: readonly ScoredItem[], key: string): Map<string, ScoredItem[]> {
  const groups = new Map<string, ScoredItem[]>()
  for (const item of items) {
    const value = item.slices[key]
    if (value === undefined) continue
    const group = groups.get(value)
    if (group) group.push(item)
    else groups.set(value, [item])
  }
  return groups
}
