/** The network's weights in the memory of the kernels: as they are, and packed as right operands of products. */
import { defined } from '../../shared/known.ts'
import { halvingConvolutions, type ModelConfig } from '../config.ts'
import { parameterCount, parameterSpecs } from '../parameters.ts'
import { type Address, type Kernels, panelFloats } from './kernels.ts'

export interface Network {
  readonly config: ModelConfig
  readonly kernels: Kernels
  /** Rotary tables [contextTokens, head / 2]. */
  readonly cos: Address
  readonly sin: Address
  /** The numbers of a parameter. */
  values(name: string): Address
  /** A matrix as a right operand. The embedding is transposed, and convolutions are as `cutBlocks` orders their inputs. */
  panels(name: string): Address
  load(parameters: Float32Array): void
}

/** Takes the memory for the weights, which `load` fills. Throws `RangeError` for a shape that the kernels do not know. */
export function createNetwork(kernels: Kernels, config: ModelConfig): Network {
  const { width, heads, mlpWidth, stemChannels } = config
  if (!Number.isInteger(width / heads / 8) || [mlpWidth, ...stemChannels].some((count) => count % 4 !== 0)) {
    throw new RangeError('heads have to be a multiple of 8 wide, layers and convolutions a multiple of 4')
  }
  const convolutions = new Set(halvingConvolutions(config).map(({ name }) => name))
  const specs = parameterSpecs(config)
  const size = parameterCount(specs)
  const start = kernels.take(size)
  const values = new Map(specs.map(({ name, offset }) => [name, start + offset * 4]))
  const largest = Math.max(...specs.map((spec) => spec.size))
  const scratch = kernels.take(largest)
  const packs = specs.flatMap(({ name, shape: [rows = 0, columns], offset }) => {
    if (columns === undefined) return []
    const from = start + offset * 4
    if (name === 'embedding') {
      const to = kernels.take(panelFloats(columns, rows))
      return [{ name, to, pack: () => kernels.call.packTransposed(from, columns, columns, rows, to) }]
    }
    const isConvolution = convolutions.has(name)
    const [k, n] = isConvolution ? [4 * rows, columns / 4] : [rows, columns]
    const to = kernels.take(panelFloats(k, n))
    const pack = (): void => {
      if (isConvolution) kernels.call.takeKernel(rows / 4, n, from, scratch)
      kernels.call.pack(isConvolution ? scratch : from, n, k, n, to)
    }
    return [{ name, to, pack }]
  })
  const panels = new Map(packs.map(({ name, to }) => [name, to]))
  const table = rotaryTable(config)
  const stored = (numbers: Float32Array): Address => {
    const at = kernels.take(numbers.length)
    kernels.floats(at, numbers.length).set(numbers)
    return at
  }
  return {
    config,
    kernels,
    cos: stored(table.cos),
    sin: stored(table.sin),
    values: (name) => defined(values.get(name), name),
    panels: (name) => defined(panels.get(name), name),
    load(parameters) {
      kernels.floats(start, size).set(parameters)
      for (const { pack } of packs) pack()
    },
  }
}

/** Rotary positions: [T, head / 2] for every position of the context. */
function rotaryTable(config: ModelConfig): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const half = config.width / config.heads / 2
  const angles = Array.from(
    { length: config.contextTokens * half },
    (_, i) => Math.floor(i / half) * 1000 ** (-(i % half) / half),
  )
  return { cos: Float32Array.from(angles, Math.cos), sin: Float32Array.from(angles, Math.sin) }
}
