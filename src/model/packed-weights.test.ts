import { expect, test } from 'vitest'
import { random } from '../shared/random.ts'
import { packWeights, unpackWeights } from './packed-weights.ts'
import type { ParameterSpec } from './parameters.ts'

const specs: readonly ParameterSpec[] = [
  { name: 'matrix', shape: [50, 7], offset: 0, size: 350, scale: 1 },
  { name: 'zeros', shape: [2, 3], offset: 350, size: 6, scale: 0 },
  { name: 'bias', shape: [9], offset: 356, size: 9, scale: 0 },
]

/** Rows of very different sizes, of both signs. */
function someWeights(): Float32Array {
  const rng = random('packed')
  return Float32Array.from({ length: 365 }, (_, i) => {
    return i >= 350 && i < 356 ? 0 : rng.between(-1, 1) * 10 ** -(Math.floor(i / 7) % 5)
  })
}

/** Of the step and of the unpacked weight, as a share of the largest. */
const float32Rounding = 2 ** -23

/** Start and end of every row. */
const rows = [...Array.from({ length: 50 }, (_, r) => [r * 7, r * 7 + 7]), [350, 353], [353, 356], [356, 365]]

test.each([8, 10, 12, 16])('with %i bits, no weight is farther off than half a step of its row', (bits) => {
  const weights = someWeights()
  const unpacked = unpackWeights(specs, packWeights(specs, weights, bits), bits)
  for (const [from, to] of rows) {
    const row = weights.subarray(from, to)
    const largest = Math.max(...row.map(Math.abs))
    const half = largest / (2 ** (bits - 1) - 1) / 2
    for (const [i, weight] of row.entries()) {
      expect(Math.abs(unpacked[from! + i]! - weight)).toBeLessThanOrEqual(half + largest * float32Rounding)
    }
  }
})

test('weights that were packed once are packed to the same bytes again', () => {
  const packed = packWeights(specs, someWeights(), 12)
  expect(packWeights(specs, unpackWeights(specs, packed, 12), 12)).toEqual(packed)
})

test('bytes of other weights are refused', () => {
  const packed = packWeights(specs, someWeights(), 8)
  expect(() => unpackWeights(specs, packed.subarray(1), 8)).toThrow(RangeError)
})
