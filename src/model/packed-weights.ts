/**
 * Weights in fewer bits, for a page that carries them: the weights of a row are whole multiples of one step, the row's largest weight over the largest
 * code. The bytes are made to be compressed: first the steps, then the upper 8 bits of all codes, then the bits below them. Pure.
 */
import { lastOf } from '../shared/known.ts'
import { byteAt } from '../shared/number-at.ts'
import { parameterCount, type ParameterSpec } from './parameters.ts'

export function packWeights(specs: readonly ParameterSpec[], weights: Float32Array, bits: number): Uint8Array {
  const { bytes, rows, steps, upper, lower, lowerBits, most } = layout(specs, bits)
  for (const [r, { from, to }] of rows.entries()) {
    const row = weights.subarray(from, to)
    const step = Math.fround(row.reduce((top, weight) => Math.max(top, Math.abs(weight)), 0) / most)
    steps.setFloat32(r * 4, step, true)
    for (const [i, weight] of row.entries()) {
      const code = most + (step === 0 ? 0 : Math.round(weight / step))
      upper[from + i] = code >> lowerBits
      lower[from + i] = code & (2 ** lowerBits - 1)
    }
  }
  return bytes
}

/** Throws `RangeError` if these are not the bytes of such weights. */
export function unpackWeights(specs: readonly ParameterSpec[], packed: Uint8Array, bits: number): Float32Array {
  const { bytes, rows, steps, upper, lower, lowerBits, most } = layout(specs, bits)
  if (packed.length !== bytes.length) throw new RangeError(`${packed.length} bytes of weights, not ${bytes.length}`)
  bytes.set(packed)
  const weights = new Float32Array(upper.length)
  for (const [r, { from, to }] of rows.entries()) {
    const step = steps.getFloat32(r * 4, true)
    for (let i = from; i < to; i++) weights[i] = ((byteAt(upper, i) << lowerBits) + byteAt(lower, i) - most) * step
  }
  return weights
}

/** Codes of `bits` bits, from 8 to 16, from 0 to twice `most`, which is that of the row's largest weight. */
function layout(specs: readonly ParameterSpec[], bits: number) {
  const rows = specs.flatMap(({ shape, offset, size }) => {
    const width = lastOf(shape)
    return Array.from({ length: size / width }, (_, row) => ({
      from: offset + row * width,
      to: offset + (row + 1) * width,
    }))
  })
  const [count, stepBytes] = [parameterCount(specs), rows.length * 4]
  const bytes = new Uint8Array(stepBytes + 2 * count)
  return {
    bytes,
    rows,
    steps: new DataView(bytes.buffer, 0, stepBytes),
    upper: bytes.subarray(stepBytes, stepBytes + count),
    lower: bytes.subarray(stepBytes + count),
    lowerBits: bits - 8,
    most: 2 ** (bits - 1) - 1,
  }
}
