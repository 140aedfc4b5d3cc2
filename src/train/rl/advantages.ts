/**
 * GRPO with over-turn masking as pure arithmetic: from one group's rewards and completions to an advantage for every
 * response, and from there to per-token coefficients that carry every normalisation, so that any engine that sums over
 * tokens computes the objective (reference: project page, stage 2; tinker-protocol 3.2; protocol page 7).
 */
import { itemAt } from '../../shared/known.ts'

/**
 * - `paper`: A'_i = M_i * A_i, divided by the number of completed responses.
 * - `official`: the released code: statistics over all responses, sample deviation, the loss of masked ones dropped, a
 *   fixed divisor.
 * - `official-unmasked`: the released code with its mask switched off (`ignore_exceed=False`).
 * - `vanilla`: `paper` without a mask: a response that ran out of turns is punished as wrong.
 */
export const objectives = ['paper', 'official', 'official-unmasked', 'vanilla'] as const
export type Objective = (typeof objectives)[number]

/** Follows the released code where it departs from the paper. */
export function isReleased(objective: Objective): boolean {
  return objective === 'official' || objective === 'official-unmasked'
}

/** Responses that met a limit have no gradient. */
export function isMasked(objective: Objective): boolean {
  return objective === 'official' || objective === 'paper'
}

export interface GroupAdvantages {
  /** One for each response; exactly 0 where it is masked. */
  readonly advantages: readonly number[]
  /** What the group's sum is divided by; 0 when nothing in it can be learned from. */
  readonly divisor: number
  /** All rewards are the same, or `paper` finds no completed response: the group teaches nothing and is dropped. */
  readonly zeroSpread: boolean
}

const noSpread = 1e-4

/** Advantages of one group. `rewards` and `completed` run along its responses; mean and deviation are over all of them. */
export function advantages(
  rewards: readonly number[],
  completed: readonly boolean[],
  { mode }: { readonly mode: Objective },
): GroupAdvantages {
  if (rewards.length !== completed.length) throw new RangeError('one completion flag for every reward')
  const masked = isMasked(mode)
  const released = isReleased(mode)
  const { mean, deviation } = spread(rewards, released ? 1 : 0)
  const learned = rewards.filter((_, i) => !masked || completed[i]).length
  // The released code looks at the rewards alone: a group of masked responses that differ takes part with advantages of 0.
  if (deviation < noSpread || (learned === 0 && !released)) {
    return { advantages: rewards.map(() => 0), divisor: 0, zeroSpread: true }
  }
  const scale = released ? deviation + 1e-6 : deviation
  return {
    advantages: rewards.map((reward, i) => (masked && !completed[i] ? 0 : (reward - mean) / scale)),
    divisor: mode === 'paper' ? learned : rewards.length,
    zeroSpread: false,
  }
}

function spread(values: readonly number[], lostDegrees: number): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - lostDegrees)) }
}

/**
 * The coefficient of each token of every response in a step of several groups: `A / (groups * divisor * tokens)`, the
 * token mean within a response, then the mean over its group's divisor, then over the groups that teach something.
 * `tokenCounts[g][i]` counts the policy's own tokens. Groups without spread have coefficients 0.
 */
export function tokenCoefficients(
  groups: readonly GroupAdvantages[],
  tokenCounts: readonly (readonly number[])[],
): number[][] {
  const teaching = groups.filter((group) => !group.zeroSpread).length
  return groups.map((group, g) =>
    group.advantages.map((advantage, i) => {
      const count = itemAt(itemAt(tokenCounts, g), i)
      return advantage === 0 || count === 0 ? 0 : advantage / (teaching * group.divisor * count)
    }),
  )
}
