/**
 * Stage 2 of the paper as one resumable run: samples problems with a mix of levels, searches them in groups (`rollout.ts`), learns from
 * them (`grpo.ts`), and keeps metrics and checkpoints. Everything of a step follows from the seed and the step's number, so a run that
 * was killed goes on to the same figures from its last checkpoint. Departure: the defaults are for the small policy on two cores
 * (12 problems x 8 searches, learning rate 1e-4, 45 steps); configs/qwen2.5-vl-7b.yaml has the paper's.
 */
import { type Engine, lossClips, type TokenUsage, usageSince } from '../../engine/engine.ts'
import type { Policy } from '../../policy/policy.ts'
import { UserError } from '../../shared/errors.ts'
import { defined } from '../../shared/known.ts'
import { type CollectedStep, type SearchStepOptions, collectStep, type SearchSettings } from './collect-step.ts'
import { type Curriculum, readMemory } from './curriculum.ts'
import type { SamplingMetrics } from './dynamic-sampling.ts'
import { type GrpoMetrics, type GrpoSettings, grpoStep } from './grpo.ts'
import { policyFile, solvedLog, logStep, readSteps } from '../../runs/training.ts'
import { lastingSteps, stepsLost } from '../../runs/training-health.ts'
import { keepCheckpoint, loadCheckpoint } from '../run-log.ts'

export interface RunRlSettings extends GrpoSettings, SearchSettings {
  readonly curriculum: Curriculum
  /**
   * 1: while the trainer works on a step, the next one is searched with the weights from before, except behind a checkpoint, so that
   * a run that goes on from there is the same. 0: each step is searched with the newest weights.
   */
  readonly staleness: number
  readonly saveEvery: number
}

export const defaultRlSettings: RunRlSettings = {
  objective: 'official',
  learningRate: 1e-4,
  warmupSteps: 5,
  updates: 2,
  loss: 'ppo',
  ...lossClips.ppo,
  oldLogprobs: 'sampler',
  steps: 45,
  problemsPerStep: 12,
  maxSamplingRounds: 1,
  groupSize: 8,
  maxTurns: 6,
  mix: { easy: 0.3, medium: 0.4, hard: 0.3 },
  curriculum: 'even',
  staleness: 0,
  seed: 1,
  saveEvery: 5,
}

export interface RunRlOptions extends SearchStepOptions {
  readonly settings: RunRlSettings
  /** Checkpoint to start from; default: the weights that the engine has. */
  readonly from?: string | undefined
  /** Closed at the end. The stem of the small model should be frozen: rewards are too coarse to teach it to see. */
  readonly engine: Engine
  /** Told once how many steps are done already. */
  onBegin?(done: number): void
  onStep?(metrics: RlMetrics): void
}

/** Figures of one step and where its time went; without staleness the step takes `rolloutMs + trainMs`. */
export interface RlMetrics extends SamplingMetrics, GrpoMetrics {
  /** By how many steps the weights that searched were older than those that learned. */
  readonly staleness: number
  /** Under a curriculum: problems that it draws less often from now on. */
  readonly settledProblems?: number
  /** Sampled tokens for each second of `rolloutMs`. */
  readonly tokensPerSecond: number
  /** From opening the problems until the last search of the last round has its verdict. */
  readonly rolloutMs: number
  /** Part of `rolloutMs`: opening problems and drawing views in this thread, mostly while workers sample. */
  readonly drawMs: number
  readonly trainMs: number
  /** How long the engine's workers had nothing to do, in the mean: what is spent outside the engine, if it tells. */
  readonly outsideMs?: number
  /** What it came to on a server: tokens of this step, and their cost where prices are known. */
  readonly usage?: TokenUsage
}

/** A mean of fewer turns is hardly more than one. */
const shortTurns = 1.3

/**
 * - `stopped`: the same call goes on from the last checkpoint.
 * - `collapsed`: searches have shrunk to hardly more than one turn.
 * - `lost`: hardly any answer is right any more; `whatBroke` says so.
 * - `unlearned`: no step changed the policy; `whyUnlearned` says why.
 */
export type RlEnd = 'complete' | 'stopped' | 'collapsed' | 'lost' | 'unlearned'

