/** AdamW over a flat vector of parameters, with the gradient scaled down to a largest norm. Plain loops, no graph. */
import type { ParameterSpec } from '../../model/parameters.ts'
import type { AdamParameters } from '../engine.ts'

export interface AdamState {
  readonly first: Float32Array
  readonly second: Float32Array
  /** Steps taken. */
  step: number
}

export function newAdamState(size: number): AdamState {
  return { first: new Float32Array(size), second: new Float32Array(size), step: 0 }
}

/**
 * One step on `values` from `gradient` (Loshchilov and Hutter 2019, with bias correction). Matrices decay, vectors do
 * not; a parameter that no loss of this step touched (its gradient is zero throughout) stays as it is. Returns the
 * norm before clipping.
 */
export function adamStep(
  specs: readonly ParameterSpec[],
  values: Float32Array,
  gradient: Float32Array,
  state: AdamState,
  adam: AdamParameters,
): number {
  let squares = 0
  const live = specs.filter(({ offset, size }) => {
    const before = squares
    for (let i = offset; i < offset + size; i++) {
      const g = gradient[i]!
      squares += g * g
    }
    return squares !== before
  })
  const norm = Math.sqrt(squares)
  // Locals, because the loops below run over every parameter in every step.
  const { first, second } = state
  const { beta1, beta2, epsilon, learningRate } = adam
  if (!Number.isFinite(norm)) throw new Error('the gradient is not finite; lower the learning rate')
  const scale = norm > adam.clipNorm ? adam.clipNorm / norm : 1
  state.step++
  const correction1 = 1 - beta1 ** state.step
  const correction2 = 1 - beta2 ** state.step
  for (const { offset, size, shape } of live) {
    const keep = shape.length > 1 ? 1 - learningRate * adam.weightDecay : 1
    for (let i = offset; i < offset + size; i++) {
      const g = gradient[i]! * scale
      const m = beta1 * first[i]! + (1 - beta1) * g
      const v = beta2 * second[i]! + (1 - beta2) * g * g
      first[i] = m
      second[i] = v
      values[i] = values[i]! * keep - (learningRate * (m / correction1)) / (Math.sqrt(v / correction2) + epsilon)
    }
  }
  return norm
}
