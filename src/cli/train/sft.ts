/** `mini-o3 sft`: stage 1, supervised fine-tuning on cold-start trajectories. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { Engine, TokenUsage } from '../../engine/engine.ts'
import { readCheckpoint } from '../../engine/embedded/checkpoint.ts'
import { engineNamed } from '../../engine/open-engine.ts'
import { weightsHash } from '../../engine/weights-hash.ts'
import { sceneOf } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { toldSearches } from '../../coldstart/export/run-rows.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import { AbortedError, UserError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Progress } from '../../shared/progress.ts'
import { defined } from '../../shared/known.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { coldStartTurns } from '../../train/sft/cold-start-turns.ts'
import { exampleOf } from '../../train/vlm/example.ts'
import type { Example } from '../../train/vlm/example.ts'
import { planSft } from '../../train/plan.ts'
import { lossRisen, whatBroke } from '../../runs/training-health.ts'
import { planVlmSft } from '../../train/vlm/plan-vlm.ts'
import { policyFile, readSteps } from '../../runs/training.ts'
import { defaultSftSettings, runSft } from '../../train/sft/run-sft.ts'
import type { RunSftSettings } from '../../train/sft/run-sft.ts'
import { runVlmSft } from '../../train/vlm/run-vlm-sft.ts'
import { readShareGptExamples } from '../../train/vlm/sharegpt-examples.ts'
import type { SftMetrics, SftSettings } from '../../train/sft/sft.ts'
import { inCommandRun } from '../command-run.ts'
import { engineOptions, openEngine, printPlan, useOf } from '../options/engine.ts'
import { costNotes } from '../options/token-price.ts'
import { print, printJson, say } from '../print/output.ts'
import { readCollection } from '../data/read-collection.ts'
import { readSearchedConfig, searchedUnder } from '../data/searched-under.ts'
import { hasModelFiles, openVlm, vlmOptions } from '../options/vlm.ts'
import type { Vlm } from '../options/vlm.ts'
import { addCommand } from '../options/command.ts'
import { decimal, inGroup, only, restrict, text, valuesOf, whole } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { learningRates, runOptions, seedOption } from '../options/shared.ts'
import { percent } from '../../shared/numbers.ts'

const own = defaultSftSettings
const steps = { min: 1, max: 10_000_000 }

/** Options of either model that config.json stores unchanged. */
const settingOptions = inGroup('Training', {
  steps: whole('training steps on trajectories', { ...steps, fallback: own.steps }),
  batch: whole('turns per step; with --model-files: searches per step', { ...steps, fallback: own.batch }),
  learningRate: decimal('<r>', 'learning rate after the warm-up', { ...learningRates, fallback: own.learningRate }),
  warmupSteps: whole('steps of learning-rate warm-up', { min: 0, fallback: own.warmupSteps }),
  saveEvery: whole('steps between checkpoints', { ...steps, fallback: own.saveEvery }),
  ...seedOption(own.seed),
})

const onLook = only<{ readonly lookSteps: number }>(
  ({ lookSteps }) => lookSteps > 0,
  'for --look-steps above 0: raise that',
)

/** The same for the embedded policy alone. */
const lookOptions = inGroup(
  'Training',
  {
    lookSteps: whole('steps of vision pre-training, before the trajectories', {
      min: 0,
      max: 10_000_000,
      fallback: own.lookSteps,
    }),
    ...restrict(
      {
        lookBatch: whole('views per vision step', { ...steps, fallback: own.lookBatch }),
        lookRate: decimal('<r>', 'learning rate of the vision steps', { ...learningRates, fallback: own.lookRate }),
      },
      onLook,
    ),
    trainStem: {
      help: 'train the vision stem on trajectories too, as was done for the shipped policy',
      fallback: own.trainStem,
    },
  },
  only<{ readonly engine: string }>(
    (options) => !engineNamed(options).isRemote,
    'for the embedded policy: use --engine embedded',
  ),
)

interface Learned {
  readonly modelFiles?: string
  readonly collection?: string
}

const forLarge = 'for a model on a server: add --model-files <place>'
const problemsOptions = {
  ...restrict(
    {
      data: text('<path>', 'with --model-files: the problems that were searched', {
        fallbackText: 'the path stored in the run',
      }),
    },
    only<Learned>((options) => hasModelFiles(options) || options.collection === undefined, forLarge),
  ),
  ...restrict({ problems: text('<path>', 'the same as --data') }, only<Learned>(hasModelFiles, forLarge)),
}

