/** Signs in the figures of its steps that training destroys a policy. Pure. */
import { mean, percent } from '../shared/numbers.ts'
import type { TrainedStage } from './training.ts'

/** Single steps are noisy, so a sign has to last for this many. */
export const lastingSteps = 10
/** Rewards below this share of the best before are next to nothing. Healthy runs stay above a fifth (docs/experiments/rl.md). */
const nextToNothing = 0.1
/** Of the first step's loss, which is that of the policy as it was. */
const farAbove = 2

/** Over this many steps a share is no lucky step. */
const bestOver = 3
/** A policy that was never above this share has little to lose, and steps without a right answer are usual for it. */
const worthLosing = 0.2

/** For how many of the latest steps hardly any search was right, although many were before. */
export function stepsLost(rewards: readonly number[]): number {
  let [lost, best] = [0, 0]
  for (const [step, reward] of rewards.entries()) {
    lost = best >= worthLosing && reward < nextToNothing * best ? lost + 1 : 0
    best = Math.max(best, mean(rewards.slice(Math.max(0, step + 1 - bestOver), step + 1)))
  }
  return lost
}

/** The loss of the first step, and that of the latest ones, if it is far above; undefined otherwise. */
export function lossRisen(losses: readonly number[]): { readonly from: number; readonly to: number } | undefined {
  const [from = 0] = losses
  const to = mean(losses.slice(-lastingSteps))
  return losses.length > lastingSteps && to > farAbove * from ? { from, to } : undefined
}

/** What a stage did to its policy, for the user; undefined if nothing is wrong. */
export function whatBroke({ name, steps }: TrainedStage): string | undefined {
  const all = (figure: string): number[] => steps.map(({ [figure]: value }) => Number(value))
  if (name === 'rl') {
    const rewards = all('reward')
    const lost = stepsLost(rewards)
    if (lost < lastingSteps) return undefined
    const best = percent(
      rewards.reduce((one, other) => Math.max(one, other)),
      0,
    )
    return (
      `For ${lost} steps hardly any answer was right, of up to ${best} % before: the policy is destroyed. ` +
      `The likeliest cause is a learning rate that is too high: ${startAgain}`
    )
  }
  const risen = name === 'sft' ? lossRisen(all('loss')) : undefined
  return (
    risen &&
    `The loss rose from ${risen.from.toFixed(2)} in the first step to ${risen.to.toFixed(2)} in the last ${lastingSteps}: the policy is worse ` +
      `than before. ` +
      `The likeliest cause is a learning rate that is too high: ${startAgain}`
  )
}

/** What to do about a learning rate that is too high. */
export const startAgain = 'train again with a lower --learning-rate, in another run folder.'
