/** The document of `mini-o3 report`: several evaluations, the paper's table first; as Markdown, HTML and CSV. Pure. */
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import type { Part } from '../../page/page-data.ts'
import { controls } from '../../protocol/control.ts'
import type { TrainedStage } from '../../runs/training.ts'
import { whatBroke } from '../../runs/training-health.ts'
import type { Comparison } from '../figures/compare.ts'
import { changeTable } from '../figures/learning.ts'
import { costTable } from './cost.ts'
import { csvText } from './csv.ts'
import type { CsvRow } from './csv.ts'
import { curveSvg, limitCurves } from './curve-svg.ts'
import { lookingParts } from './looking.ts'
import type { LookingReport } from './looking.ts'
import { paperTable } from './paper-table.ts'
import type { MeasuredRun } from './paper-table.ts'
import { correctedText, otherFailuresText, protocolLine } from '../protocol.ts'
import { itemAt } from '../../shared/known.ts'
import { paperColumns, publishedProtocol, publishedRows } from './published.ts'
import { markdownReport, reportPage } from './report-page.ts'
import { sweepCharts, sweepsOf, sweepTable } from './sweep.ts'
import type { Sweep } from './sweep.ts'
import {
  endsTable,
  limitsTable,
  looksTable,
  reasonsTable,
  rulesOf,
  samplingTable,
  scoresTable,
  solvedTable,
} from './result-tables.ts'
import { causesTable } from './table.ts'
import type { Table } from './table.ts'
import { percent, signedPercent } from '../../shared/numbers.ts'

export interface ReportDocument {
  readonly runs: readonly MeasuredRun[]
  /** The comparison of the first two runs. */
  readonly comparison?: Comparison
  /** Evaluations with their controls, if any. */
  readonly looking?: readonly LookingReport[]
  /** Runs that trained, if any. */
  readonly training?: readonly TrainingRun[]
}

export interface TrainingRun {
  readonly name: string
  readonly stages: readonly TrainedStage[]
}

function titleOf({ runs }: ReportDocument): string {
  return runs.length > 0 ? 'Measured and published scores' : 'What training changed'
}

export function reportMarkdown(document: ReportDocument): string {
  return markdownReport(titleOf(document), partsOf(document))
}

export function reportHtml(document: ReportDocument): Promise<string> {
  return reportPage(titleOf(document), partsOf(document))
}

function partsOf(document: ReportDocument): Part[] {
  const { runs, training = [] } = document
  return [...(runs.length > 0 ? measuredParts(document) : []), ...training.flatMap(trainingParts)]
}

function measuredParts({ runs, comparison, looking = [] }: ReportDocument): Part[] {
  const { table, notes } = paperTable(runs)
  return [
    { kind: 'table', table },
    { kind: 'list', items: notes },
    ...(comparison ? comparisonParts(runs, comparison) : []),
    ...looking.flatMap(lookingParts),
    ...sweepsOf(runs).flatMap(sweepParts),
    ...runs.flatMap(runParts),
  ]
}

/** What training changed, from its first steps to its last. */
function trainingParts({ name, stages }: TrainingRun): Part[] {
  return stages.flatMap((stage): Part[] => {
    const table = changeTable(stage)
    if (table === undefined) return []
    const broke = whatBroke(stage)
    return [
      { kind: 'heading', text: `${name}, ${stage.name}: first and last steps` },
      ...(broke === undefined ? [] : [{ kind: 'text', text: broke } as const]),
      { kind: 'table', table },
    ]
  })
}

function comparisonParts(runs: readonly MeasuredRun[], comparison: Comparison): Part[] {
  const flipped = { kind: 'table', table: flippedTable(comparison), fold: 'Problems that flipped' } as const
  return [
    { kind: 'heading', text: 'Comparison' },
    { kind: 'text', text: differenceText(runs, comparison) },
    ...(comparison.flipped.length > 0 ? [flipped] : []),
  ]
}

function sweepParts(sweep: Sweep): Part[] {
  const figures = sweepCharts(sweep).map(({ curves, words, axes }) => {
    return { svg: curveSvg(curves, words, axes), caption: 'With 95 % bootstrap intervals.' }
  })
  return [
    { kind: 'heading', text: sweepTitle(sweep) },
    { kind: 'table', table: sweepTable(sweep) },
    { kind: 'figures', figures },
  ]
}

/** For example `V* Bench by pixel budget: chat:qwen`. */
function sweepTitle({ over, runs }: Sweep): string {
  const { benchmark, policy = 'the policy' } = itemAt(runs, 0).config
  return `${benchmarkNamed(benchmark).title} by ${over === 'pixels' ? 'pixel budget' : 'option order'}: ${policy}`
}

function runParts(run: MeasuredRun, index: number): Part[] {
  const words = { title: `Accuracy of ${run.name} by turn limit`, xLabel: 'turn limit', yLabel: 'accuracy' }
  const svg = curveSvg(limitCurves(run.summary), words)
  const caption = 'With 95 % bootstrap intervals; all limits are computed from the same searches.'
  return [
    { kind: 'heading', text: `[${index + 1}] ${run.name}` },
    { kind: 'text', text: `${protocolLine(run)}.` },
    { kind: 'figures', figures: [{ svg, caption }] },
    ...runTables(run).map((table): Part => ({ kind: 'table', table })),
    ...rulesOf(run, run.config).map((text): Part => ({ kind: 'text', text })),
    { kind: 'table', table: limitsTable(run), fold: 'Every turn limit' },
  ]
}