/** Returns how it ended. */
export async function runRl(options: RunRlOptions): Promise<RlEnd> {
  const { settings, run, from, engine, learner, signal } = options
  /** Ends the searches of a step that is not to come. */
  const cut = new AbortController()
  let ahead: Promise<CollectedStep> | undefined
  try {
    checkStaleness(options)
    const last = await loadCheckpoint(engine, run)
    const done = last?.step ?? 0
    if (!last && from !== undefined) await engine.loadWeights(from)
    options.onBegin?.(done)
    const before = await readSteps(run, 'rl')
    const memory = settings.curriculum === 'even' ? undefined : await readMemory(run)
    let saved = done
    const keep = async (step: number): Promise<void> => {
      if (step > saved) await keepCheckpoint(engine, run, 'rl', step)
      saved = step
    }
    const published = async (): Promise<Policy> => learner.policy(await engine.sampler())
    const collect = (step: number, policy: Policy): Promise<CollectedStep> =>
      collectStep(options, { step, policy, weightOf: memory?.weightOf, cut: cut.signal })
    let short = before.length - 1 - before.findLastIndex(({ turns }) => Number(turns) >= shortTurns)
    const rewards = before.map(({ reward }) => Number(reward))
    const isBroken = (): boolean => short >= lastingSteps || stepsLost(rewards) >= lastingSteps
    let spent = engine.usage?.()
    for (let step = done + 1; step <= settings.steps && !isBroken(); step++) {
      const busyMs = engine.busyMs?.()
      const startedMs = performance.now()
      const fresh = ahead ? undefined : await published()
      const collected = await (fresh ? collect(step, fresh) : defined(ahead, 'the searches of the step'))
      ahead = undefined
      const { sampled, solved, drawMs, rolloutMs } = collected
      if (sampled.kind !== 'enough') {
        await keep(step - 1)
        if (sampled.kind === 'stopped') return 'stopped'
        throw tooFewGroups(sampled.metrics, options, step)
      }
      memory?.learn(solved)
      const saves = step % settings.saveEvery === 0 || step === settings.steps
      if (settings.staleness > 0 && !saves && signal?.aborted !== true) {
        ahead = collect(step + 1, fresh ?? (await published()))
        // It is waited for when the trainer is done.
        ahead.catch(() => {})
      }
      const trainedMs = performance.now()
      const learned = await grpoStep(engine, sampled.groups, settings, step, learner)
      const endedMs = performance.now()
      const usage = engine.usage?.()
      const metrics: RlMetrics = {
        ...sampled.metrics,
        ...learned,
        staleness: fresh ? 0 : 1,
        ...(memory && { settledProblems: memory.settled() }),
        tokensPerSecond: sampled.metrics.sampledTokens / (rolloutMs / 1000),
        rolloutMs,
        drawMs,
        trainMs: endedMs - trainedMs,
        // The clocks of several threads: of a step that is all engine, the difference may fall below nothing by their rounding.
        ...(busyMs !== undefined && {
          outsideMs: Math.max(0, endedMs - startedMs - (defined(engine.busyMs?.(), 'the busy time') - busyMs)),
        }),
        ...(spent && usage && { usage: usageSince(spent, usage) }),
      }
      spent = usage
      if (memory) await run.append(solvedLog, { step, problems: solved })
      await logStep(run, { stage: 'rl', ...metrics })
      options.onStep?.(metrics)
      short = metrics.turns < shortTurns ? short + 1 : 0
      rewards.push(metrics.reward)
      const stopping = signal?.aborted === true
      if (saves || stopping) await keep(step)
      if (stopping) return 'stopped'
    }
    await engine.saveForUse(run.file(policyFile(engine.checkpointSuffix)))
    if (isBroken()) return short >= lastingSteps ? 'collapsed' : 'lost'
    const steps = await readSteps(run, 'rl')
    // Of steps whose lines were lost nobody knows.
    return steps.length < settings.steps || steps.some(hasLearned) ? 'complete' : 'unlearned'
  } finally {
    cut.abort()
    await ahead?.catch(() => {})
    await engine.close()
  }
}

/** Throws `UserError` where steps cannot be searched ahead. */
function checkStaleness({ settings, engine }: RunRlOptions): void {
  if (settings.staleness === 0) return
  if (!engine.samplesApart) {
    throw new UserError(
      'staleness-engine',
      'This engine samples with the weights that it trains (so does a SkyRL server, whose two engines share their GPUs): it ' +
        'cannot search the next step meanwhile. Leave --staleness out, or train on a server that does both at once.',
    )
  }
  checkAhead(settings)
}

/** Throws `UserError` where searching ahead would not go with the other settings. */
export function checkAhead(settings: Pick<RunRlSettings, 'staleness' | 'oldLogprobs' | 'saveEvery'>): void {
  const { staleness, oldLogprobs, saveEvery } = settings
  if (staleness === 0) return
  if (oldLogprobs !== 'sampler') {
    throw new UserError(
      'staleness-ratios',
      'With --staleness 1 ratios have to start from the log-probabilities as sampled: add --old-logprobs sampler.',
    )
  }
  if (saveEvery === 1) {
    throw new UserError(
      'staleness-saves',
      'With --save-every 1 nothing is ever searched ahead, since the searches after a checkpoint wait for its weights: use ' +
        '--save-every 2 or more, or leave --staleness out.',
    )
  }
}

/** Engines that do not tell the norm of the gradient are believed to have one. */
function hasLearned({ trainedTokens, gradientNorm, learningRate }: Readonly<Record<string, unknown>>): boolean {
  return trainedTokens !== 0 && gradientNorm !== 0 && learningRate !== 0
}

/** For the user, from the metrics of a run that learned nothing. */
export function whyUnlearned(steps: readonly Readonly<Record<string, unknown>>[]): string {
  const all = (name: keyof RlMetrics, value: number): boolean => steps.every((step) => step[name] === value)
  if (all('maskedShare', 1)) return 'Every search reached a limit and was masked: raise --max-turns or --context-limit.'
  if (all('reward', 1)) return 'Every answer was right: use harder problems.'
  if (all('reward', 0)) return 'No answer was right: use easier problems, more turns or a better start.'
  if (all('zeroSpreadShare', 1)) return 'The searches of each group had the same reward: raise --group-size.'
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
      `${percent(zeroSpreadShare)} of the groups had the same reward throughout` +
      `${lost.length > 0 ? `, and ${lost.length} had no result` : ''}. Nothing was learned from it; the steps before are ` +
      `saved in ${run.path}. Repeat the command with more rounds, or begin another run with ` +
      `${reward < 0.5 ? 'easier problems, more turns or a better start' : 'harder problems'}, or a larger --group-size.`,
  )
}
