/** `mini-o3 report`: several evaluations as one document, the paper's table first; as Markdown, HTML and CSV. Pure. */
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import { html } from '../../page/html.ts'
import type { Html } from '../../page/html.ts'
import type { Comparison } from '../figures/compare.ts'
import { costTable } from './cost.ts'
import { csvText } from './csv.ts'
import type { CsvRow } from './csv.ts'
import { curveChart, limitCurves } from './curve-svg.ts'
import { paperTable } from './paper-table.ts'
import type { MeasuredRun } from './paper-table.ts'
import { protocolLine } from '../protocol.ts'
import { paperColumns, publishedProtocol, publishedRows } from './published.ts'
import { figure, folded, htmlTable, reportShell } from './shell.ts'
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
import { causesTable, markdownCell, markdownTable, percent } from './table.ts'
import type { Table } from './table.ts'

export interface ReportDocument {
  readonly runs: readonly MeasuredRun[]
  /** Of the first two runs. */
  readonly comparison?: Comparison
}

const title = 'Measured beside published scores'

export function reportMarkdown({ runs, comparison }: ReportDocument): string {
  const { table, notes } = paperTable(runs)
  return [
    `# ${title}`,
    markdownTable(table),
    notes.map((note) => `- ${markdownCell(note)}`).join('\n'),
    ...(comparison ? ['## The two compared', markdownCell(differenceText(runs, comparison))] : []),
    ...(comparison && comparison.flipped.length > 0 ? [markdownTable(flippedTable(comparison))] : []),
    ...sweepsOf(runs).flatMap((sweep) => [`## ${markdownCell(sweepTitle(sweep))}`, markdownTable(sweepTable(sweep))]),
    ...runs.flatMap((run, index) => [
      `## [${index + 1}] ${markdownCell(run.name)}`,
      ...tablesOf(run).map(markdownTable),
      ...rulesOf(run, run.config),
      markdownTable(limitsTable(run)),
    ]),
  ].join('\n\n')
}

export function reportHtml({ runs, comparison }: ReportDocument): string {
  const { table, notes } = paperTable(runs)
  const body = html`<h1>${title}</h1>
${htmlTable(table)}
<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>
${comparison && comparisonPart(runs, comparison)}
${sweepsOf(runs).map(sweepPart)}
${runs.map(runPart)}`
  return reportShell({ title, subtitle: 'evaluations', body })
}

function comparisonPart(runs: readonly MeasuredRun[], comparison: Comparison): Html {
  const { flipped } = comparison
  return html`<section><h2>The two compared</h2><p>${differenceText(runs, comparison)}</p>
${flipped.length > 0 && folded('Problems that flipped', htmlTable(flippedTable(comparison)))}</section>`
}

function sweepPart(sweep: Sweep): Html {
  const charts = sweepCharts(sweep).map(({ curves, words, axes }) => figure(curveChart(curves, words, axes), interval))
  return html`<section><h2>${sweepTitle(sweep)}</h2>
${htmlTable(sweepTable(sweep))}
<div class="figures">${charts}</div></section>
`
}

/** Such as `V* Bench by pixel budget: chat:qwen`. */
function sweepTitle({ over, runs }: Sweep): string {
  const { benchmark, policy = 'the policy' } = runs[0]!.config
  return `${benchmarkNamed(benchmark).title} by ${over === 'pixels' ? 'pixel budget' : 'order of options'}: ${policy}`
}

const interval = 'With 95 % bootstrap intervals.'

function runPart(run: MeasuredRun, index: number): Html {
  const words = { title: `Accuracy of ${run.name} by turn limit`, xLabel: 'turn limit', yLabel: 'accuracy' }
  const chart = curveChart(limitCurves(run.summary), words, { x: 'doubling', y: 'share' })
  const sentence = 'With 95 % bootstrap intervals; every limit is read off the same searches.'
  return html`<section><h2>[${index + 1}] ${run.name}</h2>
<p>${protocolLine(run.config)}.</p>
<div class="figures">${figure(chart, sentence)}</div>
${folded('Every turn limit', htmlTable(limitsTable(run)))}
${tablesOf(run).map(htmlTable)}
${rulesOf(run, run.config).map((rule) => html`<p>${rule}</p>`)}</section>
`
}

function tablesOf(run: MeasuredRun): Table[] {
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

/** Such as `b minus a: +3.1 points (95 % -0.4 to +6.5, paired over 106 problems); 12 of 106 problems flipped.` */
export function differenceText([first, second]: readonly MeasuredRun[], comparison: Comparison): string {
  const { difference, units, flipped } = comparison
  const { mean, low, high } = difference
  return (
    `${second!.name} minus ${first!.name}: ${signed(mean)} points (95 % ${signed(low)} to ${signed(high)}, paired ` +
    `bootstrap over ${units} ${second!.interval.over}). ${flipped.length} of ${second!.summary.problems} problems flipped: ` +
    'half of their searches or more were right in one run, and fewer in the other.'
  )
}

export function flippedTable({ flipped }: Comparison): Table {
  return {
    head: ['problem', 'right before, %', 'right after, %'],
    rows: flipped.map(({ name, before, after }) => [name, percent(before), percent(after)]),
  }
}

function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`
}

/** One figure a line. Scores and shares are fractions; those of published rows too. */
export function reportCsv({ runs }: ReportDocument): string {
  const head = ['row', 'benchmark', 'figure', 'value', 'low', 'high', 'items', 'protocol']
  const published = publishedRows.flatMap(({ name, scores, note }) =>
    paperColumns.flatMap(({ benchmark }, index) => {
      const score = scores[index]
      if (typeof score !== 'number') return []
      const protocol = note === undefined ? publishedProtocol : `${note}; ${publishedProtocol}`
      return [[name, benchmark, 'score', score / 100, '', '', '', protocol]]
    }),
  )
  return csvText([head, ...published, ...runs.flatMap(csvRows)])
}

function csvRows(run: MeasuredRun): CsvRow[] {
  const { name, config, scores, interval, sampling, summary, cost } = run
  const { samples } = summary
  const protocol = protocolLine(config)
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
    ...(config.pixels ? [row('pixels of a view at most', config.pixels.max)] : []),
    ...(cost?.total === undefined ? [] : [row('cost', cost.total)]),
    ...summary.everyTurnLimit.map(({ limit, avgAtK, low, high }) => row(`turn limit ${limit}`, avgAtK, low, high)),
  ]
}
