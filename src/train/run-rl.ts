/**
 * Stage 2 of the recipe as one resumable run: samples problems with a mix of levels, searches them in groups, learns
 * from them, and keeps metrics and checkpoints. Everything of a step follows from the seed and the step's number, so a
 * run that was killed goes on to the same figures from its last checkpoint.
 */
import { createEmbeddedEngine } from '../engine/embedded/embedded-engine.ts'
import type { ModelConfig } from '../model/config.ts'
import { samplerPolicy } from '../policy/embedded/embedded-policy.ts'
import type { Level } from '../protocol/problem.ts'
import { embeddedProfileWith, viewSides } from '../protocol/profile.ts'
import type { EmbeddedBudget } from '../protocol/profile.ts'
import type { Task } from '../search/search.ts'
import { UserError } from '../shared/errors.ts'
import { hashSeed, random } from '../shared/random.ts'
import type { RunFolder } from '../shared/run-folder.ts'
import { type GrpoMetrics, type GrpoSettings, grpoStep } from './grpo.ts'
import { rolloutGroups } from './rollout.ts'
import { keepCheckpoint, lastCheckpoint, metricsOf } from './run-log.ts'
import { policyFile } from './run-sft.ts'

/** The budget's limits end a search as too many turns do, and such searches are masked alike. */
export interface RunRlSettings extends GrpoSettings, EmbeddedBudget {
  readonly steps: number
  readonly problemsPerStep: number
  readonly groupSize: number
  readonly maxTurns: number
  /** Share of each level among the problems of a step. */
  readonly mix: Readonly<Record<Level, number>>
  readonly seed: number
  readonly saveEvery: number
}

export const defaultRlSettings: RunRlSettings = {
  objective: 'paper',
  learningRate: 1e-4,
  warmupSteps: 10,
  updates: 2,
  clipLow: 0.2,
  clipHigh: 0.3,
  steps: 100,
  problemsPerStep: 12,
  groupSize: 8,
  maxTurns: 6,
  viewSide: viewSides.own,
  contextLimit: null,
  mix: { easy: 0.2, medium: 0.3, hard: 0.5 },
  seed: 1,
  saveEvery: 5,
}

export interface RunRlOptions {
  /** Problems of a level, opened when they are drawn. */
  readonly problems: Readonly<Record<Level, readonly (() => Promise<Task>)[]>>
  /** Checkpoint to start from. */
  readonly from: string
  readonly settings: RunRlSettings
  readonly run: RunFolder
  /** Shape of the model in `from`; default: the one that ships. */
  readonly config?: ModelConfig
  readonly workers?: number
  readonly signal?: AbortSignal
  onStep?(metrics: GrpoMetrics & StepTimes): void
}

interface StepTimes {
  readonly rolloutMs: number
  readonly trainMs: number
}

/** Steps in a row with a mean of fewer turns, hardly more than one, after which a run is called collapsed. */
const collapseSteps = 10
const shortTurns = 1.3

/** Returns how it ended. `stopped`: the same call goes on from the last checkpoint. */
export async function runRl(options: RunRlOptions): Promise<'complete' | 'stopped' | 'collapsed'> {
  const { settings, run, config, workers, signal } = options
  // The stem stays frozen: rewards are too coarse to teach it to see.
  const engine = createEmbeddedEngine({ config, frozenStem: true, workers })
  try {
    const last = await lastCheckpoint(run)
    const done = last?.step ?? 0
    await engine.load(last ? run.file(last.file) : options.from)
    if (!last) engine.resetOptimiser()
    const profile = embeddedProfileWith(settings)
    const before = (await metricsOf(run, 'rl')).slice(0, done)
    let short = before.length - 1 - before.findLastIndex(({ turns }) => Number(turns) >= shortTurns)
    for (let step = done + 1; step <= settings.steps && short < collapseSteps; step++) {
      const startedMs = performance.now()
      const tasks = await Promise.all(drawProblems(options, step).map((open) => open()))
      const policy = samplerPolicy('embedded', await engine.sampler(), 1)
      const { groupSize, maxTurns } = settings
      const seed = hashSeed(settings.seed, step)
      const groups = await rolloutGroups(tasks, policy, { groupSize, maxTurns, profile, seed })
      const rolledMs = performance.now()
      const metrics = await grpoStep(engine, groups, settings, step)
      const times = { rolloutMs: rolledMs - startedMs, trainMs: performance.now() - rolledMs }
      await run.append('metrics', { stage: 'rl', ...metrics, ...times })
      options.onStep?.({ ...metrics, ...times })
      short = metrics.turns < shortTurns ? short + 1 : 0
      const stopping = signal?.aborted === true
      if (step % settings.saveEvery === 0 || step === settings.steps || stopping) {
        await keepCheckpoint(engine, run, 'rl', step)
      }
      if (stopping) return 'stopped'
    }
    await engine.saveForUse(run.file(policyFile))
    return short < collapseSteps ? 'complete' : 'collapsed'
  } finally {
    await engine.close()
  }
}

/** The problems of a step: a level by the mix, then one of its problems, all by seed and step. */
function drawProblems({ problems, settings }: RunRlOptions, step: number): (() => Promise<Task>)[] {
  const rng = random('rl-problems', settings.seed, step)
  const shares = Object.entries(settings.mix) as [Level, number][]
  const total = shares.reduce((sum, [, share]) => sum + share, 0)
  return Array.from({ length: settings.problemsPerStep }, () => {
    let left = rng.next() * total
    const level = shares.find(([, share]) => (left -= share) < 0)?.[0] ?? shares.at(-1)![0]
    if (problems[level].length === 0) {
      throw new UserError(
        'no-problems',
        `The mix wants ${level} problems and the data hold none. Build some or change the mix.`,
      )
    }
    return rng.pick(problems[level])
  })
}
