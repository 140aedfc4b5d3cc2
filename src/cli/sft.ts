/** `mini-o3 sft`: stage 1, the embedded policy learns from cold-start trajectories. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { sceneOf } from '../probe/problem.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { AbortedError } from '../shared/errors.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { startProgress } from '../shared/progress.ts'
import type { Progress } from '../shared/progress.ts'
import type { RunFolder } from '../shared/run-folder.ts'
import { coldStartTurns } from '../train/cold-start-turns.ts'
import { planSft } from '../train/plan.ts'
import { defaultSftSettings, policyFile, policyFileOf, runSft } from '../train/run-sft.ts'
import type { RunSftSettings } from '../train/run-sft.ts'
import type { SftMetrics } from '../train/sft.ts'
import { inCommandRun } from './command-run.ts'
import { engineSettings, engineWords, openEngine, printPlan, tinkerUrl, useOf, weightsHash } from './engine-words.ts'
import type { EngineWords } from './engine-words.ts'
import { print, printJson, say } from './output.ts'
import { readCollection } from './read-collection.ts'
import { commonWords, decimalNumber, examples, wholeNumber, workersWord } from './words.ts'
import type { CommonWords } from './words.ts'

interface SftWords extends CommonWords, EngineWords, RunSftSettings {
  readonly data: string
  readonly from?: string
  readonly workers: number
}

export function addSft(program: Command): void {
  const own = defaultSftSettings
  const steps = wholeNumber(1, 10_000_000)
  const command = program
    .command('sft')
    .summary('train the embedded policy on cold-start data (stage 1)')
    .description('The model learns to see, then to search as the trajectories do. Repeat the command to resume.')
    .requiredOption('--data <run>', 'the run folder of mini-o3 collect')
    .option('--look-steps <n>', 'steps that teach seeing alone, before', wholeNumber(0, 10_000_000), own.lookSteps)
    .option('--look-batch <n>', 'views in such a step', steps, own.lookBatch)
    .option('--look-rate <r>', 'its learning rate', decimalNumber(0, 1), own.lookRate)
    .option('--steps <n>', 'steps that teach searching', steps, own.steps)
    .option('--batch <n>', 'turns in a step', steps, own.batch)
    .option('--learning-rate <r>', 'its highest learning rate', decimalNumber(0, 1), own.learningRate)
    .option('--warmup-steps <n>', 'until that rate is reached', wholeNumber(0), own.warmupSteps)
    .option('--from <checkpoint>', 'weights to start from (default: fresh ones)')
    .option('--train-stem', 'let text teach seeing too, as for the policy that ships', own.trainStem)
    .option('--save-every <n>', 'steps between checkpoints', steps, own.saveEvery)
  engineWords(command)
  workersWord(command)
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
  // What is learned, and not how long it took to collect.
  const texts = trajectories.map(({ problem, turns }) => [problem.docId, turns.map(({ text }) => text)])
  const config = { data: sha256(canonicalJson(texts)), from: weights, ...settings, workers, ...engineSettings(words) }
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

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
