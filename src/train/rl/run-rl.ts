/**
 * Stage 2 of the recipe as one resumable run: samples problems with a mix of levels, searches them in groups, learns
 * from them, and keeps metrics and checkpoints. Everything of a step follows from the seed and the step's number, so a
 * run that was killed goes on to the same figures from its last checkpoint.
 */
import { createEmbeddedEngine } from '../../engine/embedded/embedded-engine.ts'
import type { Engine } from '../../engine/engine.ts'
import type { ModelConfig } from '../../model/config.ts'
import { judgeExact } from '../../judge/exact.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Level } from '../../protocol/problem.ts'
import type { Task } from '../../search/search.ts'
import { UserError } from '../../shared/errors.ts'
import { hashSeed, random } from '../../shared/random.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { Picture } from '../../vision/picture.ts'
import { type GrpoMetrics, type GrpoSettings, grpoStep } from './grpo.ts'
import { keepRollouts } from './kept-rollouts.ts'
import type { Learner } from '../learner.ts'
import { groupAdvantages, rolloutGroups } from './rollout.ts'
import { keepCheckpoint, loadCheckpoint, metricsLog, metricsOf } from '../run-log.ts'
import { policyFileOf } from '../sft/run-sft.ts'

export interface RunRlSettings extends GrpoSettings {
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
  objective: 'official',
  learningRate: 3e-4,
  warmupSteps: 5,
  updates: 2,
  clipLow: 0.2,
  clipHigh: 0.3,
  oldLogprobs: 'sampler',
  steps: 45,
  problemsPerStep: 12,
  groupSize: 8,
  maxTurns: 6,
  mix: { easy: 0.3, medium: 0.4, hard: 0.3 },
  seed: 1,
  saveEvery: 5,
}

export interface RunRlOptions {
  /** Problems of a level, opened when they are drawn. */
  readonly problems: Readonly<Record<Level, readonly (() => Promise<Task>)[]>>
  /** Whom to train. The limits of its profile end a search as too many turns do, and such searches are masked alike. */
  readonly learner: Learner
  /** Default: the exact one. */
  readonly judge?: Judge
  /** Checkpoint to start from; may be absent where the engine begins with weights of its own. */
  readonly from?: string
  readonly settings: RunRlSettings
  readonly run: RunFolder
  /** Computes elsewhere, and is closed at the end; default: an embedded engine. */
  readonly engine?: Engine
  /** Shape of the model in `from`; default: the one that ships. */
  readonly config?: ModelConfig
  readonly workers?: number
  readonly signal?: AbortSignal
  /** Told once how many steps are done already. */
  onBegin?(done: number): void
  onStep?(metrics: RlMetrics): void
}

/** Figures of one step and where its time went; the step takes `rolloutMs + trainMs`. */
export interface RlMetrics extends GrpoMetrics {
  /** Of each group of searches that could not be learned from, why. */
  readonly lost: readonly string[]
  /** Sampled tokens for each second of `rolloutMs`. */
  readonly tokensPerSecond: number
  /** From opening the problems until the last search has its verdict. */
  readonly rolloutMs: number
  /** Part of `rolloutMs`: opening problems and drawing views in this thread, mostly while workers sample. */
  readonly drawMs: number
  readonly trainMs: number
  /** How long the engine's workers had nothing to do, in the mean: what is spent outside the engine, if it tells. */
  readonly outsideMs?: number
}

/** Steps in a row with a mean of fewer turns, hardly more than one, after which a run is called collapsed. */
const collapseSteps = 10
const shortTurns = 1.3

/**
 * - `stopped`: the same call goes on from the last checkpoint.
 * - `collapsed`: searches have shrunk to hardly more than one turn.
 * - `unlearned`: no step changed the policy; `whyUnlearned` says why.
 */
export type RlEnd = 'complete' | 'stopped' | 'collapsed' | 'unlearned'

