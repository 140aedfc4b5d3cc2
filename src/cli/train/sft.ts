/** `mini-o3 sft`: stage 1, the embedded policy learns from cold-start trajectories. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { weightsHash } from '../../engine/weights-hash.ts'
import { sceneOf } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { toldSearches } from '../../coldstart/export/run-rows.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import { AbortedError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Progress } from '../../shared/progress.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { coldStartTurns } from '../../train/sft/cold-start-turns.ts'
import { exampleOf } from '../../train/vlm/example.ts'
import type { Example } from '../../train/vlm/example.ts'
import { planSft } from '../../train/plan.ts'
import { planVlmSft } from '../../train/vlm/plan-vlm.ts'
import { defaultSftSettings, policyFile, policyFileOf, runSft } from '../../train/sft/run-sft.ts'
import type { RunSftSettings } from '../../train/sft/run-sft.ts'
import { runVlmSft } from '../../train/vlm/run-vlm-sft.ts'
import { readShareGptExamples } from '../../train/vlm/sharegpt-examples.ts'
import type { SftMetrics, SftSettings } from '../../train/sft/sft.ts'
import { inCommandRun } from '../command-run.ts'
import { configOption } from './config-file.ts'
import { engineSettings, engineOptions, openEngine, printPlan, tinkerUrl, useOf } from '../options/engine.ts'
import type { EngineOptions } from '../options/engine.ts'
import { print, printJson, say } from '../print/output.ts'
import { readCollection } from '../data/read-collection.ts'
import { readSearchedConfig, searchedUnder } from '../data/searched-under.ts'
import { hasModelFiles, openVlm, vlmOptions } from '../options/vlm.ts'
import type { Vlm, VlmOptions } from '../options/vlm.ts'
import { onlyWhere } from '../options/strict.ts'
import { commonOptions, decimalNumber, examples, wholeNumber, workersOption } from '../options/common.ts'
import type { CommonOptions } from '../options/common.ts'

interface SftOptions extends CommonOptions, EngineOptions, VlmOptions, RunSftSettings {
  readonly problems?: string
  readonly data: string
  readonly from?: string
  readonly workers: number
}

export function addSft(program: Command): void {
  const own = defaultSftSettings
  const steps = wholeNumber(1, 10_000_000)
  const command = program
    .command('sft')
    .summary('train a policy on cold-start data (stage 1)')
    .description('The model learns to see, then to search as the trajectories do. Repeat the command to resume.')
    .requiredOption(
      '--data <run>',
      'the run folder of mini-o3 collect; with --model-files also a folder of mini-o3 export --to sharegpt',
    )
    .option('--look-steps <n>', 'steps that teach seeing alone, before', wholeNumber(0, 10_000_000), own.lookSteps)
    .option('--look-batch <n>', 'views in such a step', steps, own.lookBatch)
    .option('--look-rate <r>', 'its learning rate', decimalNumber(0, 1), own.lookRate)
    .option('--steps <n>', 'steps that teach searching', steps, own.steps)
    .option('--batch <n>', 'turns in a step; with --model-files: searches', steps, own.batch)
    .option('--learning-rate <r>', 'its highest learning rate', decimalNumber(0, 1), own.learningRate)
    .option('--warmup-steps <n>', 'until that rate is reached', wholeNumber(0), own.warmupSteps)
    .option('--from <checkpoint>', 'weights to start from (default: fresh ones)')
    .option('--train-stem', 'let text teach seeing too, as for the policy that ships', own.trainStem)
    .option('--save-every <n>', 'steps between checkpoints', steps, own.saveEvery)
  engineOptions(command)
  vlmOptions(command).option(
    '--problems <path>',
    'with --model-files: the problems that were searched (default: where the run read them)',
  )
  onlyWhere<SftOptions>(
    command,
    ['look-steps', 'look-batch', 'look-rate', 'train-stem'],
    (options) => tinkerUrl(options) === undefined,
    'for the small policy, trained by --engine embedded: take that',
  )
  onlyWhere<SftOptions>(
    command,
    ['look-batch', 'look-rate'],
    ({ lookSteps }) => lookSteps > 0,
    'for --look-steps above 0: raise that',
  )
  onlyWhere<SftOptions>(command, ['problems'], hasModelFiles, 'for a model on a server: add --model-files <place>')
  workersOption(command)
  configOption(command)
  commonOptions(command, own.seed)
  examples(
    command,
    'mini-o3 sft --data runs/collect --train-stem --run runs/sft',
    'mini-o3 sft --data runs/collect --engine tinker:http://127.0.0.1:8000 --plan',
    `mini-o3 ask scene.jpg "Which digit is on the red heart?" --checkpoint runs/sft/${policyFile}`,
  )
  command.action(sftCommand)
}

async function sftCommand(options: SftOptions): Promise<void> {
  const vlm = await openVlm(options)
  return vlm ? vlmSft(options, vlm) : embeddedSft(options)
}

async function embeddedSft(options: SftOptions): Promise<void> {
  const trajectories = await readCollection(options.data)
  const pictures = new Map(
    trajectories.map(({ problem, picture }) => [problem.docId, scenePicture(sceneOf(problem), picture.width)]),
  )
  const { lookBatch, lookRate, steps, batch, learningRate, warmupSteps, trainStem, seed, saveEvery } = options
  // The stem is taught in this process alone.
  const lookSteps = tinkerUrl(options) === undefined ? options.lookSteps : 0
  const settings: RunSftSettings = {
    lookSteps,
    lookBatch,
    lookRate,
    steps,
    batch,
    learningRate,
    warmupSteps,
    trainStem,
    seed,
    saveEvery,
  }
  if (options.plan) {
    const turns = trajectories.flatMap((trajectory) => coldStartTurns(trajectory))
    return printPlan(planSft(turns, settings), options.json)
  }
  const { from, workers } = options
  const weights = await weightsHash(from)
  const config = { data: textsHash(trajectories), from: weights, ...settings, workers, ...engineSettings(options) }
  const interrupt = catchInterrupt(() => say('Finishing the step and saving. Repeat the command to go on.'))
  let progress: Progress | undefined
  const advance = (step: number, note: string): void => {
    progress ??= startProgress({ label: 'steps', total: lookSteps + steps, done: step - 1 })
    progress.advance(1, note)
  }
  let last: SftMetrics | undefined
  const train = async (run: RunFolder): Promise<void> => {
    const engine = await openEngine(options, run, seed)
    const complete = await runSft({
      trajectories,
      openPicture: async (docId) => pictures.get(docId)!,
      settings,
      from,
      run,
      engine,
      workers,
      signal: interrupt.signal,
      onDropped: (turns) => say(`${turns} turns are longer than the model can read and are left out.`),
      onLook: (step, { recall, digit }) => advance(step, `sees ${percent(recall)}, reads ${percent(digit)}`),
      onStep: (metrics) => {
        last = metrics
        advance(lookSteps + metrics.step, `loss ${metrics.loss.toFixed(4)}`)
      },
    })
    progress?.finish()
    if (!complete) throw new AbortedError(`Stopped; what is done is saved in ${run.path}.`)
    const policy = resolve(run.file(engine ? policyFileOf(engine) : policyFile))
    if (options.json) printJson({ policy, run: run.path, trajectories: trajectories.length, steps, loss: last?.loss })
    else print(`Trained on ${trajectories.length} trajectories. ${useOf(policy, engine !== undefined)}`)
  }
  try {
    await inCommandRun('sft', config, options.run, train)
  } finally {
    interrupt.release()
  }
}

/** A vision-language model on a server learns from whole searches, under the prompts and views that they had. */
async function vlmSft(options: SftOptions, vlm: Vlm): Promise<void> {
  const { steps, batch, learningRate, warmupSteps, seed, saveEvery, from } = options
  const { examples, hash } = await examplesOf(options)
  const settings: SftSettings = { steps, batch, learningRate, warmupSteps, seed, saveEvery }
  if (options.plan) return printPlan(await planVlmSft(examples, vlm.model, settings), options.json)
  const config = { data: hash, from: await weightsHash(from), ...settings, ...vlm.settings, ...engineSettings(options) }
  const interrupt = catchInterrupt(() => say('Finishing the step and saving. Repeat the command to go on.'))
  const train = async (run: RunFolder): Promise<void> => {
    const engine = (await openEngine(options, run, seed, vlm.model))!
    let progress: Progress | undefined
    let loss: number | undefined
    const complete = await runVlmSft({
      examples,
      model: vlm.model,
      contextLimit: vlm.profile.contextLimit,
      settings,
      engine,
      from,
      run,
      signal: interrupt.signal,
      onStep(metrics) {
        loss = metrics.loss
        progress ??= startProgress({ label: 'steps', total: steps, done: metrics.step - 1 })
        progress.advance(1, `loss ${metrics.loss.toFixed(4)}`)
      },
    })
    progress?.finish()
    if (!complete) throw new AbortedError(`Stopped; what is done is saved in ${run.path}.`)
    const policy = resolve(run.file(policyFileOf(engine)))
    if (options.json) printJson({ policy, run: run.path, trajectories: examples.length, steps, loss })
    else print(`Trained on ${examples.length} trajectories. ${useOf(policy, true)}`)
  }
  try {
    await inCommandRun('sft', config, options.run, train)
  } finally {
    interrupt.release()
  }
}

/** Of a collection, told again under the prompts and views that its searches had, or of an exported set, as it stands. */
async function examplesOf(
  options: SftOptions,
): Promise<{ readonly examples: readonly Example[]; readonly hash: string }> {
  const { data, problems } = options
  const exported = await readShareGptExamples(data)
  if (exported) return { examples: exported, hash: sha256(await readFile(join(data, 'train.json'))) }
  const trajectories = await readCollection(data)
  const searched = await searchedUnder(data, await readSearchedConfig(data), { ...options, data: problems })
  const examples = toldSearches(trajectories, searched).map(({ trajectory, profile, openPicture }) =>
    exampleOf(trajectory, profile, openPicture),
  )
  return { examples, hash: textsHash(trajectories) }
}

/** What is learned, and not how long it took to collect. */
function textsHash(trajectories: readonly Trajectory[]): string {
  return sha256(canonicalJson(trajectories.map(({ problem, turns }) => [problem.docId, turns.map(({ text }) => text)])))
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
