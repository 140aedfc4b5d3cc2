/** `mini-o3 sft`: stage 1, the embedded policy learns from cold-start trajectories. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { sceneOf } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { toldSearches } from '../../coldstart/export/run-rows.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import { AbortedError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Progress } from '../../shared/progress.ts'
import type { RunFolder } from '../../shared/run-folder.ts'
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
import { configWord } from './config-file.ts'
import { engineSettings, engineWords, openEngine, printPlan, tinkerUrl, useOf, weightsHash } from '../words/engine.ts'
import type { EngineWords } from '../words/engine.ts'
import { print, printJson, say } from '../print/output.ts'
import { readCollection } from '../data/read-collection.ts'
import { readSearchedConfig, searchedUnder } from '../data/searched-under.ts'
import { hasModelFiles, openVlm, vlmWords } from '../words/vlm.ts'
import type { Vlm, VlmWords } from '../words/vlm.ts'
import { onlyWhere } from '../words/strict.ts'
import { commonWords, decimalNumber, examples, wholeNumber, workersWord } from '../words/common.ts'
import type { CommonWords } from '../words/common.ts'

interface SftWords extends CommonWords, EngineWords, VlmWords, RunSftSettings {
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
  engineWords(command)
  vlmWords(command).option(
    '--problems <path>',
    'with --model-files: the problems that were searched (default: where the run read them)',
  )
  onlyWhere<SftWords>(
    command,
    ['look-steps', 'look-batch', 'look-rate', 'train-stem'],
    (words) => tinkerUrl(words) === undefined,
    'for the small policy, trained by --engine embedded: take that',
  )
  onlyWhere<SftWords>(
    command,
    ['look-batch', 'look-rate'],
    ({ lookSteps }) => lookSteps > 0,
    'for --look-steps above 0: raise that',
  )
  onlyWhere<SftWords>(command, ['problems'], hasModelFiles, 'for a model on a server: add --model-files <place>')
  workersWord(command)
  configWord(command)
  commonWords(command, own.seed)
  examples(
    command,
    'mini-o3 sft --data runs/collect --train-stem --run runs/sft',
    'mini-o3 sft --data runs/collect --engine tinker:http://127.0.0.1:8000 --plan',
    `mini-o3 ask scene.jpg "Which digit is on the red heart?" --checkpoint runs/sft/${policyFile}`,
  )
  command.action(sftCommand)
}

async function sftCommand(words: SftWords): Promise<void> {
  const vlm = await openVlm(words)
  return vlm ? vlmSft(words, vlm) : embeddedSft(words)
}

async function embeddedSft(words: SftWords): Promise<void> {
  const trajectories = await readCollection(words.data)
  const pictures = new Map(
    trajectories.map(({ problem, picture }) => [problem.docId, scenePicture(sceneOf(problem), picture.width)]),
  )
  const { lookBatch, lookRate, steps, batch, learningRate, warmupSteps, trainStem, seed, saveEvery } = words
  // The stem is taught in this process alone.
  const lookSteps = tinkerUrl(words) === undefined ? words.lookSteps : 0
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
  if (words.plan) {
    const turns = trajectories.flatMap((trajectory) => coldStartTurns(trajectory))
    return printPlan(planSft(turns, settings), words.json)
  }
  const { from, workers } = words
  const weights = await weightsHash(from)
  const config = { data: textsHash(trajectories), from: weights, ...settings, workers, ...engineSettings(words) }
  const interrupt = catchInterrupt(() => say('Finishing the step and saving. Repeat the command to go on.'))
  let progress: Progress | undefined
  const advance = (step: number, note: string): void => {
    progress ??= startProgress({ label: 'steps', total: lookSteps + steps, done: step - 1 })
    progress.advance(1, note)
  }
  let last: SftMetrics | undefined
  const train = async (run: RunFolder): Promise<void> => {
    const engine = await openEngine(words, run, seed)
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
    if (words.json) printJson({ policy, run: run.path, trajectories: trajectories.length, steps, loss: last?.loss })
    else print(`Trained on ${trajectories.length} trajectories. ${useOf(policy, engine !== undefined)}`)
  }
  try {
    await inCommandRun('sft', config, words.run, train)
  } finally {
    interrupt.release()
  }
}

/** A vision-language model on a server learns from whole searches, under the prompts and views that they had. */
async function vlmSft(words: SftWords, vlm: Vlm): Promise<void> {
  const { steps, batch, learningRate, warmupSteps, seed, saveEvery, from } = words
  const { examples, hash } = await examplesOf(words)
  const settings: SftSettings = { steps, batch, learningRate, warmupSteps, seed, saveEvery }
  if (words.plan) return printPlan(await planVlmSft(examples, vlm.model, settings), words.json)
  const config = { data: hash, from: await weightsHash(from), ...settings, ...vlm.settings, ...engineSettings(words) }
  const interrupt = catchInterrupt(() => say('Finishing the step and saving. Repeat the command to go on.'))
  const train = async (run: RunFolder): Promise<void> => {
    const engine = (await openEngine(words, run, seed, vlm.model))!
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
    if (words.json) printJson({ policy, run: run.path, trajectories: examples.length, steps, loss })
    else print(`Trained on ${examples.length} trajectories. ${useOf(policy, true)}`)
  }
  try {
    await inCommandRun('sft', config, words.run, train)
  } finally {
    interrupt.release()
  }
}

/** Of a collection, told again under the prompts and views that its searches had, or of an exported set, as it stands. */
async function examplesOf(words: SftWords): Promise<{ readonly examples: readonly Example[]; readonly hash: string }> {
  const { data, problems } = words
  const exported = await readShareGptExamples(data)
  if (exported) return { examples: exported, hash: sha256(await readFile(join(data, 'train.json'))) }
  const trajectories = await readCollection(data)
  const searched = await searchedUnder(data, (await readSearchedConfig(data))!, { ...words, data: problems })
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
