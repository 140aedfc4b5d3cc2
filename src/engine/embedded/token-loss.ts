/** What one token of a reply adds to a loss, and how steeply: all that training needs to know of a loss. */
import type { Datum, Loss } from '../engine.ts'
import { itemAt } from '../../shared/known.ts'

/** `slope`: the derivative of `value` by the token's log-probability. */
export function tokenLoss(
  loss: Loss,
  datum: Datum,
  i: number,
  logprob: number,
): { readonly value: number; readonly slope: number } {
  if (loss.kind === 'cross-entropy') {
    const weight = datum.weights?.[i] ?? 0
    return { value: -weight * logprob, slope: -weight }
  }
  const advantage = itemAt(datum.advantages ?? [], i)
  const ratio = Math.exp(logprob - itemAt(datum.oldLogprobs ?? [], i))
  const clipped = Math.min(1 + loss.clipHigh, Math.max(1 - loss.clipLow, ratio))
  const isHeld = clipped * advantage < ratio * advantage
  return { value: -(isHeld ? clipped : ratio) * advantage, slope: isHeld ? 0 : -ratio * advantage }
}
