/** Turns views and tokens into the arrays that the network takes. Plain typed arrays, padded to fixed shapes. */
import type { Pixels } from '../../src/vision/picture.ts'
import {
  colourCount,
  firstKernel,
  patchTokens,
  type ModelConfig,
  patchCount,
  patchSize,
  textTokens,
} from '../../src/model/config.ts'
import { goalOf } from '../../src/model/goal.ts'
import { special } from '../../src/model/tokenizer.ts'

export interface SequenceArrays {
  readonly batch: number
  /** [B, patchCount, patchSize] */
  readonly patches: Float32Array
  /** [B, T - I] */
  readonly tokens: Int32Array
  /** [B, T - I] */
  readonly goal: Float32Array
  /** [B, colourCount] */
  readonly colour: Float32Array
  /** [B, 1, T, T] */
  readonly mask: Float32Array
}

const blocked = -1e9

/** `promptLength` counts the text tokens that see each other in both directions, together with the view. */
export interface TokenSequence {
  readonly view: Pixels
  readonly tokens: readonly number[]
  readonly promptLength: number
}

/** Arrays for `sequences`, padded with empty ones up to `batch`. Throws on a sequence that does not fit. */
export function sequenceArrays(
  config: ModelConfig,
  sequences: readonly TokenSequence[],
  batch: number,
): SequenceArrays {
  const words = textTokens(config)
  const total = config.contextTokens
  const patchLength = patchCount(config) * patchSize(config)
  const patches = new Float32Array(batch * patchLength)
  const tokens = new Int32Array(batch * words).fill(special.pad)
  const goal = new Float32Array(batch * words)
  const colour = new Float32Array(batch * colourCount)
  const mask = new Float32Array(batch * total * total).fill(blocked)
  for (let b = 0; b < batch; b++) {
    const sequence = sequences[b]
    if (sequence) {
      if (sequence.tokens.length > words) {
        throw new RangeError(`${sequence.tokens.length} tokens do not fit into the context of ${words}`)
      }
      tokens.set(sequence.tokens, b * words)
      const named = goalOf(sequence.tokens)
      for (const token of named.goalTokens) goal[b * words + sequence.tokens.indexOf(token)] = 1
      if (named.colour >= 0) colour[b * colourCount + named.colour] = 1
      fillPatches(config, sequence.view, patches.subarray(b * patchLength, (b + 1) * patchLength))
    }
    const seen = patchTokens(config) + (sequence?.promptLength ?? 0)
    for (let i = 0; i < total; i++) {
      const row = (b * total + i) * total
      mask.fill(0, row, row + Math.max(seen, i + 1))
    }
  }
  return { batch, patches, tokens, goal, colour, mask }
}

/** Cuts a view into the overlapping patches of the first convolution; pixels become -1..1, outside is 0. */
export function fillPatches(config: ModelConfig, view: Pixels, out: Float32Array): void {
  const { size, stride } = firstKernel(config)
  const side = config.viewPx
  if (view.width !== side || view.height !== side) {
    throw new RangeError(`a view of ${view.width} x ${view.height} pixels; the model looks at ${side} x ${side}`)
  }
  const before = (size - stride) / 2
  const n = side / stride
  const { data } = view
  let at = 0
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      for (let dy = 0; dy < size; dy++) {
        const y = row * stride + dy - before
        for (let dx = 0; dx < size; dx++, at += 3) {
          const x = column * stride + dx - before
          if (x < 0 || y < 0 || x >= side || y >= side) continue
          const from = (y * side + x) * 3
          out[at] = data[from]! / 127.5 - 1
          out[at + 1] = data[from + 1]! / 127.5 - 1
          out[at + 2] = data[from + 2]! / 127.5 - 1
        }
      }
    }
  }
}
