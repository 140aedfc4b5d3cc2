/** A sweep: evaluations that differ in pixel budget or option order, each in its own run, and their joint results. */
import { join, resolve } from 'node:path'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import { isRun } from '../../runs/configuration.ts'
import { compareEvals } from '../../evaluate/figures/compare.ts'
import type { Comparison } from '../../evaluate/figures/compare.ts'
import { curveSvg } from '../../evaluate/document/curve-svg.ts'
import { differenceText } from '../../evaluate/document/document.ts'
import type { MeasuredRun } from '../../evaluate/document/paper-table.ts'
import { protocolLine } from '../../evaluate/protocol.ts'
import { readEvalRun } from '../../evaluate/read-run.ts'
import { sweepCharts, sweepTable } from '../../evaluate/document/sweep.ts'
import type { Sweep } from '../../evaluate/document/sweep.ts'
import { markdownCell, markdownTable, plainTable } from '../../evaluate/document/table.ts'
import { profileHash } from '../../protocol/profile.ts'
import { errorCodeOf, UserError } from '../../shared/errors.ts'
import { policySettings } from '../../policy/registry/open-policy.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { itemAt } from '../../shared/known.ts'
import { commandRunPath } from '../command-run.ts'
import { runEval } from './run.ts'
import type { EvalPlan, RanEval } from './run.ts'
import { IncompleteError } from '../incomplete.ts'
import { evalResult } from './text.ts'
import { columns, print, printJson, resultsAside, say } from '../print/output.ts'

/**
 * Runs each plan in its own folder below `path`, writes `results.md` and charts there, and prints the result. Returns what is
 * missing from the first incomplete run, if any.
 */
export async function runSweep(
  plans: readonly EvalPlan[],
  over: Sweep['over'],
  path: string,
): Promise<Pick<RanEval, 'incomplete'>> {
  await checkSweepFolder(path)
  const runs: MeasuredRun[] = []
  let incomplete: IncompleteError | undefined
  for (const plan of plans) {
    const name = folderOf(plan, over)
    say(`${name}, ${runs.length + 1} of ${plans.length}:`)
    const { json: _, ...options } = plan.options
    const ran = await resultsAside(() => runEval({ ...plan, options: { ...options, run: join(path, name) } }))
    incomplete ??= ran.incomplete && new IncompleteError(`${name}: ${ran.incomplete.message}`)
    runs.push({ ...ran.measured, name })
  }
  const sweep: Sweep = { over, runs }
  const { asJudged } = itemAt(plans, 0).options
  const comparison = await comparisonOf(runs, path, asJudged)
  for (const { file, curves, words, axes } of sweepCharts(sweep)) {
    await replaceFile(join(path, file), curveSvg(curves, words, axes))
  }
  const difference = comparison === undefined ? [] : [differenceText(runs, comparison)]
  const protocols = runs.map((run) => `${run.name}: ${protocolLine(run)}.`)
  const heading = `# ${benchmarkNamed(itemAt(runs, 0).config.benchmark).title}`
  const notes = [...difference, ...protocols].map((text) => `- ${markdownCell(text)}`).join('\n')
  await replaceFile(join(path, 'results.md'), `${[heading, markdownTable(sweepTable(sweep)), notes].join('\n\n')}\n`)
  if (itemAt(plans, 0).options.json) {
    const bySetting = runs.map((run) => ({ maxPixels: run.config.pixels?.max, ...evalResult(run) }))
    printJson({ over, bySetting, ...(comparison && { comparison }), run: path })
    return { incomplete }
  }
  print(
    [
      plainTable(sweepTable(sweep), columns()),
      ...difference,
      ...protocols,
      `Runs, results.md and charts: ${path}`,
    ].join('\n\n'),
  )
  return { incomplete }
}

/** Throws `UserError` for the folder of a single run. */
export async function checkSweepFolder(path: string): Promise<void> {
  if (!(await isRun(path))) return
  throw new UserError(
    'sweep-in-run',
    `${path} is a run folder, and a sweep needs a folder for several runs. Name another one with --run.`,
  )
}

/** The folder of a sweep without `--run`. It does not depend on the budgets or orders, so that more can be added later. */
export async function sweepPath(
  { options, chosen, shard, profile, pixels }: EvalPlan,
  over: Sweep['over'] | 'controls',
): Promise<string> {
  const { samples, maxTurns, limit, seed, judge, judgeParser, judgePrompts } = options
  const settings = { samples, maxTurns, limit, seed, judge, judgeParser, judgePrompts, shard }
  return commandRunPath(`eval-by-${over}`, {
    ...settings,
    ...(await policySettings(options)),
    benchmark: chosen.benchmark.name,
    data: resolve(chosen.data),
    profile: pixels?.profile ?? profileHash(profile),
  })
}

function folderOf({ pixels, chosen }: EvalPlan, over: Sweep['over']): string {
  return over === 'pixels' ? `max-pixels-${pixels?.max}` : `options-${chosen.optionOrder}`
}

/** Compares two complete runs; undefined for any other number, or if one still lacks searches. */
async function comparisonOf(
  runs: readonly MeasuredRun[],
  path: string,
  asJudged: true | undefined,
): Promise<Comparison | undefined> {
  if (runs.length !== 2) return undefined
  try {
    const finished = await Promise.all(runs.map(({ name }) => readEvalRun(join(path, name), {}, { asJudged })))
    const [first, second] = [itemAt(finished, 0), itemAt(finished, 1)]
    return compareEvals(first.problems, second.problems, first.config.seed)
  } catch (error) {
    if (errorCodeOf(error) === 'eval-unfinished') return undefined
    throw error
  }
}