const sftOptions = {
  ...inGroup('Problems', {
    collection: text(
      '<run>',
      'run folder of mini-o3 collect; with --model-files also a folder of mini-o3 export --to sharegpt',
    ),
    ...problemsOptions,
  }),
  ...settingOptions,
  ...lookOptions,
  ...inGroup('Training', {
    from: text('<checkpoint>', 'weights to start from', { fallbackText: 'random initialisation' }),
  }),
  ...engineOptions,
  ...vlmOptions,
  ...runOptions,
}

type SftOptions = Values<typeof sftOptions>

export function addSft(program: Command): void {
  addCommand(program, {
    name: 'sft',
    summary: 'train a policy on cold-start data (stage 1)',
    description: 'Trains vision first, then imitates the trajectories. Repeat the command to resume.',
    options: sftOptions,
    examples: [
      'mini-o3 sft --collection runs/collect --train-stem --run runs/sft',
      'mini-o3 sft --collection runs/collect --engine tinker:http://127.0.0.1:8000 --plan',
      `mini-o3 ask scene.jpg "Which digit is on the red heart?" --checkpoint runs/sft/${policyFile()}`,
    ],
    run: (options) => sftCommand(withCollection(options)),
  })
}

/** `--data` named the collection before `--collection` existed, and still does if that is missing. */
function withCollection({ collection, data, problems, ...options }: SftOptions): TrainedOn {
  const learned = collection ?? data
  if (learned === undefined) {
    throw new UserError('collection-missing', 'Name the run folder of mini-o3 collect with --collection.')
  }
  const searched = collection === undefined ? problems : (data ?? problems)
  return { ...options, collection: learned, ...(searched !== undefined && { data: searched }) }
}

type TrainedOn = Omit<SftOptions, 'problems' | 'collection'> & { readonly collection: string }

async function sftCommand(options: TrainedOn): Promise<void> {
  const vlm = await openVlm(options)
  return vlm ? vlmSft(options, vlm) : embeddedSft(options)
}

/** So many searches take seconds. */
const slowToPrepare = 5_000

async function embeddedSft(options: TrainedOn): Promise<void> {
  const trajectories = await readCollection(options.collection)
  if (trajectories.length >= slowToPrepare) say(`Cutting ${trajectories.length} searches into turns.`)
  const pictures = new Map(
    trajectories.map(({ problem, picture }) => [problem.docId, scenePicture(sceneOf(problem), picture.width)]),
  )
  const { seed } = options
  // Only the embedded engine can train the vision stem.
  const named = engineNamed(options)
  const lookSteps = named.isRemote ? 0 : options.lookSteps
  const settings: RunSftSettings = {
    ...valuesOf(settingOptions, options),
    ...valuesOf(lookOptions, options),
    lookSteps,
  }
  const { steps } = settings
  if (options.plan) {
    const turns = trajectories.flatMap((trajectory) => coldStartTurns(trajectory))
    return printPlan(planSft(turns, settings), options)
  }
  const { from, workers } = options
  const weights = await weightsHash(from)
  const config = { data: textsHash(trajectories), from: weights, ...settings, workers, ...named.settings }
  const interrupt = catchInterrupt(() => say('Finishing the step and saving. Repeat the command to resume.'))
  let progress: Progress | undefined
  let counted: string | undefined
  let last: SftMetrics | undefined
  const used: (TokenUsage | undefined)[] = []
  const train = async (run: RunFolder): Promise<void> => {
    // Stages have a count each: a look step takes a quarter of the time of another, so one rate for both would mislead.
    const advance = (label: string, total: number, step: number, note: string): void => {
      if (label !== counted) {
        progress?.finish()
        progress = startProgress({ label, total, done: step - 1, keep: run.tell })
        counted = label
      }
      progress?.advance(1, note)
    }
    const losses = await followLosses(run)
    const engine = await openEngine(options, run, { seed, frozenStem: !settings.trainStem, from })
    const shape = named.isRemote || from === undefined ? undefined : (await readCheckpoint(from)).config
    const complete = await runSft({
      trajectories,
      config: shape,
      openPicture: async (docId) => defined(pictures.get(docId), docId),
      settings,
      from,
      run,
      engine,
      signal: interrupt.signal,
      onDropped: (turns) => say(`${turns} turns are longer than the model's context and are left out.`),
      onLook: (step, { recall, digit }) =>
        advance('look steps', lookSteps, step, `sees ${percent(recall, 0)} %, reads ${percent(digit, 0)} %`),
      onStep: (metrics) => {
        last = metrics
        used.push(metrics.usage)
        advance('steps', steps, metrics.step, [...losses.notes(metrics), ...costNotes(used)].join(', '))
      },
    })
    progress?.finish()
    if (!complete) throw new AbortedError(`Stopped; finished steps are saved in ${run.path}.`)
    await tellTrained(run, engine, trajectories.length, { steps, loss: last?.loss }, options)
  }
  try {
    await inCommandRun('sft', config, options.run, train)
  } finally {
    interrupt.release()
  }
}

