/** Where the places of targets are known: how often, when and how large they were found, and how many looks were wasted. Pure. */
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import type { Outcome } from './outcome.ts'

/** For one level or all; shares are fractions. */
export interface LookFigures {
  readonly slice: Level | 'all'
  readonly searches: number
  /** Share of searches whose crops held every target. */
  readonly found: number
  /** Share of the targets that a crop held, on average over searches: more than `found` where a problem has several. */
  readonly targetsFound: number
  /** Of the searches that found all, the turn that found the last, on average; null: there are none. */
  readonly turn: number | null
  /** Of these, how many times longer a line is in those crops' views than in the overview, as geometric mean. */
  readonly zoom: number | null
  /** Crops of a search, on average. */
  readonly looks: number
  /** Share of all crops that repeat a region (intersection over union of 0.8 or more). */
  readonly wasted: number
  /** Share of searches that were not right though the target had been shown legibly, and without that. */
  readonly foundButMisread: number
  readonly neverFound: number
}

/** None where no target's place is known. Searches that failed, or wait for a verdict, say nothing. */
export function lookFigures(outcomes: readonly Outcome[]): LookFigures[] {
  const known = outcomes.filter(({ seen, end, judged }) => seen !== undefined && end !== 'failed' && judged)
  if (known.length === 0) return []
  const slices = ['all', ...levels.filter((level) => known.some((outcome) => outcome.level === level))] as const
  return slices.map((slice) => {
    const own = known.filter(({ level }) => slice === 'all' || level === slice)
    const share = (test: (outcome: Outcome) => boolean): number => own.filter(test).length / own.length
    const found = own.flatMap((outcome) => outcome.found ?? [])
    const looks = own.reduce((sum, outcome) => sum + outcome.looks, 0)
    const logs = mean(found.map(({ zoom }) => Math.log(zoom)))
    return {
      slice,
      searches: own.length,
      found: found.length / own.length,
      targetsFound: own.reduce((sum, { foundShare = 0 }) => sum + foundShare, 0) / own.length,
      turn: mean(found.map(({ turn }) => turn)),
      zoom: logs === null ? null : Math.exp(logs),
      looks: looks / own.length,
      wasted: own.reduce((sum, { wasted }) => sum + wasted, 0) / Math.max(1, looks),
      foundButMisread: share(({ correct, seen }) => !correct && seen === true),
      neverFound: share(({ correct, seen }) => !correct && seen === false),
    }
  })
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
