/**
 * Dynamic sampling (DAPO; the released code's `rejection_sample`): groups whose searches all have the same reward teach
 * nothing and are replaced by further ones, round by round, until a step has as many as it wants.
 *
 * As released, a round draws a whole batch of problems, groups beyond the wanted number are cut off, and a step that lacks
 * some after the largest number of rounds ends the run. Departures: the bound also counts rounds in which no group had a spread.
 */
import type { PartReader } from '../token-parts.ts'
import type { Objective } from './advantages.ts'
import type { RolloutGroup, Rollouts } from './rollout.ts'
import { searchFigures, type SearchFigures, searchMetrics, type SearchMetrics } from './search-figures.ts'

/** The bound of the released training (`max_num_gen_batches`). */
export const releasedSamplingRounds = 256

/** What the searches of a step were like, in all of its rounds. */
export interface SamplingMetrics extends SearchMetrics {
  /** Batches of problems that were searched. */
  readonly samplingRounds: number
  /** Groups that are learned from. */
  readonly trainedGroups: number
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
  readonly partsOf: PartReader
  /** Between two rounds the step can be stopped; repeated, it draws the same. */
  readonly signal?: AbortSignal | undefined
  onRound?(round: number, found: number): void
}

/** The groups of a step. `draw` searches the problems of a round, counted from 1. */
export async function sampleGroups(
  draw: (round: number) => Promise<Rollouts>,
  options: SamplingOptions,
): Promise<Sampled> {
  const { wanted, maxRounds, objective, partsOf, signal } = options
  const found: RolloutGroup[] = []
  const seen: SearchFigures[] = []
  const lost: string[] = []
  for (let round = 1; ; round++) {
    const drawn = await draw(round)
    lost.push(...drawn.lost)
    // Of groups without a learning signal, only figures are kept, since rounds have thousands of views.
    seen.push(...drawn.groups.flatMap((group) => searchFigures(group, partsOf)))
    found.push(...drawn.groups.filter(({ zeroSpread }) => !zeroSpread).slice(0, wanted - found.length))
    const metrics = { ...searchMetrics(seen, objective), samplingRounds: round, trainedGroups: found.length, lost }
    if (found.length === wanted || maxRounds === 1) return { kind: 'enough', groups: found, metrics }
    options.onRound?.(round, found.length)
    if (round >= maxRounds) return { kind: 'too-few', metrics }
    if (signal?.aborted === true) return { kind: 'stopped' }
  }
}
