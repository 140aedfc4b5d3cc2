/** Charts of a run: accuracy against the turn limit of its searches, and the curves of its training. */
import { join } from 'node:path'
import { curveChart, limitCurves } from '../evaluate/curve-svg.ts'
import type { CurvePoint } from '../evaluate/curve-svg.ts'
import { summarise } from '../evaluate/summary.ts'
import type { EvalSummary } from '../evaluate/summary.ts'
import type { Outcome } from '../evaluate/outcome.ts'
import type { Html } from '../page/html.ts'
import { readJsonl } from '../shared/jsonl.ts'
import type { ChartRow, Scores } from './api-types.ts'

export interface Chart extends ChartRow {
  readonly svg: Html
}

/** Figures of metrics that are shown, where a run has them, by their names there; `ends.over-turn` is one of `ends`. */
const figures = [
  ['reward', 'Reward', 'share'],
  ['turns', 'Turns of a search', 'count'],
  ['ends.answered', 'Searches that answered', 'share'],
  ['ends.over-turn', 'Searches that ran out of turns', 'share'],
  ['maskedShare', 'Masked share', 'share'],
  ['entropy', 'Entropy', 'count'],
  ['loss', 'Loss', 'count'],
  ['recall', 'Recall of looks', 'share'],
  ['precision', 'Precision of looks', 'share'],
] as const

const mostPoints = 400

/** Curves of `metrics.jsonl`, one a stage and figure; none for a run that did not train. */
export async function trainingCharts(path: string): Promise<Chart[]> {
  const stages = new Map<string, Map<number, Record<string, unknown>>>()
  try {
    for await (const line of readJsonl(join(path, 'metrics.jsonl'))) {
      const { stage, step } = line as { stage?: unknown; step?: unknown }
      if (typeof stage !== 'string' || typeof step !== 'number') continue
      const steps = stages.get(stage) ?? new Map<number, Record<string, unknown>>()
      stages.set(stage, steps.set(step, line as Record<string, unknown>))
    }
  } catch {
    return [] // a broken line: what there is to say about it, the command says that resumes the run
  }
  return [...stages].flatMap(([stage, steps]) =>
    figures.flatMap(([name, title, unit]): Chart[] => {
      const values = [...steps]
        .toSorted(([a], [b]) => a - b)
        .flatMap(([step, line]) => {
          const value = figureOf(line, name)
          return value === undefined || value < 0 ? [] : [{ step, value }]
        })
      if (values.length < 2) return []
      const words = { title: `${title} (${stage})`, xLabel: 'step', yLabel: title }
      const svg = curveChart([{ name: stage, points: smoothed(values) }], words, { x: 'even', y: unit })
      const [first, last] = [values[0]!, values.at(-1)!]
      const summary = `${title} of ${stage}: ${brief(first.value)} at step ${first.step}, ${brief(last.value)} at step ${last.step}.`
      return [{ id: `${stage}-${name}`, title: words.title, summary, svg }]
    }),
  )
}

function figureOf(line: Record<string, unknown>, name: string): number | undefined {
  const [outer, inner] = name.split('.') as [string, string?]
  const value = inner === undefined ? line[outer] : (line[outer] as Record<string, unknown> | undefined)?.[inner]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Means over a window, with bands from its lowest to its highest value. */
function smoothed(values: readonly { readonly step: number; readonly value: number }[]): CurvePoint[] {
  const window = Math.max(1, Math.round(values.length / 32))
  const stride = Math.ceil(values.length / mostPoints)
  return values.flatMap(({ step }, index) => {
    if (index % stride !== 0 && index !== values.length - 1) return []
    const last = values.slice(Math.max(0, index + 1 - window), index + 1).map(({ value }) => value)
    const mean = last.reduce((sum, value) => sum + value, 0) / last.length
    return [{ x: step, y: mean, low: Math.min(...last), high: Math.max(...last) }]
  })
}

/** Scores of the searches so far; null when they cannot be scored. */
export function scoresOf(outcomes: readonly Outcome[], maxTurns: number): { scores: Scores; chart: Chart } | null {
  const judged = new Map<string, Outcome[]>()
  for (const outcome of outcomes) {
    if (!outcome.judged) continue
    const problem = outcome.key.slice(0, outcome.key.lastIndexOf(','))
    judged.set(problem, [...(judged.get(problem) ?? []), outcome])
  }
  if (judged.size === 0) return null
  const byProblem = [...judged.values()]
  const samples = Math.max(...byProblem.map((own) => own.length))
  const summary: EvalSummary = summarise(byProblem, { samples, maxTurns, seed: 0, run: '' })
  const { problems, avgAtK, low, high, meanTurns, everyTurnLimit } = summary
  const words = { title: 'Accuracy by turn limit', xLabel: 'turn limit', yLabel: 'accuracy' }
  const told = everyTurnLimit.filter(({ limit }) => Number.isInteger(Math.log2(limit)) || limit === maxTurns)
  const percents = told.map((score) => `${Math.round(score.avgAtK * 100)} % at ${score.limit}`).join(', ')
  const chart = { id: 'limits', title: words.title, summary: `Accuracy by turn limit: ${percents}.` }
  return {
    scores: { problems, samples, avgAtK, low, high, meanTurns },
    chart: { ...chart, svg: curveChart(limitCurves(summary), words, { x: 'doubling', y: 'share' }) },
  }
}

function brief(value: number): string {
  return String(Number(value.toPrecision(3)))
}
