/** `mini-o3 eval merge`: joins the runs of an evaluation that was split over machines. */
import type { Command } from 'commander'
import { keepPrices } from '../../evaluate/document/cost.ts'
import { mergeRuns } from '../../evaluate/merge.ts'
import { readConfiguration } from '../../runs/configuration.ts'
import { readEvalRun } from '../../evaluate/read-run.ts'
import { counted } from '../../shared/numbers.ts'
import { checkPrices, priceOptions } from './price.ts'
import { evalResult, evalText, writeEvalFiles } from './text.ts'
import { IncompleteError } from '../incomplete.ts'
import { print, printJson, say } from '../print/output.ts'
import { addCommand } from '../options/command.ts'
import { inGroup, required, text } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { asJudgedOption, jsonOption } from '../options/shared.ts'

const mergeOptions = {
  ...inGroup('Output', { run: required(text('<folder>', 'folder for the joined run')) }),
  ...inGroup('Output', asJudgedOption),
  ...jsonOption,
  ...priceOptions,
}

export function addEvalMerge(evaluation: Command): void {
  addCommand(evaluation, {
    name: 'merge',
    summary: 'join the runs of --shard',
    description:
      'Joins runs with equal settings into a new run, and prints its result. If several runs contain the same search, the ' +
      'first one counts unless it failed. Notes are joined, too. The given runs are not changed. For a sweep (--controls, several --max-pixels), ' +
      'join the runs of each setting by themselves: runs/*/black.',
    arguments: { '<runs...>': 'run folders of mini-o3 eval' },
    options: mergeOptions,
    examples: [
      'mini-o3 eval merge runs/part-1 runs/part-2 --run runs/whole',
      'mini-o3 eval merge runs/part-1/black runs/part-2/black --run runs/whole/black',
    ],
    run: (options, runs) => mergeCommand(runs, options),
  })
}

async function mergeCommand(
  runs: readonly string[],
  { run, json, price, asJudged }: Values<typeof mergeOptions>,
): Promise<void> {
  checkPrices(price, await Promise.all(runs.map((path) => readConfiguration(path, 'eval'))))
  const { taken, owed } = await mergeRuns(runs, run)
  for (const [index, path] of runs.entries()) say(`${path}: ${counted(taken[index] ?? 0, 'search', 'searches')}`)
  if (owed > 0) {
    throw new IncompleteError(
      `${counted(owed, 'search is', 'searches are')} missing. Add the runs that contain them, or repeat eval without --shard in ${run}.`,
    )
  }
  const finished = await readEvalRun(run, await keepPrices(run, price), { asJudged })
  await writeEvalFiles(run, finished)
  if (json) printJson({ ...evalResult(finished), run })
  else print(`${evalText(finished)}\n\nRun: ${run}`)
}
