/** The paper's table with measured rows below the published ones, and the protocol of each measured score. Pure. */
import { countText, isWhole } from '../../benchmark/benchmark.ts'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import { controls } from '../../protocol/control.ts'
import type { EvalCost } from './cost.ts'
import { judgeNotice, otherFailuresText, protocolLine } from '../protocol.ts'
import type { ChosenCount, EvalConfig } from '../protocol.ts'
import { paperColumns, publishedNotes, publishedProtocol, publishedRows } from './published.ts'
import type { EvalReport } from '../figures/report.ts'
import { itemAt } from '../../shared/known.ts'
import type { Table } from './table.ts'
import { percent } from '../../shared/numbers.ts'

export interface MeasuredRun extends EvalReport {
  /** Its name in tables, such as the run folder. */
  readonly name: string
  readonly config: EvalConfig
  /** Absent if no server was used. */
  readonly cost?: EvalCost
  /** If only some of its searches count. */
  readonly chosen?: ChosenCount
}

export interface PaperTable {
  readonly table: Table
  /** Number of published rows, which come first. */
  readonly published: number
  readonly notes: readonly string[]
}

/** One row per policy and settings, shared by runs on several benchmarks. */
export function paperTable(runs: readonly MeasuredRun[]): PaperTable {
  const known = new Set<string>(paperColumns.map(({ benchmark }) => benchmark))
  const others = [...new Set(runs.map(({ config }) => config.benchmark))].filter((name) => !known.has(name))
  const columns = [
    ...paperColumns,
    ...others.map((benchmark) => ({ benchmark, title: benchmarkNamed(benchmark).title })),
  ]
  const measured = rowsOf(runs)
  const other = otherFailuresText(runs)
  const numbers = new Map(runs.map((run, index) => [run, index + 1]))
  return {
    table: {
      head: ['score in %', ...columns.map(({ title }) => title)],
      rows: [
        ...publishedRows.map(({ name, scores, note }) => [
          `${name}${note === undefined ? '' : ` (${note})`}`,
          ...columns.map((_, index) => scores[index]?.toFixed(1) ?? ''),
        ]),
        ...measured.map((row) => [
          `measured: ${settingName(itemAt(row, 0))}`,
          ...columns.map(({ benchmark }) => {
            const run = row.find(({ config }) => config.benchmark === benchmark)
            return run === undefined ? '' : `${scoreText(run)} [${numbers.get(run)}]${isLike(run) ? '' : '*'}`
          }),
        ]),
      ],
    },
    published: publishedRows.length,
    notes: [
      `Published: ${publishedProtocol}`,
      ...Object.entries(publishedNotes).map(([mark, text]) => `(${mark}): ${text}.`),
      ...(runs.every(isLike)
        ? []
        : ["*: not by the benchmark's own rule, on part of its problems, or a control; see the note."]),
      ...runs.map((run) => `[${numbers.get(run)}] ${runNote(run)}`),
      ...(other === undefined ? [] : [other]),
    ],
  }
}

/** For example `48.0 (43.1-52.9)`. */
function scoreText({ scores, interval: { low, high } }: EvalReport): string {
  return `${percent(itemAt(scores, 0).score)} (${percent(low)}-${percent(high)})`
}

/** Whether the run covers all problems of the benchmark, was judged by its rule, and is no control. */
function isLike({ config, summary }: MeasuredRun): boolean {
  const isOfAll = config.shard === undefined && isWhole(benchmarkNamed(config.benchmark), summary.problems)
  return isOfAll && config.control === undefined && judgeNotice(config) === undefined
}

function runNote(run: MeasuredRun): string {
  const { name, config, summary } = run
  const notice = judgeNotice(config)
  const { title, expected } = benchmarkNamed(config.benchmark)
  const all = expected === undefined || isWhole({ expected }, summary.problems) ? '' : ` of ${countText(expected)}`
  const share = config.shard ? `, shard ${config.shard.index} of ${config.shard.of}` : ''
  const problems = `${summary.problems}${all} problems${share}`
  return `${name}: ${title}, ${problems}; ${protocolLine(run)}.` + (notice === undefined ? '' : ` ${notice}`)
}

/** The policy and the settings that distinguish its rows. */
function settingName({ config, name }: MeasuredRun): string {
  const { policy = name, maxTurns, pixels, optionOrder = 'published', control } = config
  const parts = [
    policy,
    `${maxTurns} turns`,
    pixels && `at most ${pixels.max.toLocaleString('en')} px`,
    optionOrder !== 'published' && `options ${optionOrder}`,
    control && `control: ${controls[control.name].label}`,
  ]
  return parts.filter(Boolean).join(', ')
}

/** Runs that differ only in the benchmark and its settings share a row. */
function rowsOf(runs: readonly MeasuredRun[]): MeasuredRun[][] {
  const rows: MeasuredRun[][] = []
  for (const run of runs) {
    const row = rows.find(
      (own) =>
        sameSettings(itemAt(own, 0), run) && own.every(({ config }) => config.benchmark !== run.config.benchmark),
    )
    if (row === undefined) rows.push([run])
    else row.push(run)
  }
  return rows
}

function sameSettings(a: MeasuredRun, b: MeasuredRun): boolean {
  const settings = ({ config }: MeasuredRun): string =>
    [config.policy, config.checkpoint, config.temperature, config.maxTurns, config.profile, config.control?.name].join(
      ' ',
    )
  return settings(a) === settings(b)
}