/** Returns how it ended. */
export async function runRl(options: RunRlOptions): Promise<RlEnd> {
  const { settings, run, from, config, workers, signal } = options
  // The stem stays frozen: rewards are too coarse to teach it to see.
  const engine = options.engine ?? createEmbeddedEngine({ config, frozenStem: true, workers })
  try {
    const last = await loadCheckpoint(engine, run)
    const done = last?.step ?? 0
    if (!last && from !== undefined) await engine.loadWeights(from)
    options.onBegin?.(done)
    const before = (await metricsOf(run, 'rl')).filter(({ step }) => Number(step) <= done)
    let short = before.length - 1 - before.findLastIndex(({ turns }) => Number(turns) >= shortTurns)
    for (let step = done + 1; step <= settings.steps && short < collapseSteps; step++) {
      const metrics = await rlStep(engine, options, step)
      await run.append(metricsLog, { stage: 'rl', ...metrics })
      options.onStep?.(metrics)
      short = metrics.turns < shortTurns ? short + 1 : 0
      const stopping = signal?.aborted === true
      if (step % settings.saveEvery === 0 || step === settings.steps || stopping) {
        await keepCheckpoint(engine, run, 'rl', step)
      }
      if (stopping) return 'stopped'
    }
    await engine.saveForUse(run.file(policyFileOf(engine)))
    if (short >= collapseSteps) return 'collapsed'
    return (await metricsOf(run, 'rl')).some(hasLearned) ? 'complete' : 'unlearned'
  } finally {
    await engine.close()
  }
}

/** Engines that do not tell the norm of the gradient are believed to have one. */
function hasLearned({ trainedTokens, gradientNorm, learningRate }: Readonly<Record<string, unknown>>): boolean {
  return trainedTokens !== 0 && gradientNorm !== 0 && learningRate !== 0
}

/** For the user, from the metrics of a run that learned nothing. */
export function whyUnlearned(steps: readonly Readonly<Record<string, unknown>>[]): string {
  const all = (name: keyof RlMetrics, value: number): boolean => steps.every((step) => step[name] === value)
  if (all('maskedShare', 1))
    return 'Every search ran into a limit and was masked: raise --max-turns or --context-limit.'
  if (all('reward', 1)) return 'Every answer was right: take harder problems.'
  if (all('reward', 0)) return 'No answer was right: take easier problems, more turns or a better start.'
  if (all('zeroSpreadShare', 1)) return 'In no group did searches differ in reward: raise --group-size.'
  return 'Gradients or learning rates were zero: raise --learning-rate.'
}

async function rlStep(engine: Engine, options: RunRlOptions, step: number): Promise<RlMetrics> {
  const { settings, run } = options
  const { groupSize, maxTurns } = settings
  const { profile, policy: policyOf, adam } = options.learner
  const seed = hashSeed(settings.seed, step)
  const busyMs = engine.busyMs?.()
  const startedMs = performance.now()
  const opened = await Promise.all(drawProblems(options, step).map((open) => open()))
  let drawMs = performance.now() - startedMs
  const tasks = opened.map((task) => timed(task, (ms) => (drawMs += ms)))
  const policy = policyOf(await engine.sampler())
  const judge = options.judge ?? judgeExact
  const { groups, lost } = await rolloutGroups(tasks, policy, judge, { groupSize, maxTurns, profile, seed })
  const rolloutMs = performance.now() - startedMs
  const groupwise = groupAdvantages(groups, settings.objective)
  // Before anything is learned from them: where learning refuses them, they show why.
  await keepRollouts(run, groups, groupwise, { steps: settings.steps, step })
  const metrics = await grpoStep(engine, groups, groupwise, settings, step, adam)
  const stepMs = performance.now() - startedMs
  return {
    ...metrics,
    lost,
    tokensPerSecond: metrics.sampledTokens / (rolloutMs / 1000),
    rolloutMs,
    drawMs,
    trainMs: stepMs - rolloutMs,
    ...(busyMs !== undefined && { outsideMs: stepMs - (engine.busyMs!() - busyMs) }),
  }
}

/** The task with a picture that tells how long each of its views keeps this thread. */
function timed({ picture, problem }: Task, tell: (ms: number) => void): Task {
  const region: Picture['region'] = (...asked) => {
    const startedMs = performance.now()
    const pixels = picture.region(...asked)
    tell(performance.now() - startedMs)
    return pixels
  }
  const { width, height, sha256 } = picture
  return { problem, picture: { width, height, sha256, region } }
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
