/** The bootstrap agrees with resampling distributions that are small enough to write down whole. */
import { expect, test } from 'vitest'
import { bootstrapMean } from './bootstrap.ts'
import { clusteredProblems } from '../../../test/clustered-problems.ts'

/** Problems that share nothing. */
const apart = (values: readonly number[]): number[][] => values.map((value) => [value])

test('two problems: the means are .25, .5, .75 with chances 1/4, 1/2, 1/4, so 95 % needs all three', () => {
  expect(bootstrapMean(apart([0.25, 0.75]), 1)).toEqual({ mean: 0.5, low: 0.25, high: 0.75 })
})

test('one right of four: four right has chance 1/256, three or more 13/256, so the interval ends at .75', () => {
  expect(bootstrapMean(apart([0, 0, 1, 0]), 1)).toEqual({ mean: 0.25, low: 0, high: 0.75 })
})

test('five right of ten: at most one has chance 11/1024, at most two 56/1024, so the interval starts at .2', () => {
  const { mean, low, high } = bootstrapMean(apart([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]), 1)
  expect([mean, low, high]).toEqual([0.5, 0.2, 0.8])
})

test('many problems: close to the normal interval; the same seed gives the same, another seed nearly the same', () => {
  const values = Array.from({ length: 400 }, (_, index) => (index % 5 < 2 ? 1 : 0))
  const half = 1.96 * Math.sqrt((0.4 * 0.6) / 400)
  const first = bootstrapMean(apart(values), 1)
  expect(first.low).toBeCloseTo(0.4 - half, 1.7)
  expect(first.high).toBeCloseTo(0.4 + half, 1.7)
  expect(bootstrapMean(apart(values), 1)).toEqual(first)
  expect(bootstrapMean(apart(values), 2)).not.toEqual(first)
  expect(bootstrapMean(apart(values.toReversed()), 1)).toEqual(first)
})

test('equal values leave no width, and no values are no mean', () => {
  expect(bootstrapMean(apart([1, 1, 1]), 3)).toEqual({ mean: 1, low: 1, high: 1 })
  expect(() => bootstrapMean(apart([]), 3)).toThrow(RangeError)
})

test('clusters are drawn whole, and a problem of a large cluster counts as much as one of a small cluster', () => {
  // Draws of the two clusters: both the first (mean 1), one of each (3 right of 4), both the second (0).
  expect(bootstrapMean([[1, 1, 1], [0]], 1)).toEqual({ mean: 0.75, low: 0, high: 1 })
})

test('95 % intervals over clusters contain the true mean in about 95 % of sets; over single problems they do not', () => {
  const share = (trials: number, unitsOf: (clusters: number[][]) => number[][]): number => {
    const held = Array.from({ length: trials }, (_, seed) => {
      const { low, high } = bootstrapMean(unitsOf(clusteredProblems(30, seed)), 1)
      return low <= 0.5 && 0.5 <= high
    })
    return held.filter(Boolean).length / trials
  }
  const covered = share(200, (clusters) => clusters)
  // Three standard errors of a share of 0.95 over 200 sets, and 0.02 that a percentile interval over 30 clusters is too narrow.
  const bound = 3 * Math.sqrt((0.95 * 0.05) / 200)
  expect(covered).toBeGreaterThan(0.95 - bound - 0.02)
  expect(covered).toBeLessThan(0.95 + bound)
  expect(share(60, (clusters) => apart(clusters.flat()))).toBeLessThan(0.8)
})

test('more clusters than are resampled: the normal interval, as the bootstrap of one less gives it', () => {
  const clusters = (pictures: number) => clusteredProblems(pictures, 1)
  const [resampled, normal] = [bootstrapMean(clusters(10_000), 1), bootstrapMean(clusters(10_001), 1)]
  // Three standard errors of a percentile of 2000 means are 0.0009 here.
  for (const end of ['mean', 'low', 'high'] as const) expect(normal[end]).toBeCloseTo(resampled[end], 2.7)
  expect(normal.high - normal.low).toBeGreaterThan(0.01)
})
