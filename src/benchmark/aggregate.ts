/** Benchmarks' own ways of making one score of many problems, for K samples each. Scores are fractions in 0..1. Pure. */
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

export type Aggregate = 'micro' | 'cycles' | 'mme'

/** All scores that a benchmark reports, its main one first. */
export function benchmarkScores(aggregate: Aggregate, items: readonly ScoredItem[]): NamedScore[] {
  if (aggregate === 'cycles') return cycleScores(items)
  if (aggregate === 'mme') return mmeScores(items)
  const keys = [...new Set(items.flatMap(({ slices }) => Object.keys(slices)))]
  return [named('overall', items), ...keys.flatMap((key) => sliceScores(items, key))]
}

/** The mean over problems of the share of their samples that is right. */
export function avgAtK(items: readonly ScoredItem[]): number {
  return mean(items.map(({ correct }) => mean(correct.map(Number))))
}

/** A score for each value of a slice, such as `category: single`. */
export function sliceScores(items: readonly ScoredItem[], key: string): NamedScore[] {
  return [...grouped(items, key)].map(([value, own]) => named(`${key}: ${value}`, own))
}

/**
 * HR-Bench (reference 4.2): accuracy within each cycle, then the mean over all cycles, where a category that is missing in one
 * has 0, as in the benchmark's own script; the same for each category. `strict
 * circular` asks that one sample is right in all presentations of a question.
 */
export function cycleScores(items: readonly ScoredItem[]): NamedScore[] {
  const cycles = [...grouped(items, 'cycle').keys()]
  const overCycles = (own: readonly ScoredItem[]): number => {
    const inCycles = grouped(own, 'cycle')
    return mean(cycles.map((cycle) => avgAtK(inCycles.get(cycle) ?? [])))
  }
  const score = (name: string, own: readonly ScoredItem[]): NamedScore => ({
    name,
    score: overCycles(own),
    items: own.length,
  })
  const questions = [...grouped(items, 'question').values()]
  const strict = questions.map((rows) => {
    const samples = Math.min(...rows.map(({ correct }) => correct.length))
    return mean(Array.from({ length: samples }, (_, sample) => Number(rows.every(({ correct }) => correct[sample]))))
  })
  return [
    score('overall', items),
    ...[...grouped(items, 'category')].map(([category, own]) => score(`category: ${category}`, own)),
    ...sliceScores(items, 'cycle'),
    { name: 'strict circular', score: mean(strict), items: questions.length },
  ]
}

/**
 * MME-RealWorld (reference 4.5): `avg` is over problems, `avg-c` the plain mean over subtasks; both over all and for each
 * task, then each subtask of a task and each category of a subtask.
 */
export function mmeScores(items: readonly ScoredItem[]): NamedScore[] {
  const subtasks = (own: readonly ScoredItem[]): (readonly ScoredItem[])[] =>
    [...grouped(own, 'task').values()].flatMap((inTask) => [...grouped(inTask, 'subtask').values()])
  const averages = (name: string, own: readonly ScoredItem[]): NamedScore[] => [
    named(`${name}avg`, own),
    { name: `${name}avg-c`, score: mean(subtasks(own).map(avgAtK)), items: own.length },
  ]
  const inTasks = [...grouped(items, 'task')].flatMap(([task, inTask]) => [
    ...averages(`${task}: `, inTask),
    ...[...grouped(inTask, 'subtask')].flatMap(([subtask, own]) => [
      named(`${task} / ${subtask}`, own),
      ...[...grouped(own, 'category')].map(([category, rows]) => named(`${task} / ${subtask} / ${category}`, rows)),
    ]),
  ])
  return [...averages('', items), ...inTasks]
}

function named(name: string, items: readonly ScoredItem[]): NamedScore {
  return { name, score: avgAtK(items), items: items.length }
}

/** Problems by the value of a slice, in the order in which values appear; those without it are left out. */
function grouped(items: readonly ScoredItem[], key: string): Map<string, ScoredItem[]> {
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
