/** `metrics.jsonl` of a run that trains, as curves and as the figures of its last step. What is no metric in it is passed over. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { curveSvg } from '../../evaluate/document/curve-svg.ts'
import type { CurvePoint } from '../../evaluate/document/curve-svg.ts'
import { endWords } from '../../page/step.ts'
import { ends } from '../../protocol/trajectory.ts'
import type { ChartRow, RunFigures } from '../api/types.ts'
import { parseJson } from '../../shared/json.ts'
import { itemAt, lastOf } from '../../shared/known.ts'
import { plainFile } from '../../runs/plain-file.ts'

export interface Chart extends ChartRow {
  readonly svg: string
}

/** Figures that are shown, where a run has them, by their names there. */
const figures = [
  ['reward', 'Reward', 'share'],
  ['turns', 'Turns of a search', 'count'],
  ['maskedShare', 'Masked share', 'share'],
  ['zeroSpreadShare', 'Groups without spread', 'share'],
  ['samplingRounds', 'Sampling rounds of a step', 'count'],
  ['entropy', 'Entropy', 'count'],
  ['gradientNorm', 'Gradient norm', 'count'],
  ['loss', 'Loss', 'count'],
  ['recall', 'Recall of looks', 'share'],
  ['precision', 'Precision of looks', 'share'],
] as const

type Unit = (typeof figures)[number][2]

const mostPoints = 400
const mostRows = 24
/** Of a larger file nothing is shown. */
const mostBytes = 128 * 1024 ** 2

interface Step {
  readonly step: number
  readonly line: Readonly<Record<string, unknown>>
}

/** The steps of one stage in order; of a step done again the last line counts. */
interface Stage {
  readonly name: string
  readonly steps: readonly Step[]
}

/** In the order in which they began. */
export async function readStages(path: string): Promise<Stage[]> {
  const file = join(path, 'metrics.jsonl')
  const { size = Infinity } = (await plainFile(file)) ?? {}
  const text = size > mostBytes ? '' : await readFile(file, 'utf8').catch(() => '')
  const stages = new Map<string, Map<number, Step>>()
  for (const line of text.split('\n')) {
    const value = parsed(line)
    if (value === undefined) continue
    const { stage, step } = value
    if (typeof stage !== 'string' || typeof step !== 'number') continue
    const steps = stages.get(stage) ?? new Map<number, Step>()
    stages.set(stage, steps.set(step, { step, line: value }))
  }
  return [...stages].map(([name, steps]) => ({
    name,
    steps: [...steps.values()].toSorted((a, b) => a.step - b.step),
  }))
}

/** Of the stage that began last. */
export function latestFigures(
  stages: readonly Stage[],
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
      const value = numberAt(last.line, name)
      return value === undefined ? [] : [{ title, text: shown(value, unit) }]
    }),
  ]
}

/** One chart a stage and figure, and one of how searches ended. */
export function stageCharts(stages: readonly Stage[]): Chart[] {
  return stages.flatMap((stage) => {
    const [reward, turns, ...others] = figures.map(([name, title, unit]) => curve(stage, name, title, unit))
    return [reward, turns, endsChart(stage), ...others].filter((chart) => chart !== undefined)
  })
}

function curve({ name: stage, steps }: Stage, name: string, title: string, unit: Unit): Chart | undefined {
  const values = steps.flatMap(({ step, line }) => {
    const value = numberAt(line, name)
    return value === undefined || value < 0 ? [] : [{ step, value }]
  })
  if (values.length < 2) return undefined
  const words = { title: `${title} (${stage})`, xLabel: 'step', yLabel: title }
  const [first, last] = [itemAt(values, 0), lastOf(values)]
  return {
    id: `${stage}-${name}`,
    title: words.title,
    summary: `${title} of ${stage}: ${shown(first.value, unit)} at step ${first.step}, ${shown(last.value, unit)} at step ${last.step}.`,
    table: [['step', title], ...some(values, mostRows).map(({ step, value }) => [String(step), shown(value, unit)])],
    svg: curveSvg([{ name: stage, points: smoothed(values) }], words, { x: 'even', y: unit }),
  }
}

/** How searches ended, stacked: each band is as high as its share. */
function endsChart({ name: stage, steps }: Stage): Chart | undefined {
  const told = steps.flatMap(({ step, line }) => {
    const shares = line['ends'] as Record<string, unknown> | null | undefined
    return typeof shares === 'object' && shares !== null ? [{ step, line: shares }] : []
  })
  const shown = ends.filter((end) => told.some(({ line }) => (numberAt(line, end) ?? 0) > 0))
  if (told.length < 2 || shown.length === 0) return undefined
  let below: readonly number[] = told.map(() => 0)
  const curves = shown.map((end) => {
    const points = smoothed(told.map(({ step, line }) => ({ step, value: numberAt(line, end) ?? 0 }))).map(
      ({ x, y }, index) => ({
        x,
        y: itemAt(below, index) + y,
        low: itemAt(below, index),
        high: itemAt(below, index) + y,
      }),
    )
    below = points.map(({ y }) => y)
    return { name: endWords[end], points }
  })
  const words = { title: `How searches ended (${stage})`, xLabel: 'step', yLabel: 'share, stacked' }
  const cells = ({ line }: Step): string[] => shown.map((end) => percent(numberAt(line, end) ?? 0))
  const last = lastOf(told)
  return {
    id: `${stage}-ends`,
    title: words.title,
    summary: `How searches of ${stage} ended, at step ${last.step}: ${shown.map((end, i) => `${endWords[end]} ${cells(last)[i]}`).join(', ')}.`,
    table: [
      ['step', ...shown.map((end) => endWords[end])],
      ...some(told, mostRows).map((one) => [String(one.step), ...cells(one)]),
    ],
    svg: curveSvg(curves, words, { x: 'even', y: 'share' }),
  }
}

/** Means over a window, with bands from its lowest to its highest value. */
function smoothed(values: readonly { readonly step: number; readonly value: number }[]): CurvePoint[] {
  const window = Math.max(1, Math.round(values.length / 32))
  const means = values.map(({ step }, index) => {
    const last = values.slice(Math.max(0, index + 1 - window), index + 1).map(({ value }) => value)
    const mean = last.reduce((sum, value) => sum + value, 0) / last.length
    return { x: step, y: mean, low: Math.min(...last), high: Math.max(...last) }
  })
  return some(means, mostPoints)
}

/** Evenly, the last one among them. */
function some<T>(values: readonly T[], most: number): T[] {
  const stride = Math.ceil(values.length / most)
  return values.filter((_, index) => (values.length - 1 - index) % stride === 0)
}

function numberAt(line: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = line[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function shown(value: number, unit: Unit): string {
  return unit === 'share' ? percent(value) : String(Number(value.toPrecision(3)))
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parseJson(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
