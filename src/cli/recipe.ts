/** `mini-o3 recipe`: runs the whole training recipe as a sequence of ordinary commands, and writes a report. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { plainTable } from '../evaluate/document/table.ts'
import { summaryTable } from '../recipe/figures.ts'
import { presetNames, presets, smokeNote } from '../recipe/presets.ts'
import { recipeReport } from '../recipe/report.ts'
import { readResults } from '../recipe/results.ts'
import { logStage, readStageLog } from '../recipe/stage-log.ts'
import { commandLine, recipeStages } from '../recipe/stages.ts'
import type { RecipeSettings, RecipeStage } from '../recipe/stages.ts'
import { AbortedError, MiniO3Error } from '../shared/errors.ts'
import { replaceFile } from '../shared/replace-file.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { commandRunPath, inCommandRun } from './command-run.ts'
import { IncompleteError } from './incomplete.ts'
import { columns, print, printJson, resultsAside, say } from './print/output.ts'
import { addCommand } from './options/command.ts'
import { flag, inGroup, oneOf } from './options/schema.ts'
import type { Values } from './options/schema.ts'
import { runOptions, seedOption, workersOption } from './options/shared.ts'

const recipeOptions = {
  ...inGroup('Training', {
    preset: oneOf('<name>', 'quick: a smoke test of a few minutes; full: the real recipe', presetNames, {
      fallback: 'full',
    }),
    dryRun: flag('print the commands without running them'),
    ...workersOption,
    ...seedOption(1),
  }),
  ...runOptions,
}

type RecipeOptions = Values<typeof recipeOptions>

/** Runs a command line in this process, as the program itself does. */
export type RunCommand = (words: readonly string[]) => Promise<unknown>

export function addRecipe(program: Command, runCommand: RunCommand): void {
  addCommand(program, {
    name: 'recipe',
    summary: 'run the whole training recipe and report its results',
    description:
      'Cold start, reinforcement learning with and without over-turn masking, evaluations, and a report. Repeat the command to resume.',
    options: recipeOptions,
    examples: [
      'mini-o3 recipe --preset quick',
      'mini-o3 recipe --preset full --run runs/full',
      'mini-o3 recipe --dry-run',
    ],
    run: (options) => recipe(options, runCommand),
  })
}

async function recipe(
  { preset, seed, workers, dryRun, json, ...options }: RecipeOptions,
  runCommand: RunCommand,
): Promise<void> {
  const settings: RecipeSettings = { preset, seed, workers }
  // Includes the commands, so that a later version with another preset does not resume in this folder.
  const config = { ...settings, commands: recipeStages(settings, '.').map(commandLine) }
  const folder = options.run ?? commandRunPath('recipe', config)
  const stages = recipeStages(settings, folder)
  if (dryRun) {
    if (json) printJson({ run: folder, stages })
    else print(stages.map(commandLine).join('\n'))
    return
  }
  const { smoke } = presets[preset]
  if (smoke) say(smokeNote)
  await inCommandRun('recipe', config, folder, async (run) => {
    await runStages(stages, run, runCommand)
    const results = await readResults(run.path, settings)
    const report = run.file('report.html')
    await replaceFile(report, await recipeReport(results))
    if (json) printJson({ preset, smoke, evals: results.evals, run: run.path, report: resolve(report) })
    else {
      const note = smoke ? `${smokeNote}\n\n` : ''
      print(`${note}${plainTable(summaryTable(results), columns())}\n\nRun: ${run.path}\nReport: ${resolve(report)}`)
    }
  })
}

async function runStages(stages: readonly RecipeStage[], run: RunFolder, runCommand: RunCommand): Promise<void> {
  const before = await readStageLog(run)
  for (const [index, stage] of stages.entries()) {
    const title = `${index + 1}/${stages.length} ${stage.name}`
    run.tell({ unit: 'stages', total: stages.length, done: index })
    if (before.get(stage.name)?.complete) {
      say(`${title}: already done`)
      continue
    }
    say(`\n${title}: ${commandLine(stage)}`)
    try {
      await logStage(run, stage, () => resultsAside(() => runStage(stage, runCommand)))
    } catch (error) {
      if (error instanceof AbortedError) say(`Stopped in stage ${title}. Repeat mini-o3 recipe to resume.`)
      throw error
    }
  }
  run.tell({ unit: 'stages', total: stages.length, done: stages.length })
}

/** An incomplete stage ends the recipe, since the next stage needs its full result. */
async function runStage(stage: RecipeStage, runCommand: RunCommand): Promise<void> {
  try {
    await runCommand(stage.words)
  } catch (error) {
    if (!(error instanceof IncompleteError)) throw error
    const message = `Stage ${stage.name} is not complete. Repeat mini-o3 recipe to resume.\n${error.message}`
    throw new MiniO3Error('recipe-stage-failed', message, { cause: error })
  }
}
