/**
 * Stage 2 of the paper as one resumable run: samples problems with a mix of levels, searches them in groups (`rollout.ts`), learns from
 * them (`grpo.ts`), and keeps metrics and checkpoints. Everything of a step follows from the seed and the step's number, so a run that
 * was killed goes on to the same figures from its last checkpoint. Departure: the defaults are for the small policy on two cores
 * (12 problems x 8 searches, learning rate 3e-4, 45 steps); configs/qwen2.5-vl-7b.yaml has the paper's.
 */
import type { Engine } from '../../engine/engine.ts'
import { judgeExact } from '../../judge/exact.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Level } from '../../protocol/problem.ts'
import type { Task } from '../../search/search.ts'
import { UserError } from '../../shared/errors.ts'
import { hashSeed, random } from '../../shared/random.ts'
import { defined, lastOf } from '../../shared/known.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { Picture } from '../../vision/picture.ts'
import { sampleGroups, type Sampled, type SamplingMetrics } from './dynamic-sampling.ts'
import { type GrpoMetrics, type GrpoSettings, grpoStep } from './grpo.ts'
import { keepRollouts } from './kept-rollouts.ts'
import type { Learner } from '../learner.ts'
import { rolloutGroups, type Rollouts } from './rollout.ts'
import { policyFile, stepLog, readSteps } from '../../runs/training.ts'
import { keepCheckpoint, loadCheckpoint } from '../run-log.ts'
import { entriesOf } from '../../shared/fields.ts'

export interface RunRlSettings extends GrpoSettings {
  readonly steps: number
  readonly problemsPerStep: number
  /**
   * Batches of problems that a step may search until it has `problemsPerStep` groups whose searches differ in reward; a step
   * that lacks some then ends the run. 1: a step learns from what it has. It changes no step that does not reach it.
   */
  readonly maxSamplingRounds: number
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
  maxSamplingRounds: 1,
  groupSize: 8,
  maxTurns: 6,
  mix: { easy: 0.3, medium: 0.4, hard: 0.3 },
  seed: 1,
  saveEvery: 5,
}

export interface RunRlOptions {
  /** Problems of a level, opened when they are drawn. */
  readonly problems: Readonly<Record<Level, readonly (() => Promise<Task>)[]>>
  /** What is trained. The limits of its profile end a search as too many turns do, and such searches are masked alike. */
  readonly learner: Learner
  /** Default: the exact one. */
  readonly judge?: Judge
  /** Checkpoint to start from; default: the weights that the engine has. */
  readonly from?: string | undefined
  readonly settings: RunRlSettings
  readonly run: RunFolder
  /** Closed at the end. The stem of the small model should be frozen: rewards are too coarse to teach it to see. */
  readonly engine: Engine
  readonly signal?: AbortSignal | undefined
  /** Told once how many steps are done already. */
  onBegin?(done: number): void
  /** A round left a step with `found` groups to learn from, fewer than it wants. */
  onRound?(step: number, round: number, found: number): void
  onStep?(metrics: RlMetrics): void
}

