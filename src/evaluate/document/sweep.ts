/** Sweeps: evaluations that differ only in pixel budget or option order. Pure. */
import { levels } from '../../protocol/problem.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { defined, itemAt, lastOf } from '../../shared/known.ts'
import { money } from '../../protocol/price.ts'
import { limitCurve } from './curve-svg.ts'
import type { Axes, ChartWords, Curve } from './curve-svg.ts'
import type { MeasuredRun } from './paper-table.ts'
import type { EvalConfig } from '../protocol.ts'
import type { Table } from './table.ts'
import { percent } from '../../shared/numbers.ts'

/** Runs that differ in nothing else, ordered by that setting. */
export interface Sweep {
  readonly over: 'pixels' | 'options'
  readonly runs: readonly MeasuredRun[]
}

/** Finds sweeps of at least two runs. A run may be part of one sweep of each kind. */
export function sweepsOf(runs: readonly MeasuredRun[]): Sweep[] {
  const bounded = runs.filter(({ config }) => config.pixels !== undefined)
  const byPixels = grouped(
    bounded.toSorted((a, b) => mostPixels(a) - mostPixels(b)),
    (config) => ({ ...config, pixels: config.pixels?.profile, profile: undefined, protocol: undefined }),
  )
  const ordered = runs.filter(({ config }) => config.optionOrder !== undefined)
  const byOptions = grouped(ordered, (config) => ({ ...config, optionOrder: undefined }))
  return [
    ...byPixels.map((own) => ({ over: 'pixels' as const, runs: own })),
    ...byOptions.map((own) => ({ over: 'options' as const, runs: own })),
  ].filter((sweep) => new Set(sweep.runs.map(({ config }) => variantName(config, sweep.over))).size > 1)
}

/** The pixel budget of a run that has one. */
function mostPixels({ config: { pixels } }: Pick<MeasuredRun, 'config'>): number {
  return defined(pixels, 'the bound').max
}

/** Groups runs with equal settings in `rest`. Paths of the data, servers and view sizes may differ. */
function grouped(runs: readonly MeasuredRun[], rest: (config: EvalConfig) => object): MeasuredRun[][] {
  const groups = new Map<string, MeasuredRun[]>()
  for (const run of runs) {
    const { data: _data, problems: _problems, baseUrl: _server, viewSide: _side, ...settings } = run.config
    const key = canonicalJson(rest(settings))
    const group = groups.get(key)
    if (group) group.push(run)
    else groups.set(key, [run])
  }
  return [...groups.values()]
}

/** For example `500,000 px` or `options shuffled`. */
function variantName(config: EvalConfig, over: Sweep['over']): string {
  return over === 'options' ? `options ${config.optionOrder}` : `${mostPixels({ config }).toLocaleString('en')} px`
}

const columnNames = { pixels: 'pixel budget', options: 'option order' } as const

export function sweepTable({ over, runs }: Sweep): Table {
  const priced = runs.some(({ cost }) => cost?.perSearch !== undefined)
  return {
    head: [
      columnNames[over],
      'views',
      'score in %',
      '95 % interval',
      'mean turns',
      'ran out of turns, %',
      'input tokens per search',
      ...(priced ? ['cost per search'] : []),
    ],
    rows: runs.map(({ config, scores, interval, summary, tokens, cost }) => [
      variantName(config, over),
      config.protocol?.views ?? '',
      percent(itemAt(scores, 0).score),
      `${percent(interval.low)}-${percent(interval.high)}`,
      summary.meanTurns.toFixed(1),
      percent(lastOf(summary.everyTurnLimit).overTurn),
      Math.round(tokens.prompt).toLocaleString('en'),
      ...(priced ? [cost?.perSearch === undefined ? '' : money(cost.perSearch)] : []),
    ]),
  }
}

/** A chart of a sweep: accuracy by pixels, or by turns with one curve per budget or order. */
export interface SweepChart {
  readonly file: string
  readonly curves: readonly Curve[]
  readonly words: ChartWords
  readonly axes: Axes
}

export function sweepCharts({ over, runs }: Sweep): SweepChart[] {
  const policy = itemAt(runs, 0).config.policy ?? 'the policy'
  const axes = { x: 'doubling', y: 'share' } as const
  const byTurns: SweepChart = {
    file: 'turns.svg',
    curves: runs.map(({ config, summary }) => limitCurve(variantName(config, over), summary)),
    words: { title: `Accuracy of ${policy} by turn limit`, xLabel: 'turn limit', yLabel: 'accuracy' },
    axes,
  }
  if (over === 'options') return [byTurns]
  const words = {
    title: `Accuracy of ${policy} by pixel budget`,
    xLabel: columnNames.pixels,
    yLabel: `accuracy at ${itemAt(runs, 0).config.maxTurns} turns`,
  }
  return [{ file: 'pixels.svg', curves: pixelCurves(runs), words, axes }, byTurns]
}

/** One curve per level, and one for all. */
function pixelCurves(runs: readonly MeasuredRun[]): Curve[] {
  const curve = (name: string, points: Curve['points']): Curve[] => (points.length > 0 ? [{ name, points }] : [])
  const byLevel = levels.flatMap((level) =>
    curve(
      level,
      runs.flatMap(({ config, summary }) => {
        const slice = summary.byLevel[level]
        return slice ? [{ x: mostPixels({ config }), y: slice.avgAtK, low: slice.low, high: slice.high }] : []
      }),
    ),
  )
  const all = runs.map(({ config, scores, interval }) => ({
    x: mostPixels({ config }),
    y: itemAt(scores, 0).score,
    low: interval.low,
    high: interval.high,
  }))
  return [...(byLevel.length > 1 ? byLevel : []), ...curve('all', all)]
}
