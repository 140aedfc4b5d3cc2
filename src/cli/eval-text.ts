/** What `mini-o3 eval` and `mini-o3 eval merge` say of an evaluation. */
import { benchmarkNamed } from '../benchmark/catalog.ts'
import { curveSvg, limitCurves } from '../evaluate/curve-svg.ts'
import { judgeNotice, protocolLine } from '../evaluate/protocol.ts'
import type { EvalConfig } from '../evaluate/protocol.ts'
import type { EvalReport } from '../evaluate/report.ts'
import {
  endsTable,
  limitsTable,
  looksTable,
  samplingTable,
  scoresTable,
  solvedTable,
} from '../evaluate/result-tables.ts'
import { majorityRule } from '../evaluate/sampling.ts'
import { accuracyTable, causesTable, markdownTable, plainTable } from '../evaluate/table.ts'
import type { Table } from '../evaluate/table.ts'
import { replaceFile } from '../shared/run-folder.ts'

/** One document for machines; the figures over all problems stand at its top. */
export function evalResult(report: EvalReport, config: EvalConfig): object {
  const { summary, scores, interval, sampling, tokens, causes, looks } = report
  const { benchmark: name, optionOrder, shard } = config
  const { title, aggregate, judge } = benchmarkNamed(name)
  return {
    ...summary,
    benchmark: { name, title, aggregate, judge, optionOrder, shard, notOfficial: judgeNotice(config) },
    scores,
    interval,
    sampling: { ...sampling, majorityRule },
    tokens,
    causes,
    looks,
    protocol: protocolLine(config),
  }
}

/** For a terminal. */
export function evalText(report: EvalReport, config: EvalConfig): string {
  return parts(report, config, plainTable).join('\n\n')
}

/** Writes `results.md` and `turns.svg`. */
export async function writeEvalFiles(runPath: string, report: EvalReport, config: EvalConfig): Promise<void> {
  const name = config.policy ?? 'the policy'
  const title = `Accuracy of ${name} by turn limit`
  const chart = curveSvg(limitCurves(report.summary), { title, xLabel: 'turn limit', yLabel: 'accuracy' })
  await replaceFile(`${runPath}/turns.svg`, chart)
  const heading = `# ${benchmarkNamed(config.benchmark).title}`
  const limits = markdownTable(limitsTable(report))
  const text = [heading, ...parts(report, config, markdownTable), 'Every turn limit:', limits]
  await replaceFile(`${runPath}/results.md`, `${text.join('\n\n')}\n`)
}

function parts(report: EvalReport, config: EvalConfig, tableText: (table: Table) => string): string[] {
  const { summary, causes, looks } = report
  const { aggregate } = benchmarkNamed(config.benchmark)
  const tables = [
    accuracyTable([{ name: config.policy ?? 'policy', summary }]),
    scoresTable(report, aggregate),
    ...(summary.samples > 1 ? [samplingTable(report), solvedTable(report)] : []),
    endsTable(report),
    ...(looks.length > 0 ? [causesTable(causes), looksTable(looks)] : []),
  ].map(tableText)
  const majority = summary.samples > 1 ? [`Majority: ${majorityRule}.`] : []
  const notice = judgeNotice(config)
  return [...tables, ...majority, `Protocol: ${protocolLine(config)}.`, ...(notice === undefined ? [] : [notice])]
}
