/** `mini-o3 report`: puts evaluations into the paper's published table, compares two of them problem by problem, or shows what training changed. */
import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { isRun, readSettings, runsIn } from '../../runs/configuration.ts'
import { readStages } from '../../runs/training.ts'
import type { TrainedStage } from '../../runs/training.ts'
import { changeTable } from '../../evaluate/figures/learning.ts'
import { whatBroke } from '../../runs/training-health.ts'
import { compareEvals } from '../../evaluate/figures/compare.ts'
import { reportCsv, reportHtml, reportMarkdown } from '../../evaluate/document/document.ts'
import type { ReportDocument, TrainingRun } from '../../evaluate/document/document.ts'
import type { MeasuredRun } from '../../evaluate/document/paper-table.ts'
import { publishedCurve, publishedRows } from '../../evaluate/document/published.ts'
import { lookingReports } from '../../evaluate/looking-report.ts'
import { readEvalRun } from '../../evaluate/read-run.ts'
import type { FinishedEval } from '../../evaluate/read-run.ts'
import { readFilter } from '../../protocol/filter/filter.ts'
import { UserError } from '../../shared/errors.ts'
import { checkPrices, priceOptions } from './price.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { itemAt } from '../../shared/known.ts'
import { evalResult, lookingResult } from './text.ts'
import { print, printJson, say } from '../print/output.ts'
import { addCommand } from '../options/command.ts'
import { flag, inGroup, text } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { asJudgedOption, failuresOption, jsonOption, whereOption } from '../options/shared.ts'

const reportOptions = {
  ...inGroup('Output', {
    out: text('<folder>', 'also write report.md, report.html and report.csv there'),
    compare: flag(
      'compare two runs on the same problems: paired difference, its interval, and the problems that flipped',
    ),
  }),
  ...jsonOption,
  ...inGroup('Output', { ...failuresOption, ...asJudgedOption }),
  ...inGroup('Problems', whereOption),
  ...priceOptions,
}

export function addReport(program: Command): void {
  addCommand(program, {
    name: 'report',
    summary: "put measured scores into the paper's table, or show what training changed",
    description:
      'Prints finished evaluations as Markdown: the published table with their rows added, the protocol of each, ' +
      'and all figures. For a training run: its first steps compared with its last.',
    arguments: {
      '<runs...>': 'run folders of mini-o3 eval, rl or sft; the folder of a sweep stands for all of its runs',
    },
    options: reportOptions,
    examples: [
      'mini-o3 report runs/vstar runs/visualprobe-hard --out docs/scores',
      'mini-o3 report runs/before runs/after --compare',
      "mini-o3 report runs/vstar --where 'level:hard and turns > 6'",
      'mini-o3 report runs/rl',
    ],
    run: (options, runs) => reportCommand(runs, options),
  })
}

async function reportCommand(
  given: readonly string[],
  { out, compare, json, price, failures, asJudged, ...options }: Values<typeof reportOptions>,
): Promise<void> {
  const all = (await Promise.all(given.map(runsAt))).flat()
  const stages = await Promise.all(all.map(trainedIn))
  const where = options.where === undefined ? undefined : readFilter(options.where)
  if (where !== undefined && stages.some((own) => own.length > 0))
    throw new UserError(
      'where-of-training',
      '--where is for the searches of evaluations: leave it out for runs of training.',
    )
  const paths = all.filter((_, index) => itemAt(stages, index).length === 0)
  if (compare && paths.length !== 2) {
    throw new UserError('compare-two', `--compare takes two runs, not ${paths.length}.`)
  }
  const finished: FinishedEval[] = []
  for (const path of paths) finished.push(await readEvalRun(path, price, { failures, asJudged, where }))
  checkPrices(
    price,
    finished.map(({ config }) => config),
  )
  const names = runNames(all)
  const nameOf = (path: string): string => itemAt(names, all.indexOf(path))
  const runs: MeasuredRun[] = finished.map((run) => ({ ...run, name: nameOf(run.name) }))
  const training = all.flatMap((path, index): TrainingRun[] => {
    const own = itemAt(stages, index)
    return own.length === 0 ? [] : [{ name: nameOf(path), stages: own }]
  })
  const [first, second] = finished
  const comparison = compare && first && second && compareEvals(first.problems, second.problems, first.config.seed)
  const looking = lookingReports(finished)
  const document: ReportDocument = { runs, looking, training, ...(comparison && { comparison }) }
  if (out !== undefined) {
    await replaceFile(join(out, 'report.md'), `${reportMarkdown(document)}\n`)
    await replaceFile(join(out, 'report.html'), await reportHtml(document))
    await replaceFile(join(out, 'report.csv'), reportCsv(document))
    say(`Written: report.md, report.html and report.csv in ${resolve(out)}`)
  }
  if (!json) return print(reportMarkdown(document))
  printJson({
    published: { rows: publishedRows, curve: publishedCurve },
    runs: runs.map((run) => ({ name: run.name, ...evalResult(run) })),
    ...(comparison && { comparison }),
    ...(looking.length > 0 && { looking: looking.map(lookingResult) }),
    ...(training.length > 0 && {
      training: training.map(({ name, stages: own }) => ({
        name,
        stages: own.map((stage) => ({
          stage: stage.name,
          steps: stage.steps.length,
          change: changeTable(stage),
          warning: whatBroke(stage),
        })),
      })),
    }),
  })
}

/** The commands whose runs can be reported. */
const reported: readonly string[] = ['eval', 'rl', 'sft']

/** The stages of a training run; empty for any other run. */
async function trainedIn(path: string): Promise<readonly TrainedStage[]> {
  const { command } = await readSettings(path).catch(() => ({ command: undefined }))
  if (typeof command === 'string' && !reported.includes(command)) {
    throw new UserError(
      'run-of-other-command',
      `${path} is a run of ${command}. Name the run folder of mini-o3 eval, rl or sft.`,
    )
  }
  if (command !== 'rl' && command !== 'sft') return []
  const stages = await readStages(path)
  if (stages.length > 0) return stages
  throw new UserError('training-not-begun', `${path} has no training step yet. Wait for the first one.`)
}

/** The run at a path, or the runs of a sweep there, in numeric order. */
async function runsAt(path: string): Promise<readonly string[]> {
  if (await isRun(path)) return [path]
  const names = await runsIn(path)
  return names.length > 0 ? names.map((name) => join(path, name)) : [path]
}

/** The last part of each path, or the whole path where names would be ambiguous. */
function runNames(paths: readonly string[]): readonly string[] {
  const short = paths.map((path) => basename(resolve(path)))
  return new Set(short).size === paths.length ? short : paths
}