/** Its tables in their order: scores, sampling, ends, reasons, cost, and looks. */
export function runTables(run: MeasuredRun): Table[] {
  const { causes, looks, summary, config, cost } = run
  return [
    scoresTable(run, benchmarkNamed(config.benchmark).aggregate),
    ...(summary.samples > 1 ? [samplingTable(run), solvedTable(run)] : []),
    endsTable(run),
    ...(run.reasons.length > 0 ? [reasonsTable(run)] : []),
    ...(cost ? [costTable(cost)] : []),
    ...(looks.length > 0 ? [causesTable(causes), looksTable(looks)] : []),
  ]
}

/**
 * For example `b minus a: +3.1 points (95 % -0.4 to +6.5, paired bootstrap over 106 problems), p 0.09 by the sign-flip test; 12 of 106
 * problems flipped ...`.
 */
export function differenceText(runs: readonly MeasuredRun[], comparison: Comparison): string {
  const { difference, problems, units, over, p, test, flipped } = comparison
  const { mean, low, high } = difference
  const [first, second] = [itemAt(runs, 0), itemAt(runs, 1)]
  const other = otherFailuresText([first, second])
  return (
    `${second.name} minus ${first.name}: ${signedPercent(mean)} points (95 % ${signedPercent(low)} to ${signedPercent(high)}, paired ` +
    `bootstrap over ${units} ${over}), p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`} by ${testNames[test]} that they are ` +
    `equally good. ${flipped.length} of ${problems} problems flipped: at least half of their searches were right in one run, and ` +
    `fewer in the other.${aloneText(runs, comparison)}${handText([first, second])}${other === undefined ? '' : ` ${other}`}`
  )
}

/** Says how many verdicts of each run were corrected by hand, if any. */
function handText(runs: readonly MeasuredRun[]): string {
  if (runs.every(({ corrected }) => corrected === 0)) return ''
  return ` Of ${runs.map(({ name, corrected }) => `${name} ${correctedText(corrected)}`).join(', of ')}.`
}

const testNames: Readonly<Record<Comparison['test'], string>> = {
  mcnemar: "McNemar's test",
  'sign-flip': 'a sign-flip test',
}

/** Says what was left out because only one run has it. */
function aloneText(runs: readonly MeasuredRun[], { alone, problems }: Comparison): string {
  const parts = alone.flatMap((count, index) => (count > 0 ? [`${count} only in ${itemAt(runs, index).name}`] : []))
  return parts.length === 0 ? '' : ` Compared on the ${problems} problems of both; ${parts.join(', ')}.`
}

function flippedTable({ flipped }: Comparison): Table {
  return {
    head: ['problem', 'right before, %', 'right after, %'],
    rows: flipped.map(({ name, before, after }) => [name, percent(before), percent(after)]),
  }
}

/** One figure per line. Scores and shares are fractions, including those of published rows. */
export function reportCsv({ runs, looking = [] }: ReportDocument): string {
  const head = ['row', 'benchmark', 'figure', 'value', 'low', 'high', 'items', 'protocol']
  const published = publishedRows.flatMap(({ name, scores, note }) =>
    paperColumns.flatMap(({ benchmark }, index) => {
      const score = scores[index]
      if (typeof score !== 'number') return []
      const protocol = note === undefined ? publishedProtocol : `${note}; ${publishedProtocol}`
      return [[name, benchmark, 'score', score / 100, '', '', '', protocol]]
    }),
  )
  return csvText([head, ...published, ...runs.flatMap(csvRows), ...looking.flatMap(controlRows)])
}

/** What looking adds to each control. */
function controlRows({ title, figures }: LookingReport): CsvRow[] {
  return figures.controls.map(({ control, difference: { mean, low, high }, problems }) => {
    return [title, '', `looking minus ${controls[control].label}`, mean, low, high, problems, controls[control].text]
  })
}

function csvRows(run: MeasuredRun): CsvRow[] {
  const { name, config, scores, interval, sampling, summary, cost } = run
  const { samples } = summary
  const protocol = protocolLine(run)
  const row = (figureName: string, value: number, low: CsvRow[0] = '', high: CsvRow[0] = '', items: CsvRow[0] = '') => [
    name,
    config.benchmark,
    figureName,
    value,
    low,
    high,
    items,
    protocol,
  ]
  return [
    ...scores.map(({ name: score, score: value, items }, index) =>
      index === 0 ? row('score', value, interval.low, interval.high, items) : row(score, value, '', '', items),
    ),
    row(`pass@${samples}`, sampling.passAtK),
    row(`majority@${samples}`, sampling.majorityAtK),
    ...(sampling.runsSd === null ? [] : [row('standard deviation over runs', sampling.runsSd)]),
    ...Object.entries(summary.ends).map(([end, share]) => row(`end ${end}`, share)),
    row('mean turns', summary.meanTurns),
    ...(config.pixels ? [row('largest number of pixels of a view', config.pixels.max)] : []),
    ...(cost?.total === undefined ? [] : [row('cost', cost.total)]),
    ...summary.everyTurnLimit.map(({ limit, avgAtK, low, high }) => row(`turn limit ${limit}`, avgAtK, low, high)),
  ]
}