/** Trains a vision-language model on a server on whole searches, with their original prompts and views. */
async function vlmSft(options: TrainedOn, vlm: Vlm): Promise<void> {
  const { from } = options
  const { examples, hash } = await examplesOf(options)
  const settings: SftSettings = valuesOf(settingOptions, options)
  const { seed, steps } = settings
  if (options.plan) return printPlan(await planVlmSft(examples, vlm.model, settings), options)
  const config = {
    data: hash,
    from: await weightsHash(from),
    ...settings,
    ...vlm.settings,
    ...engineNamed(options).settings,
  }
  const interrupt = catchInterrupt(() => say('Finishing the step and saving. Repeat the command to resume.'))
  const train = async (run: RunFolder): Promise<void> => {
    const losses = await followLosses(run)
    const engine = await openEngine(options, run, { seed, frozenStem: false, model: vlm.model })
    let progress: Progress | undefined
    let loss: number | undefined
    const used: (TokenUsage | undefined)[] = []
    const complete = await runVlmSft({
      examples,
      model: vlm.model,
      profile: vlm.profile,
      settings,
      engine,
      from,
      run,
      signal: interrupt.signal,
      onStep(metrics) {
        loss = metrics.loss
        progress ??= startProgress({ label: 'steps', total: steps, done: metrics.step - 1, keep: run.tell })
        used.push(metrics.usage)
        progress.advance(1, [...losses.notes(metrics), ...costNotes(used)].join(', '))
      },
    })
    progress?.finish()
    if (!complete) throw new AbortedError(`Stopped; finished steps are saved in ${run.path}.`)
    await tellTrained(run, engine, examples.length, { steps, loss }, options)
  }
  try {
    await inCommandRun('sft', config, options.run, train)
  } finally {
    interrupt.release()
  }
}

/** The loss for the progress line, with a warning when training makes it worse; a resume knows the steps before. */
async function followLosses(run: RunFolder): Promise<{ notes(metrics: SftMetrics): string[] }> {
  const losses = (await readSteps(run, 'sft')).map(({ loss }) => Number(loss))
  return {
    notes({ loss }) {
      losses.push(loss)
      const risen = lossRisen(losses)
      const warning = risen && `far above the ${risen.from.toFixed(4)} of the start: --learning-rate may be too high`
      return [`loss ${loss.toFixed(4)}`, ...(warning ? [warning] : [])]
    },
  }
}

async function tellTrained(
  run: RunFolder,
  engine: Engine,
  trajectories: number,
  figures: { readonly steps: number; readonly loss: number | undefined },
  { json }: TrainedOn,
): Promise<void> {
  const policy = resolve(run.file(policyFile(engine.checkpointSuffix)))
  const why = whatBroke({ name: 'sft', steps: await readSteps(run, 'sft') })
  if (json) printJson({ policy, run: run.path, trajectories, ...figures, ...(why !== undefined && { why }) })
  else print([`Trained on ${trajectories} trajectories.`, ...(why ? [why] : []), useOf(policy, engine)].join(' '))
}

/** The examples of a collection, replayed with the original prompts and views, or of an exported set, unchanged. */
async function examplesOf(
  options: TrainedOn,
): Promise<{ readonly examples: readonly Example[]; readonly hash: string }> {
  const { collection } = options
  const exported = await readShareGptExamples(collection)
  if (exported) return { examples: exported, hash: sha256(await readFile(join(collection, 'train.json'))) }
  const trajectories = await readCollection(collection)
  const searched = await searchedUnder(collection, await readSearchedConfig(collection), options)
  const examples = toldSearches(trajectories, searched).map(({ trajectory, profile, openers }) =>
    exampleOf(trajectory, profile, openers),
  )
  return { examples, hash: textsHash(trajectories) }
}

/** Hash of the texts to learn, which ignores timings. */
function textsHash(trajectories: readonly Trajectory[]): string {
  return sha256(canonicalJson(trajectories.map(({ problem, turns }) => [problem.docId, turns.map(({ text }) => text)])))
}
