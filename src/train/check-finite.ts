/** Refuses to learn from log-probabilities that are not numbers. */
import { startAgain } from '../runs/training-health.ts'
import { MiniO3Error } from '../shared/errors.ts'

/** Throws MiniO3Error `loss-not-finite` before anything is learned from step `step`. */
export function checkFinite(step: number, logprobs: readonly (readonly number[])[]): void {
  if (logprobs.every((own) => own.every(Number.isFinite))) return
  throw new MiniO3Error(
    'loss-not-finite',
    `The loss of step ${step} is not finite. Nothing was learned from this step, and the steps up to the last checkpoint are kept. ` +
      `If the learning rate is too high, ${startAgain}`,
  )
}
