/**
 * Dynamic sampling (DAPO; the released code's `rejection_sample`): groups whose searches all have the same reward teach
 * nothing and are replaced by further ones, round by round, until a step has as many as it wants.
 *
 * As released, a round draws a whole batch of problems, groups beyond the wanted number are cut off, and a step that lacks
 * some after the largest number of rounds ends the run. Departures: the bound also counts rounds in which no group had a spread.
 */
import { completed, ends, type End } from '../../protocol/trajectory.ts'
import { mean, sum } from '../../shared/numbers.ts'
import { isMasked, type Objective } from './advantages.ts'
import type { RolloutGroup, Rollouts } from './rollout.ts'
import { recordOf } from '../../shared/fields.ts'

/** The bound of the released training (`max_num_gen_batches`). */
export const releasedSamplingRounds = 256

/** What the searches of a step were like, in all of its rounds; shares are fractions. */
export interface SamplingMetrics {
  readonly searches: number
  /** Batches of problems that were searched. */
  readonly samplingRounds: number
  /** Groups that are learned from. */
  readonly trainedGroups: number
  /** Tokens that the policy wrote, end marks included. */
  readonly sampledTokens: number
  readonly reward: number
  /** Right among the completed ones. */
  readonly accuracyCompleted: number
  readonly turns: number
  readonly ends: Readonly<Record<End, number>>
  /** Searches without a gradient because they were not completed. */
  readonly maskedShare: number
  readonly zeroSpreadShare: number
  /** Mean of -log p over sampled tokens, in nats: an estimate of the entropy. */
  readonly entropy: number
  /** Of each group of searches that could not be learned from, why. */
  readonly lost: readonly string[]
}

export type Sampled =
  | { readonly kind: 'enough'; readonly groups: readonly RolloutGroup[]; readonly metrics: SamplingMetrics }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'too-few'; readonly metrics: SamplingMetrics }

export interface SamplingOptions {
  /** Groups with a spread that a step is to have; with one round it takes those that there are. */
  readonly wanted: number
  readonly maxRounds: number
  readonly objective: Objective
  /** Between two rounds the step can be stopped; repeated, it draws the same. */
  readonly signal?: AbortSignal | undefined
  onRound?(round: number, found: number): void
}

/** The groups of a step. `draw` searches the problems of a round, counted from 1. */
export async function sampleGroups(
  draw: (round: number) => Promise<Rollouts>,
  options: SamplingOptions,
): Promise<Sampled> {
  const { wanted, maxRounds, objective, signal } = options
  const found: RolloutGroup[] = []
  const seen: GroupFigures[] = []
  const lost: string[] = []
  for (let round = 1; ; round++) {
    const drawn = await draw(round)
    lost.push(...drawn.lost)
    // Of groups that are not learned from, figures alone are kept: rounds have thousands of views.
    seen.push(...drawn.groups.map(figuresOf))
    found.push(...drawn.groups.filter(({ zeroSpread }) => !zeroSpread).slice(0, wanted - found.length))
    const metrics = { ...shares(seen, objective), samplingRounds: round, trainedGroups: found.length, lost }
    if (found.length === wanted || maxRounds === 1) return { kind: 'enough', groups: found, metrics }
    options.onRound?.(round, found.length)
    if (round >= maxRounds) return { kind: 'too-few', metrics }
    if (signal?.aborted === true) return { kind: 'stopped' }
  }
}

interface GroupFigures {
  readonly zeroSpread: boolean
  readonly searches: readonly {
    readonly end: End
    readonly turns: number
    readonly reward: number
    readonly tokens: number
    readonly logprob: number
  }[]
}

function figuresOf({ rollouts, zeroSpread }: RolloutGroup): GroupFigures {
  const searches = rollouts.map(({ trajectory: { end, turns }, samples, reward }) => {
    const logprobs = samples.flatMap((sample) => sample.logprobs)
    return { end, turns: turns.length, reward, tokens: logprobs.length, logprob: sum(logprobs) }
  })
  return { zeroSpread, searches }
}

function shares(
  groups: readonly GroupFigures[],
  objective: Objective,
): Omit<SamplingMetrics, 'samplingRounds' | 'trainedGroups' | 'lost'> {
  const all = groups.flatMap(({ searches }) => searches)
  const whole = all.filter(({ end }) => completed(end))
  const sampledTokens = sum(all.map(({ tokens }) => tokens))
  const shareOf = (end: End): number => mean(all.map((search) => (search.end === end ? 1 : 0)))
  return {
    searches: all.length,
    sampledTokens,
    reward: mean(all.map(({ reward }) => reward)),
    accuracyCompleted: mean(whole.map(({ reward }) => reward)),
    turns: mean(all.map(({ turns }) => turns)),
    ends: recordOf(ends, shareOf),
    maskedShare: isMasked(objective) ? mean(all.map(({ end }) => (completed(end) ? 0 : 1))) : 0,
    zeroSpreadShare: mean(groups.map(({ zeroSpread }) => (zeroSpread ? 1 : 0))),
    entropy: -sum(all.map(({ logprob }) => logprob)) / Math.max(1, sampledTokens),
  }
}
