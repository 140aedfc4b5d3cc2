/**
 * Stage 2 of the paper: GRPO with over-turn masking, over the `Engine` interface. This is GRPO with clip-higher (0.2 below, 0.3 above)
 * and with neither a KL term nor an entropy term, except that searches which met a limit have no gradient, as `advantages.ts`
 * defines for each objective (A'_i = M_i * A_i). A step takes several optimiser steps, each on its share of the groups (the paper:
 * batches of 256 in mini-batches of 32). Departure: importance ratios may start from the sampler's log-probabilities, the default of
 * the embedded engine, whose sampler and trainer share their weights; the paper's framework recomputes them with the trainer.
 */
import {
  type AdamParameters,
  type Datum,
  type Engine,
  type PolicyLoss,
  type PolicyLossName,
  policyLossFigures,
} from '../../engine/engine.ts'
import { MiniO3Error } from '../../shared/errors.ts'
import { mean } from '../../shared/numbers.ts'
import { itemAt } from '../../shared/known.ts'
import { checkFinite } from '../check-finite.ts'
import type { Learner } from '../learner.ts'
import { addSums, type ByPart, greedyParts, partMeans, type PartSums } from '../token-parts.ts'
import type { Objective } from './advantages.ts'
import { policyData, type RolloutGroup } from './rollout.ts'

export interface GrpoSettings {
  readonly objective: Objective
  readonly learningRate: number
  readonly warmupSteps: number
  /** Optimiser steps a batch of groups, each on its share of the groups. */
  readonly updates: number
  /** `ppo` is the paper's; the others are those of some servers, with the same mask and divisors in the advantages. */
  readonly loss: PolicyLossName
  /** The range of the loss; of `ppo` DAPO's clip-higher, as in the paper. */
  readonly clipLow: number
  readonly clipHigh: number
  /** Whose log-probabilities ratios start from: as sampled, or the trainer's own, asked for before the first update. */
  readonly oldLogprobs: 'sampler' | 'trainer'
}

/** What one step learned; shares are fractions. */
export interface GrpoMetrics {
  readonly step: number
  /** Sampled tokens that had a gradient. */
  readonly trainedTokens: number
  /** Those of them that left the range of the loss. */
  readonly clipShare: number
  /** Mean |log p(trainer) - log p(sampler)| before the first update: what sampling and training disagree by. */
  readonly mismatch: number
  readonly gradientNorm: number
  readonly learningRate: number
  /** Share of sampled tokens that were the likeliest to the trainer, by part of a turn; absent: the engine cannot tell. */
  readonly partAccuracy?: ByPart<number>
}

/** One step's updates from groups of searches, each with a spread of rewards. `step` counts from 1. */
export async function grpoStep(
  engine: Engine,
  groups: readonly RolloutGroup[],
  settings: GrpoSettings,
  step: number,
  { adam: optimiser, partsOf }: Pick<Learner, 'adam' | 'partsOf'>,
): Promise<GrpoMetrics> {
  const { objective, updates, clipLow, clipHigh, oldLogprobs } = settings
  const loss: PolicyLoss = { kind: settings.loss, clipLow, clipHigh }
  const learningRate = settings.learningRate * Math.min(1, step / Math.max(1, settings.warmupSteps))
  const adam: AdamParameters = { ...optimiser, learningRate }
  const parts = Array.from({ length: updates }, (_, update) => {
    const part = groups.filter((_, i) => i % updates === update)
    return policyData(part, objective)
  }).filter((data) => data.length > 0)
  const norms: number[] = []
  const mismatches: number[] = []
  const likeliest: PartSums[] = []
  let [clipped, learned] = [0, 0]
  // Before the first update, all of it: later ones are ratios to this.
  const trainerLogprobs =
    oldLogprobs === 'trainer' ? await Promise.all(parts.map((data) => engine.forward(data))) : undefined
  if (trainerLogprobs) checkMismatch(parts.flat(), trainerLogprobs.flat())
  for (const [p, sampled] of parts.entries()) {
    const data = trainerLogprobs
      ? sampled.map((datum, d) => beside(datum, itemAt(itemAt(trainerLogprobs, p), d)))
      : sampled
    const { logprobs, greedy } = await engine.forwardBackward(data, loss)
    checkFinite(step, logprobs)
    for (const [d, values] of (greedy ?? []).entries())
      likeliest.push(greedyParts(itemAt(data, d).reply, values, partsOf))
    if (!trainerLogprobs && p === 0) checkMismatch(sampled, logprobs)
    const { gradientNorm } = await engine.optimStep(adam)
    norms.push(gradientNorm)
    // Of what no update has changed yet.
    const fresh = trainerLogprobs?.[p] ?? (p === 0 ? logprobs : undefined)
    for (const difference of fresh ? differences(sampled, fresh) : []) mismatches.push(Math.abs(difference))
    const figures = policyLossFigures(data, loss, logprobs)
    clipped += figures.clipped
    learned += figures.tokens
  }
  return {
    step,
    clipShare: learned === 0 ? 0 : clipped / learned,
    trainedTokens: learned,
    mismatch: mean(mismatches),
    gradientNorm: mean(norms),
    learningRate,
    ...(likeliest.length > 0 && { partAccuracy: partMeans(addSums(likeliest)) }),
  }
}

/**
 * In bfloat16 a trainer and a sampler of the same weights differ by about 0.01 to 0.02; pictures that are counted or
 * resized differently, or another temperature, by far more.
 */
const largestMismatch = 0.3

/** Throws before anything is learned from log-probabilities that are not those of the tokens. */
function checkMismatch(data: readonly Datum[], logprobs: readonly (readonly number[])[]): void {
  const mismatch = mean(differences(data, logprobs).map(Math.abs))
  if (mismatch <= largestMismatch) return
  throw new MiniO3Error(
    'logprobs-differ',
    `Trainer and sampler give the same tokens log-probabilities that differ by ${mismatch.toFixed(2)} in the mean, ` +
      `far above ${largestMismatch}. The trainer sees another sequence than the sampler did: pictures counted or resized ` +
      'differently, weights that were not published, a temperature other than 1, or, with --staleness, a learning rate at which ' +
      'one step changes too much. Nothing was learned from this step.',
  )
}

/** The trainer's log-probabilities as the old ones, and those as sampled beside them. */
function beside({ oldLogprobs, ...datum }: Datum, trainers: readonly number[]): Datum {
  return { ...datum, oldLogprobs: trainers, ...(oldLogprobs && { rolloutLogprobs: oldLogprobs }) }
}

/** Of each token, how far its log-probability has moved from the old one. */
function differences(data: readonly Datum[], logprobs: readonly (readonly number[])[]): number[] {
  return data.flatMap(({ oldLogprobs = [] }, d) =>
    itemAt(logprobs, d).map((value, i) => value - itemAt(oldLogprobs, i)),
  )
}
