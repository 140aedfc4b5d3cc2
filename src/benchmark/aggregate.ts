/** Aggregates results of many problems with K samples each into scores; benchmarks may define their own way. Scores are fractions in 0..1. Pure. */
import { mean } from '../shared/numbers.ts'
import type { Slices } from './entry.ts'

/** A problem, and for each of its K samples whether it was right; undefined for samples that are left out. At least one is not. */
export interface ScoredItem {
  readonly slices: Slices
  readonly correct: readonly (boolean | undefined)[]
  /** What each sample adds to the score, where judges give parts of a point; default: 1 if it was right. */
  readonly credits?: readonly (number | undefined)[]
}

/** A named score over `items` problems. */
export interface NamedScore {
  readonly name: string
  readonly score: number
  readonly items: number
}

/** How a benchmark aggregates its results. */
export interface Aggregate {
  readonly name: string
  /** Description of the main score, for a table header. */
  readonly text: string
  /** All reported scores, the main one first. */
  readonly scores: (items: readonly ScoredItem[]) => NamedScore[]
}

/** The mean over all problems, and for each value of each slice. */
export const micro: Aggregate = {
  name: 'micro',
  text: 'mean over problems',
  scores: (items) => {
    const keys = [...new Set(items.flatMap(({ slices }) => Object.keys(slices)))]
    return [named('overall', items), ...keys.flatMap((key) => sliceScores(items, key))]
  },
}

/** The mean over problems of the share of right samples, or of what they add. */
export function avgAtK(items: readonly ScoredItem[]): number {
  return mean(
    items.map(({ correct, credits = correct }) => mean(credits.filter((credit) => credit !== undefined).map(Number))),
  )
}

/** One score per value of a slice, for example `category: single`. */
export function sliceScores(items: readonly ScoredItem[], key: string): NamedScore[] {
  return [...grouped(items, key)].map(([value, own]) => named(`${key}: ${value}`, own))
}

/** The mean over problems as a named score. */
export function named(name: string, items: readonly ScoredItem[]): NamedScore {
  return { name, score: avgAtK(items), items: items.length }
}

/** Groups problems by the value of a slice, in order of appearance; problems without the slice are omitted. */
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
