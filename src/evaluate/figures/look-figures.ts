/** For problems with known targets: how often, when and how large targets were found, and how many looks were wasted. Pure. */
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import type { Outcome } from './outcome.ts'

/** Figures of one level or of all; shares are fractions. */
export interface LookFigures {
  readonly slice: Level | 'all'
  readonly searches: number
  /** Share of searches with every target in a crop. */
  readonly found: number
  /** Mean share of targets in a crop; differs from `found` if problems have several targets. */
  readonly targetsFound: number
  /** Mean turn at which the last target was found, over searches that found all; null if there are none. */
  readonly turn: number | null
  /** For these, the geometric mean of the magnification of those crops over the overview. */
  readonly zoom: number | null
  /** Mean number of crops per search. */
  readonly looks: number
  /** Share of crops that repeat a region (intersection over union of at least 0.8). */
  readonly wasted: number
  /** Share of searches that were not right although the target was shown legibly, and of those where it was not. */
  readonly foundButMisread: number
  readonly neverFound: number
}

/** Empty if no target is known. Failed and unjudged searches are ignored. */
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
