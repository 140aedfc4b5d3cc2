/** AdamW over a flat vector of parameters, with the gradient scaled down to a largest norm. */
import { type Address, createKernels } from '../../model/kernels/kernels.ts'
import { readKernels } from '../../model/kernels/node-kernels.ts'
import { parameterCount, type ParameterSpec } from '../../model/parameters.ts'
import { MiniO3Error } from '../../shared/errors.ts'
import type { AdamParameters } from '../engine.ts'

export interface AdamState {
  readonly first: Float32Array
  readonly second: Float32Array
  /** Steps taken. */
  readonly step: number
}

export interface Adam {
  /**
   * One step on `values` along the sum of `gradients`, which are set to 0 (Loshchilov and Hutter 2019, with bias correction). Matrices
   * decay, vectors do not; a parameter that no loss of this step touched (its gradient is zero throughout) stays as it is. Returns the
   * norm before clipping.
   */
  step(values: Float32Array, gradients: readonly Float32Array[], adam: AdamParameters): number
  /** A copy. */
  state(): AdamState
  /** Goes on from `state`; without one, begins anew. */
  restore(state?: AdamState): void
}

/** Keeps its state in memory of its own. */
export async function createAdam(specs: readonly ParameterSpec[]): Promise<Adam> {
  const kernels = await createKernels(readKernels())
  const { call } = kernels
  const size = parameterCount(specs)
  const [gradient, first, second, values] = [
    kernels.take(size),
    kernels.take(size),
    kernels.take(size),
    kernels.take(size),
  ]
  const numbers = (at: Address): Float32Array => kernels.floats(at, size)
  let steps = 0
  return {
    step(parameters, gradients, adam) {
      numbers(gradient).fill(0)
      for (const part of gradients) {
        numbers(values).set(part)
        call.add(size, values, gradient)
        part.fill(0)
      }
      const squares = specs.map(({ offset, size: own }) => call.squareSum(own, gradient + 4 * offset))
      const norm = Math.sqrt(squares.reduce((total, square) => total + square, 0))
      if (!Number.isFinite(norm)) {
        throw new MiniO3Error('gradient-not-finite', 'The gradient is not finite: lower the learning rate.')
      }
      const { beta1, beta2, epsilon, learningRate, weightDecay, clipNorm } = adam
      const scale = norm > clipNorm ? clipNorm / norm : 1
      steps++
      const rate = learningRate / (1 - beta1 ** steps)
      const correction = 1 / (1 - beta2 ** steps)
      numbers(values).set(parameters)
      for (const [i, { offset, size: own, shape }] of specs.entries()) {
        if (squares[i] === 0) continue
        const at = 4 * offset
        const keep = shape.length > 1 ? 1 - learningRate * weightDecay : 1
        const [g, m, v, p] = [gradient + at, first + at, second + at, values + at]
        call.adam(own, g, m, v, p, scale, beta1, beta2, correction, rate, epsilon, keep)
      }
      parameters.set(numbers(values))
      return norm
    },
    state: () => ({ first: numbers(first).slice(), second: numbers(second).slice(), step: steps }),
    restore(state) {
      steps = state?.step ?? 0
      for (const [at, own] of [
        [first, state?.first],
        [second, state?.second],
      ] as const) {
        if (own) numbers(at).set(own)
        else numbers(at).fill(0)
      }
    },
  }
}
