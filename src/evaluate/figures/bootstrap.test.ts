/** The bootstrap agrees with resampling distributions that are small enough to write down whole. */
import { expect, test } from 'vitest'
import { bootstrapMean } from './bootstrap.ts'

test('two problems: the means are .25, .5, .75 with chances 1/4, 1/2, 1/4, so 95 % needs all three', () => {
  expect(bootstrapMean([0.25, 0.75], 1)).toEqual({ mean: 0.5, low: 0.25, high: 0.75 })
})

test('one right of four: four right has chance 1/256, three or more 13/256, so the interval ends at .75', () => {
  expect(bootstrapMean([0, 0, 1, 0], 1)).toEqual({ mean: 0.25, low: 0, high: 0.75 })
})

test('five right of ten: at most one has chance 11/1024, at most two 56/1024, so the interval starts at .2', () => {
  const { mean, low, high } = bootstrapMean([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], 1)
  expect([mean, low, high]).toEqual([0.5, 0.2, 0.8])
})

test('many problems: close to the normal interval; the same seed gives the same, another seed nearly the same', () => {
  const values = Array.from({ length: 400 }, (_, index) => (index % 5 < 2 ? 1 : 0))
  const half = 1.96 * Math.sqrt((0.4 * 0.6) / 400)
  const first = bootstrapMean(values, 1)
  expect(first.low).toBeCloseTo(0.4 - half, 1.7)
  expect(first.high).toBeCloseTo(0.4 + half, 1.7)
  expect(bootstrapMean(values, 1)).toEqual(first)
  expect(bootstrapMean(values, 2)).not.toEqual(first)
  expect(bootstrapMean(values.toReversed(), 1)).toEqual(first)
})

test('equal values leave no width, and no values are no mean', () => {
  expect(bootstrapMean([1, 1, 1], 3)).toEqual({ mean: 1, low: 1, high: 1 })
  expect(() => bootstrapMean([], 3)).toThrow(RangeError)
})
