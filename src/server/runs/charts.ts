/** Scores and charts of a run: accuracy by turn limit, and training curves. */
import { curveSvg, limitCurve, limitCurves } from '../../evaluate/document/curve-svg.ts'
import { searchNameOf } from '../../evaluate/figures/outcome.ts'
import { summarise } from '../../evaluate/figures/summary.ts'
import type { EvalSummary } from '../../evaluate/figures/summary.ts'
import { percent } from '../../shared/numbers.ts'
import { reasonText } from '../../protocol/reason.ts'
import { reasonCounter, reasonKey } from '../../protocol/reason-count.ts'
import type { ReasonRow, RunFigures, Scores } from '../api/types.ts'
import { forkCommand } from '../../runs/forks.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import { groupName } from './items.ts'
import type { ListedSearch } from './items.ts'
import { countedEndings, stageEndings } from './endings.ts'
import type { EndingCounts } from './endings.ts'
import { endCurves, latestFigures, readMetrics, stageCharts } from './metrics.ts'
import type { Chart } from './metrics.ts'

export interface Figures extends RunFigures {
  readonly charts: readonly Chart[]
  /** Only shown with those of other runs. */
  readonly endCurves: readonly Chart[]
  readonly endings: readonly EndingCounts[]
}

/** Bound on the number of limits, since the settings of a run folder are untrusted. */
const mostLimits = 256

export async function figuresOf({ path, settings }: FoundRun, searches: readonly ListedSearch[]): Promise<Figures> {
  const stages = await readMetrics(path)
  // A collection keeps only right searches; asks and forks are not a problem set.
  const unscored = ['collect', 'serve', forkCommand].includes(String(settings['command']))
  const scorable = unscored ? [] : searches.filter(({ item }) => item.step === undefined)
  const scored = scoresOf(scorable, settings['maxTurns'])
  return {
    scores: scored?.scores ?? null,
    latest: latestFigures(stages, settings),
    charts: [...(scored ? [scored.chart] : []), ...stageCharts(stages)],
    endCurves: stages.flatMap(endCurves),
    // A collection keeps only right searches.
    endings: [...(settings['command'] === 'collect' ? [] : countedEndings(searches)), ...stages.flatMap(stageEndings)],
    reasons: reasonRows(searches),
  }
}

const mostReasons = 10
const longestReason = 400

function reasonRows(searches: readonly ListedSearch[]): ReasonRow[] {
  const counter = reasonCounter()
  const firsts = new Map<string, number>()
  for (const { item, outcome } of searches) {
    const { reason } = outcome
    if (reason !== undefined && counter.add(reason, () => searchNameOf(outcome)) === 1)
      firsts.set(reasonKey(reason), item.index)
  }
  return counter
    .counts()
    .slice(0, mostReasons)
    .map((reason) => {
      return { text: reasonText(reason, longestReason), count: reason.count, index: firsts.get(reasonKey(reason)) ?? 0 }
    })
}

/** Scores over the searches with a verdict; null if there are none. */
function scoresOf(searches: readonly ListedSearch[], limit: unknown): { scores: Scores; chart: Chart } | null {
  const judged = byGroup(searches.filter(({ outcome }) => outcome.judged))
  if (judged.size === 0) return null
  const byProblem = [...judged.values()].map((own) => own.map(({ outcome }) => outcome))
  const samples = byProblem.reduce((most, own) => Math.max(most, own.length), 0)
  const outcomes = byProblem.flat()
  const longest = outcomes.reduce((most, { turns }) => Math.max(most, turns), 1)
  const maxTurns = Math.min(mostLimits, Number.isInteger(limit) && Number(limit) > 0 ? Number(limit) : longest)
  const scored = byProblem.map((outcomes) => ({ slices: {}, outcomes }))
  const summary: EvalSummary = summarise(scored, { samples, maxTurns, seed: 0, run: '' })
  const { problems, avgAtK, low, high, meanTurns, everyTurnLimit, byTurnLimit } = summary
  const passAtK = byProblem.filter((own) => own.some(({ correct }) => correct)).length / problems
  const words = { title: 'Accuracy by turn limit', xLabel: 'turn limit', yLabel: 'accuracy' }
  const told = everyTurnLimit.filter((one) => Number.isInteger(Math.log2(one.limit)) || one.limit === maxTurns)
  const percents = told.map((score) => `${Math.round(score.avgAtK * 100)} % at ${score.limit}`).join(', ')
  const rows = byTurnLimit.map((one) => [String(one.limit), percent(one.avgAtK), percent(one.low), percent(one.high)])
  return {
    scores: {
      problems,
      searches: outcomes.length,
      samples,
      avgAtK,
      low,
      high,
      passAtK,
      meanTurns,
      corrected: correctedCount(searches),
    },
    chart: {
      id: 'limits',
      title: words.title,
      summary: `Accuracy by turn limit: ${percents}.`,
      table: [['turn limit', 'accuracy, %', '95 % from', 'to'], ...rows],
      draw: (size) => curveSvg(limitCurves(summary), words, undefined, size),
      line: { points: limitCurve('all', summary).points, axis: 'doubling', unit: 'share' },
    },
  }
}

/** Number of verdicts corrected by hand. */
export function correctedCount(searches: readonly ListedSearch[]): number {
  return searches.filter(({ outcome }) => outcome.corrected).length
}

/** Groups searches by problem, in training by problem and step. */
export function byGroup(searches: readonly ListedSearch[]): Map<string, ListedSearch[]> {
  const groups = new Map<string, ListedSearch[]>()
  for (const search of searches) {
    const own = groups.get(groupName(search.item))
    if (own === undefined) groups.set(groupName(search.item), [search])
    else own.push(search)
  }
  return groups
}
