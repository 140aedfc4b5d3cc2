/** The metrics of a training run, as curves and as figures of its last step. Unknown lines are skipped. */
import { z } from 'zod'
import { curveSvg, evenly, smoothed } from '../../evaluate/document/curve-svg.ts'
import type { Axes, ChartSize, CurvePoint } from '../../evaluate/document/curve-svg.ts'
import { learningFigures, learningText } from '../../evaluate/figures/learning.ts'
import type { LearningFigure } from '../../evaluate/figures/learning.ts'
import { endWords } from '../../page/step.ts'
import { ends } from '../../protocol/trajectory.ts'
import type { End } from '../../protocol/trajectory.ts'
import type { ChartRow, RunFigures } from '../api/types.ts'
import { itemAt, lastOf } from '../../shared/known.ts'
import { logFile } from '../../runs/log.ts'
import { plainFile } from '../../runs/plain-file.ts'
import { readStages, stepLog } from '../../runs/training.ts'
import type { TrainedStage } from '../../runs/training.ts'
import { percent } from '../../shared/numbers.ts'

export interface Chart extends Omit<ChartRow, 'svg'> {
  /** As SVG. */
  readonly draw: (size?: ChartSize) => string
  /** The line of a chart with one line, to draw it together with those of other runs. */
  readonly line?: ChartLine
}

export interface ChartLine {
  readonly points: readonly CurvePoint[]
  readonly axis: Axes['x']
  readonly unit: Axes['y']
}

/** Metrics to show if present, by their names in the log. */
const figures = [
  ['reward', 'Reward', 'share'],
  ['turns', 'Turns of a search', 'count'],
  ['maskedShare', 'Masked share', 'share'],
  ['zeroSpreadShare', 'Groups without spread', 'share'],
  ['samplingRounds', 'Sampling rounds of a step', 'count'],
  ['settledProblems', 'Problems drawn less often', 'count'],
  ['entropy', 'Entropy', 'count'],
  ['gradientNorm', 'Gradient norm', 'count'],
  ['loss', 'Loss', 'count'],
  ['recall', 'Recall of looks', 'share'],
  ['precision', 'Precision of looks', 'share'],
] as const

type Unit = (typeof figures)[number][2]

const mostPoints = 400
/** A log may name anything. */
const mostLines = 8
const mostRows = 24
/** Larger files are not read. */
const mostBytes = 128 * 1024 ** 2

/** Reads the metrics; returns none if the log is not a plain file or too large. */
export async function readMetrics(path: string): Promise<TrainedStage[]> {
  const { size = Infinity } = (await plainFile(logFile(path, stepLog))) ?? {}
  return size > mostBytes ? [] : readStages(path, 'ignore')
}

/** Figures of the stage that started last. */
export function latestFigures(
  stages: readonly TrainedStage[],
  settings: Readonly<Record<string, unknown>>,
): RunFigures['latest'] {
  const stage = stages.at(-1)
  const last = stage?.steps.at(-1)
  if (stage === undefined || last === undefined) return []
  const { steps } = settings
  const of = stage.name !== 'look' && typeof steps === 'number' ? ` of ${steps}` : ''
  return [
    { title: `Step (${stage.name})`, text: `${last.step}${of}` },
    ...figures.flatMap(([name, title, unit]) => {
      const value = numberAt(last, name)
      return value === undefined ? [] : [{ title, text: learningText(value, unit) }]
    }),
  ]
}

/** One chart per stage and figure, and one of how searches ended. */
export function stageCharts(stages: readonly TrainedStage[]): Chart[] {
  return stages.flatMap((stage) => {
    const [reward, turns, ...others] = figures.map(([name, title, unit]) => curve(stage, name, title, unit))
    const learning = learningFigures.map((figure) => learningChart(stage, figure))
    return [reward, turns, endsChart(stage), ...learning, ...others].filter((chart) => chart !== undefined)
  })
}

/** A line for each name that the figure has, such as each level. */
function learningChart({ name: stage, steps }: TrainedStage, figure: LearningFigure): Chart | undefined {
  const { id, title, unit, valuesAt } = figure
  const told = steps.map((line) => ({ step: line.step, values: valuesAt(line) }))
  const names = [...new Set(told.flatMap(({ values }) => Object.keys(values)))].slice(0, mostLines)
  const curves = names.flatMap((name) => {
    const points = told.flatMap(({ step, values }) =>
      values[name] === undefined ? [] : [{ x: step, y: values[name] }],
    )
    return points.length < 2 ? [] : [{ name, points: smoothed(points, mostPoints), last: lastOf(points).y }]
  })
  if (curves.length === 0) return undefined
  const words = { title: `${title} (${stage})`, xLabel: 'step', yLabel: title }
  const ends = curves.map(({ name, last }) => `${name} ${learningText(last, unit)}`).join(', ')
  const cell = (value: number | undefined): string => (value === undefined ? '' : learningText(value, unit))
  return {
    id: `${stage}-${id}`,
    title: words.title,
    summary: `${title} of ${stage}, at last: ${ends}.`,
    table: [
      ['step', ...names],
      ...evenly(told, mostRows).map(({ step, values }) => [String(step), ...names.map((name) => cell(values[name]))]),
    ],
    draw: (size) => curveSvg(curves, words, { x: 'even', y: unit }, size),
  }
}

