/** The output of `mini-o3 eval` and `mini-o3 eval merge`. */
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import { problemsCsv } from '../../evaluate/document/csv.ts'
import { curveSvg, limitCurves } from '../../evaluate/document/curve-svg.ts'
import { runTables } from '../../evaluate/document/document.ts'
import type { LookingReport } from '../../evaluate/document/looking.ts'
import type { MeasuredRun } from '../../evaluate/document/paper-table.ts'
import { judgeNotice, protocolLine } from '../../evaluate/protocol.ts'
import { limitsTable, rulesOf } from '../../evaluate/document/result-tables.ts'
import { powerText } from '../../evaluate/figures/power.ts'
import { majorityRule } from '../../evaluate/figures/sampling.ts'
import { accuracyTable, markdownTable, plainTable } from '../../evaluate/document/table.ts'
import type { Table } from '../../evaluate/document/table.ts'
import { policyNamed } from '../../policy/registry/kinds.ts'
import { columns } from '../print/output.ts'
import { replaceFile } from '../../shared/replace-file.ts'

/** The JSON document; the figures over all problems are at its top level. */
export function evalResult(run: MeasuredRun): object {
  const {
    config,
    chosen,
    cost,
    summary,
    scores,
    interval,
    sampling,
    spread,
    failures,
    corrected,
    tokens,
    spent,
    reasons,
    skipped,
    causes,
    looks,
  } = run
  const { benchmark: name, optionOrder, shard } = config
  const { title, aggregate, judge } = benchmarkNamed(name)
  return {
    ...summary,
    ...(chosen && { chosen }),
    benchmark: { name, title, aggregate: aggregate.name, judge, optionOrder, shard, notOfficial: judgeNotice(config) },
    scores,
    interval,
    sampling: { ...sampling, majorityRule },
    spread,
    failures,
    corrected,
    tokens: { ...tokens, imageEstimated: policyNamed(config.policy ?? '')?.kind.imageTokensEstimated ?? false },
    spent,
    cost,
    reasons,
    skipped,
    causes,
    looks,
    protocol: protocolLine(run),
  }
}

/** What an evaluation and its controls say, without the single problems, of which a file lists all. */
export function lookingResult({
  title,
  figures: { byProblem: _byProblem, ...figures },
  leftOut,
  corrected,
}: LookingReport): object {
  return { title, ...figures, leftOut, corrected }
}

/** The text for a terminal. */
export function evalText(run: MeasuredRun): string {
  return parts(run, (table) => plainTable(table, columns())).join('\n\n')
}

/** Writes `results.md`, `problems.csv` and `turns.svg`. */
export async function writeEvalFiles(runPath: string, run: MeasuredRun): Promise<void> {
  const { config, ...report } = run
  const name = config.policy ?? 'the policy'
  const title = `Accuracy of ${name} by turn limit`
  const chart = curveSvg(limitCurves(report.summary), { title, xLabel: 'turn limit', yLabel: 'accuracy' })
  await replaceFile(`${runPath}/turns.svg`, chart)
  await replaceFile(`${runPath}/problems.csv`, problemsCsv(report.solved))
  const heading = `# ${benchmarkNamed(config.benchmark).title}`
  const limits = markdownTable(limitsTable(report))
  const text = [heading, ...parts(run, markdownTable), 'Every turn limit:', limits]
  await replaceFile(`${runPath}/results.md`, `${text.join('\n\n')}\n`)
}

function parts(run: MeasuredRun, tableText: (table: Table) => string): string[] {
  const { summary, config } = run
  const tables = [accuracyTable([{ name: config.policy ?? 'policy', summary }]), ...runTables(run)].map(tableText)
  const notice = judgeNotice(config)
  return [
    ...tables,
    ...rulesOf(run, config),
    ...(run.spread.between + run.spread.within > 0 ? [powerText(run.spread, summary, 'measured')] : []),
    `Protocol: ${protocolLine(run)}.`,
    ...(notice === undefined ? [] : [notice]),
  ]
}
