/** Summarises the searches of a step without their views and tokens, and computes the figures of the step. Pure. */
import { observationsOf } from '../../protocol/originals.ts'
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import { holdsCore, targetBoxes } from '../../protocol/target-box.ts'
import { completed, ends } from '../../protocol/trajectory.ts'
import type { End, Trajectory } from '../../protocol/trajectory.ts'
import { partialRecordOf, recordOf } from '../../shared/fields.ts'
import { mean, sum } from '../../shared/numbers.ts'
import {
  addSums,
  type ByPart,
  partFigures,
  type PartFigures,
  type PartReader,
  type PartSums,
  sumByPart,
} from '../token-parts.ts'
import { isMasked, type Objective } from './advantages.ts'
import type { RolloutGroup } from './rollout.ts'

/** How a search came out; `unfinished` met a limit, or came to no answer. */
const outcomes = ['right', 'wrong', 'unfinished'] as const
type SearchOutcome = (typeof outcomes)[number]

/** Shares are fractions. */
export interface SearchMetrics {
  readonly searches: number
  /** Tokens that the policy wrote, end marks included. */
  readonly sampledTokens: number
  readonly reward: number
  /** Of the levels that were searched. */
  readonly rewardByLevel: Readonly<Partial<Record<Level, number>>>
  /** Right among the completed ones. */
  readonly accuracyCompleted: number
  readonly turns: number
  /** Mean turns; outcomes that did not come are absent. */
  readonly turnsByOutcome: Readonly<Partial<Record<SearchOutcome, number>>>
  readonly ends: Readonly<Record<End, number>>
  /** Searches without a gradient because they were not completed. */
  readonly maskedShare: number
  readonly zeroSpreadShare: number
  /** Mean of -log p over sampled tokens, in nats: an estimate of the entropy. */
  readonly entropy: number
  /** Of sampled tokens, by the part of a turn that they write. */
  readonly parts: ByPart<PartFigures>
  /** Share of all crops that hold a target; absent: no place is known, or nothing was cropped. */
  readonly targetCrops?: number
  /** Share of searches whose crops held every target; absent: no place is known. */
  readonly targetFound?: number
}

export interface SearchFigures {
  readonly zeroSpread: boolean
  readonly end: End
  readonly turns: number
  readonly reward: number
  readonly level: Level | undefined
  /** Sums of log-probabilities. */
  readonly parts: PartSums
  readonly looks: Looks | undefined
}

/** Crops of a search whose targets are known. */
interface Looks {
  readonly crops: number
  readonly holding: number
  readonly all: boolean
}

export function searchFigures({ rollouts, zeroSpread }: RolloutGroup, partsOf: PartReader): SearchFigures[] {
  return rollouts.map(({ trajectory, samples, reward }) => {
    const { end, turns, problem } = trajectory
    const parts = sumByPart(samples.map(({ reply, logprobs }) => ({ parts: partsOf(reply), values: logprobs })))
    return { zeroSpread, end, turns: turns.length, reward, level: problem.level, parts, looks: looksOf(trajectory) }
  })
}

function looksOf(trajectory: Trajectory): Looks | undefined {
  const { observations } = trajectory
  const targets = targetBoxes(trajectory)
  if (targets.length === 0) return undefined
  // Targets are places of the first picture.
  const boxes = observationsOf(0, observations)
    .slice(1)
    .map(({ boxInOriginalPx }) => boxInOriginalPx)
  return {
    crops: observations.filter(({ parent }) => parent !== null).length,
    holding: boxes.filter((box) => targets.some((target) => holdsCore(box, target))).length,
    all: targets.every((target) => boxes.some((box) => holdsCore(box, target))),
  }
}

export function searchMetrics(searches: readonly SearchFigures[], objective: Objective): SearchMetrics {
  const whole = searches.filter(({ end }) => completed(end))
  const parts = addSums(searches.map((search) => search.parts))
  const sampledTokens = sum([...parts.values()].map(({ tokens }) => tokens))
  const shareOf = (test: (search: SearchFigures) => boolean): number => mean(searches.map((one) => (test(one) ? 1 : 0)))
  const looks = searches.flatMap((search) => search.looks ?? [])
  const crops = sum(looks.map((one) => one.crops))
  return {
    searches: searches.length,
    sampledTokens,
    reward: mean(searches.map(({ reward }) => reward)),
    rewardByLevel: partialRecordOf(levels, (level) =>
      meanOf(searches.filter((search) => search.level === level).map(({ reward }) => reward)),
    ),
    accuracyCompleted: mean(whole.map(({ reward }) => reward)),
    turns: mean(searches.map(({ turns }) => turns)),
    turnsByOutcome: partialRecordOf(outcomes, (outcome) =>
      meanOf(searches.filter((search) => outcomeOf(search) === outcome).map(({ turns }) => turns)),
    ),
    ends: recordOf(ends, (end) => shareOf((search) => search.end === end)),
    maskedShare: isMasked(objective) ? shareOf(({ end }) => !completed(end)) : 0,
    zeroSpreadShare: shareOf(({ zeroSpread }) => zeroSpread),
    entropy: -sum([...parts.values()].map(({ total }) => total)) / Math.max(1, sampledTokens),
    parts: partFigures(parts),
    ...(crops > 0 && { targetCrops: sum(looks.map((one) => one.holding)) / crops }),
    ...(looks.length > 0 && { targetFound: mean(looks.map((one) => (one.all ? 1 : 0))) }),
  }
}

function outcomeOf({ reward, end }: SearchFigures): SearchOutcome {
  if (reward > 0) return 'right'
  return end === 'answered' ? 'wrong' : 'unfinished'
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : mean(values)
}
