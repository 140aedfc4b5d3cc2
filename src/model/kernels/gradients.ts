/** What the backward pass needs beside the network: transposed weights as right operands, and a gradient for each parameter. */
import { defined } from '../../shared/known.ts'
import { halvingConvolutions } from '../config.ts'
import { parameterCount, parameterSpecs } from '../parameters.ts'
import { type Address, panelFloats, transposedScratch } from './kernels.ts'
import type { Network } from './network.ts'

export interface Gradients {
  readonly net: Network
  /** A matrix, transposed, as a right operand; convolutions with their inputs as `cutBlocks` orders them. */
  turned(name: string): Address
  /** The gradient of a parameter, to be added to. */
  of(name: string): Address
  /** For `gemmTransposed` and `attentionBack`; no kernel leaves anything there. */
  readonly scratch: Address
  /** Turns the weights that the network has now, and starts from the gradients in `sums`. */
  start(sums: Float32Array): void
  /** All gradients, laid out as the parameters are; until the next `take`. */
  all(): Float32Array
}

/** Takes the memory for both. */
export function createGradients(net: Network): Gradients {
  const { kernels, config } = net
  const { call } = kernels
  const convolutions = new Set(halvingConvolutions(config).map(({ name }) => name))
  const specs = parameterSpecs(config)
  const size = parameterCount(specs)
  const start = kernels.take(size)
  const gradients = new Map(specs.map(({ name, offset }) => [name, start + 4 * offset]))
  const kernel = kernels.take(Math.max(...specs.map((spec) => spec.size)))
  const context = Math.ceil(config.contextTokens / 8) * 8
  let scratch = context ** 2 + transposedScratch(context, context)
  const turns = specs.flatMap(({ name, shape: [rows = 0, columns] }) => {
    if (columns === undefined) return []
    const isConvolution = convolutions.has(name)
    const [m, n] = isConvolution ? [4 * rows, columns / 4] : [rows, columns]
    scratch = Math.max(scratch, transposedScratch(m, n))
    const to = kernels.take(panelFloats(n, m))
    const turn = (): void => {
      const from = net.values(name)
      if (isConvolution) call.takeKernel(rows / 4, n, from, kernel)
      // The product with the embedding is with its transpose.
      if (name === 'embedding') call.pack(from, n, m, n, to)
      else call.packTransposed(isConvolution ? kernel : from, n, n, m, to)
    }
    return [{ name, to, turn }]
  })
  const panels = new Map(turns.map(({ name, to }) => [name, to]))
  const all = (): Float32Array => kernels.floats(start, size)
  return {
    net,
    turned: (name) => defined(panels.get(name), name),
    of: (name) => defined(gradients.get(name), name),
    scratch: kernels.take(scratch),
    start(sums) {
      for (const { turn } of turns) turn()
      all().set(sums)
    },
    all,
  }
}
