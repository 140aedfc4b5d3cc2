/** The loss of the perception heads of one view: presence by binary, kinds by categorical cross-entropy. */
import { kindRanges } from '../../model/config.ts'
import { floatAt } from '../../shared/number-at.ts'
import type { LookDatum } from '../engine.ts'

/** Cells in which a colour shows are rare. */
const presentWeight = 4
const presenceScale = 0.1
/** How much each kind of label counts: digits are the hardest to learn. */
const kindWeights = [
  [kindRanges.colour, 1],
  [kindRanges.shape, 2],
  [kindRanges.digit, 4],
] as const

/** Of what the heads said in `cells` and `kinds`; both become the gradient of it, times `scale`. */
export function lookLoss(datum: LookDatum, cells: Float32Array, kinds: Float32Array, scale: number): number {
  let loss = 0
  for (const [i, label] of datum.presence.entries()) {
    const x = floatAt(cells, i)
    const weight = presenceScale * (1 + (presentWeight - 1) * label)
    // log(1 + e^x) - y x, in its stable form.
    loss += weight * (Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0) - x * label)
    cells[i] = scale * weight * (1 / (1 + Math.exp(-x)) - label)
  }
  for (const [[from, to], weight] of kindWeights) {
    const own = kinds.subarray(from, to)
    const labels = datum.kind.subarray(from, to)
    const largest = Math.max(...own)
    const total = own.reduce((sum, x) => sum + Math.exp(x - largest), 0)
    const mass = labels.reduce((sum, label) => sum + label, 0)
    for (const [i, label] of labels.entries()) {
      const x = floatAt(own, i) - largest
      loss -= weight * label * (x - Math.log(total))
      own[i] = scale * weight * ((mass * Math.exp(x)) / total - label)
    }
  }
  return loss
}
