/** The figures of several runs in one chart each: how searches ended, training curves, and accuracy by turn limit. */
import { curveSvg, evenly, smoothed } from '../../evaluate/document/curve-svg.ts'
import type { Curve, CurvePoint } from '../../evaluate/document/curve-svg.ts'
import { learningText } from '../../evaluate/figures/learning.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { defined, itemAt, lastOf } from '../../shared/known.ts'
import { mean } from '../../shared/numbers.ts'
import type { RunCurves } from '../api/across-runs.ts'
import { endingCharts } from './endings.ts'
import type { EndingCounts } from './endings.ts'
import type { Chart, ChartLine } from './metrics.ts'

export interface RunWithCharts {
  readonly name: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly charts: readonly Chart[]
  readonly endings: readonly EndingCounts[]
}

export interface ComparedCharts extends Pick<RunCurves, 'lines'> {
  readonly charts: readonly Chart[]
}

const mostPoints = 400
const mostRows = 24
const longestName = 44

/** Runs that differ only in their seed share a line, the mean, with a band from the lowest to the highest of them. */
export function compareCurves(runs: readonly RunWithCharts[]): ComparedCharts {
  const groups = new Map<string, RunWithCharts[]>()
  for (const run of runs) {
    const { seed: _, ...others } = run.settings
    const key = canonicalJson(others)
    groups.set(key, [...(groups.get(key) ?? []), run])
  }
  const lines = [...groups.values()].map((own) => ({ name: nameOf(own), runs: own }))
  const ids = [...new Set(runs.flatMap(({ charts }) => charts.flatMap((chart) => (chart.line ? [chart.id] : []))))]
  return {
    lines: lines.map(({ name, runs: own }) => ({ name, runs: own.map((run) => run.name) })),
    charts: [
      ...endingCharts(
        lines.flatMap((line) => line.runs),
        shortened,
      ),
      ...ids.map((id) => chartOf(id, lines)),
    ],
  }
}

function nameOf(runs: readonly RunWithCharts[]): string {
  const [first = '', ...others] = runs.map(({ name }) => name)
  return others.length === 0 ? first : `${first} and ${others.length} more ${others.length === 1 ? 'seed' : 'seeds'}`
}

interface Line {
  readonly name: string
  readonly runs: readonly RunWithCharts[]
}

function chartOf(id: string, lines: readonly Line[]): Chart {
  const own = lines.map(({ name, runs }) => {
    const charts = runs.flatMap(({ charts }) => charts.filter((chart) => chart.id === id && chart.line))
    return { name, charts, points: together(charts.map((chart) => pointsOf(defined(chart.line, 'a line')))) }
  })
  const shown = own.filter(({ points }) => points.length > 0)
  const chart = itemAt(itemAt(shown, 0).charts, 0)
  const { title, table } = chart
  const { unit, axis } = defined(chart.line, 'a line')
  const [xLabel = '', yLabel = ''] = itemAt(table, 0)
  const curves: Curve[] = shown.map(({ name, points }) => ({ name: shortened(name), points }))
  const xs = [...new Set(shown.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted((a, b) => a - b)
  const cells = (x: number): string[] =>
    shown.map(({ points }) => {
      const at = points.find((point) => point.x === x)
      return at === undefined ? '' : learningText(at.y, unit)
    })
  const ends = shown.map(({ name, points }) => `${name} ${learningText(lastOf(points).y, unit)} at ${lastOf(points).x}`)
  return {
    id,
    title,
    summary: `${title} of ${shown.length} ${shown.length === 1 ? 'line' : 'lines'}, at last: ${ends.join(', ')}.`,
    table: [[xLabel, ...shown.map(({ name }) => name)], ...evenly(xs, mostRows).map((x) => [String(x), ...cells(x)])],
    draw: (size) => curveSvg(curves, { title, xLabel, yLabel: yLabel.replace(/, %$/, '') }, { x: axis, y: unit }, size),
  }
}

/** Points of an evaluation have their intervals; those of training are smoothed. */
function pointsOf({ points, axis }: ChartLine): readonly CurvePoint[] {
  return axis === 'doubling' ? points : smoothed(points, mostPoints)
}

/** The mean of several curves where more than one of them, or the only one, has a point. */
function together(curves: readonly (readonly CurvePoint[])[]): readonly CurvePoint[] {
  const [only] = curves
  if (curves.length <= 1) return only ?? []
  const byX = new Map<number, CurvePoint[]>()
  for (const point of curves.flat()) byX.set(point.x, [...(byX.get(point.x) ?? []), point])
  return [...byX]
    .filter(([, points]) => points.length === curves.length)
    .toSorted(([a], [b]) => a - b)
    .map(([x, points]) => {
      const ys = points.map(({ y }) => y)
      return { x, y: mean(ys), low: Math.min(...ys), high: Math.max(...ys) }
    })
}

function shortened(name: string): string {
  return name.length <= longestName ? name : `…${name.slice(1 - longestName)}`
}
