/**
 * Stage 1 of the recipe as one resumable run: the stem learns to see, then the policy learns from cold-start
 * trajectories turn by turn. The run folder holds metrics, the checkpoint to resume from, and at the end the policy.
 */
import { type Datum, defaultAdam, type Engine, promptOf } from '../../engine/engine.ts'
import { defaultConfig, type ModelConfig, textTokens } from '../../model/config.ts'
import { decodeTokens } from '../../model/tokenizer.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { UserError } from '../../shared/errors.ts'
import { random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { view } from '../../vision/fit.ts'
import type { Picture } from '../../vision/picture.ts'
import { coldStartTurns, type ColdStartTurn, shiftNumbers, withEmptyList } from './cold-start-turns.ts'
import {
  lookBatchAt,
  lookMetrics,
  type LookMetrics,
  type PerceptionSettings,
  teachesStem,
  teachStem,
} from './perception.ts'
import { policyFile } from '../../runs/training.ts'
import { loadCheckpoint } from '../run-log.ts'
import { partReader } from '../token-parts.ts'
import { batchIndices, sft, withWeights, type SftMetrics, type SftSettings } from './sft.ts'

export interface RunSftSettings extends SftSettings, PerceptionSettings {
  /** Lets text teach the stem too, beside the perception loss, which keeps it seeing. */
  readonly trainStem: boolean
}

/** Where to start from; `docs/experiments/sft.md` says what made the checkpoint that ships. */
export const defaultSftSettings: RunSftSettings = {
  lookSteps: 1500,
  lookBatch: 64,
  lookRate: 2e-3,
  steps: 3000,
  batch: 64,
  learningRate: 1.5e-3,
  warmupSteps: 100,
  trainStem: false,
  seed: 1,
  saveEvery: 100,
}

/** Chance that a turn which drops a place is learned as if that had been the last one. */
const emptiedShare = 0.2

/** Weight of the perception loss beside the policy's. */
const lookWeight = 1

export interface RunSftOptions {
  readonly trajectories: readonly Trajectory[]
  /** The picture of a problem, by its `docId`. */
  readonly openPicture: (docId: string) => Promise<Picture>
  readonly settings: RunSftSettings
  /** A checkpoint to start from, with its optimiser state; default: fresh weights. */
  readonly from?: string | undefined
  readonly run: RunFolder
  /** Closed at the end. Where it cannot teach the stem, the stage before is left out. */
  readonly engine: Engine
  /** Shape of the engine's model; default: the one that ships. */
  readonly config?: ModelConfig | undefined
  readonly signal?: AbortSignal | undefined
  /** Told once, before training, how many turns are left out because they are longer than the model's context. */
  onDropped?(turns: number): void
  onLook?(step: number, metrics: LookMetrics): void
  onStep?(metrics: SftMetrics): void
}

/** Returns true when the run is complete, false when `signal` stopped it: the same call then goes on from there. */
export async function runSft(options: RunSftOptions): Promise<boolean> {
  const { trajectories, settings, engine, from, run, config, signal } = options
  const all = trajectories.flatMap((trajectory) => coldStartTurns(trajectory))
  const turns = all.filter((turn) => fits(turn, config ?? defaultConfig))
  try {
    if (turns.length === 0) {
      const fix = 'There is no trajectory to learn from. Collect some: mini-o3 collect --help'
      throw new UserError('no-trajectories', fix)
    }
    if (turns.length < all.length) options.onDropped?.(all.length - turns.length)
    const stem = teachesStem(engine) ? engine : undefined
    const done = await loadCheckpoint(engine, run)
    if (!done && from !== undefined) await engine.load(from)
    if (stem && done?.stage !== 'sft') {
      const firstStep = done ? done.step + 1 : 1
      await teachStem(stem, settings, run, { firstStep, signal, onStep: options.onLook })
      if (signal?.aborted) return false
    }
    const indicesAt = batchIndices(turns.length, settings)
    await sft(engine, settings, defaultAdam, (step) => batchAt(turns, indicesAt(step), options, step), run, {
      firstStep: done?.stage === 'sft' ? done.step + 1 : 1,
      signal,
      partsOf: partReader(profiles.embedded, decodeTokens),
      onStep: options.onStep,
      beside:
        stem &&
        (async (step) => {
          const views = lookBatchAt(settings, settings.lookSteps + step)
          const looked = await stem.lookForwardBackward(views, lookWeight / views.length)
          return { look: lookMetrics(views, looked) }
        }),
    })
    if (signal?.aborted) return false
    await engine.saveForUse(run.file(policyFile(engine.checkpointSuffix)))
    return true
  } finally {
    await engine.close()
  }
}

/** The last token of a reply is only ever predicted. */
function fits({ prompt, reply }: ColdStartTurn, config: ModelConfig): boolean {
  return prompt.length + reply.length - 1 <= textTokens(config)
}

async function batchAt(
  turns: readonly ColdStartTurn[],
  indices: readonly number[],
  { settings, openPicture }: RunSftOptions,
  step: number,
): Promise<Datum[]> {
  const data = await Promise.all(
    indices.map(async (index, position) => {
      const rng = random('shift', settings.seed, step, position)
      const emptied = rng.chance(emptiedShare) ? withEmptyList(itemAt(turns, index)) : undefined
      const turn = shiftNumbers(emptied ?? itemAt(turns, index), rng)
      const picture = await openPicture(turn.docId)
      const seen = await view(picture, turn.boxPx, profiles.embedded.observationView)
      return { prompt: promptOf(seen, turn.prompt), reply: turn.reply }
    }),
  )
  return withWeights(data)
}