/** Figures of one step and where its time went; the step takes `rolloutMs + trainMs`. */
export interface RlMetrics extends SamplingMetrics, GrpoMetrics {
  /** Sampled tokens for each second of `rolloutMs`. */
  readonly tokensPerSecond: number
  /** From opening the problems until the last search of the last round has its verdict. */
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
  const { settings, run, from, engine, signal } = options
  try {
    const last = await loadCheckpoint(engine, run)
    const done = last?.step ?? 0
    if (!last && from !== undefined) await engine.loadWeights(from)
    options.onBegin?.(done)
    const before = await readSteps(run, 'rl')
    let saved = done
    const keep = async (step: number): Promise<void> => {
      if (step > saved) await keepCheckpoint(engine, run, 'rl', step)
      saved = step
    }
    let short = before.length - 1 - before.findLastIndex(({ turns }) => Number(turns) >= shortTurns)
    for (let step = done + 1; step <= settings.steps && short < collapseSteps; step++) {
      const outcome = await rlStep(options, step)
      if (outcome.kind !== 'learned') {
        await keep(step - 1)
        if (outcome.kind === 'stopped') return 'stopped'
        throw tooFewGroups(outcome.metrics, options, step)
      }
      const { metrics } = outcome
      await run.append(stepLog, { stage: 'rl', ...metrics })
      options.onStep?.(metrics)
      short = metrics.turns < shortTurns ? short + 1 : 0
      const stopping = signal?.aborted === true
      if (step % settings.saveEvery === 0 || step === settings.steps || stopping) await keep(step)
      if (stopping) return 'stopped'
    }
    await engine.saveForUse(run.file(policyFile(engine.checkpointSuffix)))
    if (short >= collapseSteps) return 'collapsed'
    return (await readSteps(run, 'rl')).some(hasLearned) ? 'complete' : 'unlearned'
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

/** As the released training does (`max_num_gen_batches`), instead of learning from fewer groups than were asked for. */
function tooFewGroups(metrics: SamplingMetrics, { settings, run }: RunRlOptions, step: number): UserError {
  const { searches, trainedGroups, samplingRounds, reward, zeroSpreadShare, lost } = metrics
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
  return new UserError(
    'too-few-groups',
    `Step ${step} found ${trainedGroups} of ${settings.problemsPerStep} groups of searches that differ in reward, in ` +
      `${samplingRounds} rounds (--max-sampling-rounds): of ${searches} searches ${percent(reward)} were right, ` +
      `${percent(zeroSpreadShare)} of the groups had one reward throughout` +
      `${lost.length > 0 ? `, and ${lost.length} came to no result` : ''}. Nothing was learned from it; the steps before are ` +
      `saved in ${run.path}. Repeat the command with more rounds, or begin another run with ` +
      `${reward < 0.5 ? 'easier problems, more turns or a better start' : 'harder problems'}, or a larger --group-size.`,
  )
}

type StepOutcome =
  | { readonly kind: 'learned'; readonly metrics: RlMetrics }
  | Exclude<Sampled, { readonly kind: 'enough' }>

async function rlStep(options: RunRlOptions, step: number): Promise<StepOutcome> {
  const { settings, engine, run, signal, judge = judgeExact } = options
  const { groupSize, maxTurns, objective, problemsPerStep, maxSamplingRounds } = settings
  const { profile, policy: policyOf, adam } = options.learner
  const busyMs = engine.busyMs?.()
  const startedMs = performance.now()
  let drawMs = 0
  const policy = policyOf(await engine.sampler())
  const draw = async (round: number): Promise<Rollouts> => {
    // The first round has the seeds of a step without others.
    const seeds = round === 1 ? [settings.seed, step] : [settings.seed, step, round]
    const openedMs = performance.now()
    const opened = await Promise.all(drawProblems(options, seeds).map((open) => open()))
    drawMs += performance.now() - openedMs
    const tasks = opened.map((task) => timed(task, (ms) => (drawMs += ms)))
    const asked = { groupSize, maxTurns, profile, objective, seed: hashSeed(...seeds) }
    const rollouts = await rolloutGroups(tasks, policy, judge, asked)
    // Before anything is learned from them: where learning refuses them, they show why.
    if (round === 1) await keepRollouts(run, rollouts.groups, { steps: settings.steps, step })
    return rollouts
  }
  const sampled = await sampleGroups(draw, {
    wanted: problemsPerStep,
    maxRounds: maxSamplingRounds,
    objective,
    signal,
    onRound: (round, found) => options.onRound?.(step, round, found),
  })
  if (sampled.kind !== 'enough') return sampled
  const rolloutMs = performance.now() - startedMs
  const learned = await grpoStep(engine, sampled.groups, settings, step, adam)
  const stepMs = performance.now() - startedMs
  const metrics = {
    ...sampled.metrics,
    ...learned,
    tokensPerSecond: sampled.metrics.sampledTokens / (rolloutMs / 1000),
    rolloutMs,
    drawMs,
    trainMs: stepMs - rolloutMs,
    // The clocks of several threads: of a step that is all engine, the difference may fall below nothing by their rounding.
    ...(busyMs !== undefined && {
      outsideMs: Math.max(0, stepMs - (defined(engine.busyMs?.(), 'the busy time') - busyMs)),
    }),
  }
  return { kind: 'learned', metrics }
}

/** The task with a picture that tells how long each of its views keeps this thread. */
function timed({ picture, problem }: Task, tell: (ms: number) => void): Task {
  const region: Picture['region'] = (...asked) => {
    const startedMs = performance.now()
    const pixels = picture.region(...asked)
    tell(performance.now() - startedMs)
    return pixels
  }
  return { problem, picture: { ...picture, region } }
}

/** The problems of a round: a level by the mix, then one of its problems, all by the seeds. */
function drawProblems({ problems, settings }: RunRlOptions, seeds: readonly number[]): (() => Promise<Task>)[] {
  const rng = random('rl-problems', ...seeds)
  const shares = entriesOf(settings.mix)
  const total = shares.reduce((sum, [, share]) => sum + share, 0)
  return Array.from({ length: settings.problemsPerStep }, () => {
    let left = rng.next() * total
    const level = shares.find(([, share]) => (left -= share) < 0)?.[0] ?? lastOf(shares)[0]
    if (problems[level].length === 0) {
      throw new UserError(
        'no-problems',
        `The mix wants ${level} problems and the data hold none. Build some or change the mix.`,
      )
    }
    return rng.pick(problems[level])
  })
}