function curve({ name: stage, steps }: TrainedStage, name: string, title: string, unit: Unit): Chart | undefined {
  const values = steps.flatMap((line) => {
    const y = numberAt(line, name)
    return y === undefined || y < 0 ? [] : [{ x: line.step, y }]
  })
  return curveOf(values, { stage, name, title, unit })
}

interface CurveWish {
  readonly stage: string
  readonly name: string
  readonly title: string
  readonly unit: Unit
}

function curveOf(
  values: readonly { readonly x: number; readonly y: number }[],
  { stage, name, title, unit }: CurveWish,
): Chart | undefined {
  if (values.length < 2) return undefined
  const words = { title: `${title} (${stage})`, xLabel: 'step', yLabel: title }
  const [first, last] = [itemAt(values, 0), lastOf(values)]
  return {
    id: `${stage}-${name}`,
    title: words.title,
    summary: `${title} of ${stage}: ${learningText(first.y, unit)} at step ${first.x}, ${learningText(last.y, unit)} at step ${last.x}.`,
    table: [['step', title], ...evenly(values, mostRows).map(({ x, y }) => [String(x), learningText(y, unit)])],
    draw: (size) =>
      curveSvg([{ name: stage, points: smoothed(values, mostPoints) }], words, { x: 'even', y: unit }, size),
    line: { points: values.map(({ x, y }) => ({ x, y, low: y, high: y })), axis: 'even', unit },
  }
}

interface StepEnds {
  readonly step: number
  readonly searches: number | undefined
  /** By end. */
  readonly shares: Readonly<Record<string, unknown>>
}

/** The steps that tell how their searches ended. */
function stepEnds({ steps }: TrainedStage): StepEnds[] {
  return steps.flatMap((line) => {
    const { data } = z.record(z.string(), z.unknown()).safeParse(line['ends'])
    return data === undefined ? [] : [{ step: line.step, searches: numberAt(line, 'searches'), shares: data }]
  })
}

/** How many searches of a stage ended how; of steps that tell how many they had. */
export function endCounts(stage: TrainedStage): ReadonlyMap<End, number> {
  const counts = new Map<End, number>()
  for (const { searches = 0, shares } of stepEnds(stage)) {
    for (const end of ends)
      counts.set(end, (counts.get(end) ?? 0) + Math.round(Math.max(0, (numberAt(shares, end) ?? 0) * searches)))
  }
  return counts
}

/** A curve for each end that searches of the stage had. */
export function endCurves(stage: TrainedStage): Chart[] {
  const told = stepEnds(stage)
  return ends
    .filter((end) => told.some(({ shares }) => (numberAt(shares, end) ?? 0) > 0))
    .flatMap((end) => {
      const values = told.map(({ step, shares }) => ({ x: step, y: Math.max(0, numberAt(shares, end) ?? 0) }))
      const title = `Share that ${endWords[end]}`
      return curveOf(values, { stage: stage.name, name: `end-${end}`, title, unit: 'share' }) ?? []
    })
}

/** Stacked chart of how searches ended: the height of a band is its share. */
function endsChart(of: TrainedStage): Chart | undefined {
  const stage = of.name
  const told = stepEnds(of)
  const shown = ends.filter((end) => told.some(({ shares }) => (numberAt(shares, end) ?? 0) > 0))
  if (told.length < 2 || shown.length === 0) return undefined
  let below: readonly number[] = []
  const curves = shown.map((end) => {
    const shares = told.map(({ step, shares }) => ({ x: step, y: numberAt(shares, end) ?? 0 }))
    const points = smoothed(shares, mostPoints).map(({ x, y }, index) => {
      const low = below[index] ?? 0
      return { x, y: low + y, low, high: low + y }
    })
    below = points.map(({ y }) => y)
    return { name: endWords[end], points }
  })
  const words = { title: `How searches ended (${stage})`, xLabel: 'step', yLabel: 'share, stacked' }
  const cells = ({ shares }: (typeof told)[number]): string[] =>
    shown.map((end) => `${percent(numberAt(shares, end) ?? 0)} %`)
  const last = lastOf(told)
  return {
    id: `${stage}-ends`,
    title: words.title,
    summary: `How searches of ${stage} ended, at step ${last.step}: ${shown.map((end, i) => `${endWords[end]} ${cells(last)[i]}`).join(', ')}.`,
    table: [
      ['step', ...shown.map((end) => endWords[end])],
      ...evenly(told, mostRows).map((one) => [String(one.step), ...cells(one)]),
    ],
    draw: (size) => curveSvg(curves, words, { x: 'even', y: 'share' }, size),
  }
}

function numberAt(line: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = line[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
