/** Comparisons of two runs agree with statsmodels 0.15 and scipy 1.17, and keep their level where problems share pictures. */
import { expect, test } from 'vitest'
import { rightOutcome } from '../../../test/right-outcome.ts'
import { random } from '../../shared/random.ts'
import { compareEvals } from './compare.ts'
import type { ScoredProblem } from './sampling.ts'
import { normalTails, signFlipTest } from './sign-flip.ts'

/** A problem with its searches, each right (1) or wrong (0). */
function problem(name: string, right: readonly number[], picture = name): ScoredProblem {
  return { name, slices: {}, outcomes: right.map((one) => rightOutcome({ correct: one === 1, picture })) }
}

/** `gained` problems that only the second run solves, `lost` that only the first does, and 20 of each other kind. */
function tabled(gained: number, lost: number): [ScoredProblem[], ScoredProblem[]] {
  const rows = [
    ...Array.from({ length: gained }, () => [0, 1]),
    ...Array.from({ length: lost }, () => [1, 0]),
    ...Array.from({ length: 20 }, () => [1, 1]),
    ...Array.from({ length: 20 }, () => [0, 0]),
  ]
  const side = (at: number) => rows.map((row, index) => problem(`p${index}`, [row[at]!]))
  return [side(0), side(1)]
}

test.each([
  // statsmodels.stats.contingency_tables.mcnemar(exact=True)
  [14, 3, 0.012725830078125],
  [5, 5, 1],
  [1, 0, 1],
  [9, 1, 0.021484375],
  [40, 22, 0.030015864349067285],
])("one search per problem, %i gained and %i lost: p of McNemar's exact test is %f", (gained, lost, p) => {
  const [first, second] = tabled(gained, lost)
  const comparison = compareEvals(first, second, 1)
  expect(comparison.test).toBe('mcnemar')
  expect(comparison.p).toBeCloseTo(p, 12)
  expect(comparison.difference.mean).toBeCloseTo((gained - lost) / (gained + lost + 40), 12)
  expect(comparison.flipped).toHaveLength(gained + lost)
})

test('several searches per problem: all assignments of signs, as scipy.stats.permutation_test enumerates them', () => {
  expect(signFlipTest([3, -1, 2, 2, 0, -2, 4, 1])).toBeCloseTo(0.21875, 12)
  expect(signFlipTest([])).toBe(1)
  const four = (right: number) => Array.from({ length: 4 }, (_, index) => (index < right ? 1 : 0))
  const [first, second] = [0, 1].map((side) =>
    [3, -1, 2, 2, 0, -2, 4, 1].map((more, index) =>
      problem(`p${index}`, four(side === 0 ? Math.max(0, -more) : Math.max(0, more))),
    ),
  ) as [ScoredProblem[], ScoredProblem[]]
  expect(compareEvals(first, second, 1)).toMatchObject({ test: 'sign-flip', p: 0.21875 })
  // The second run with two searches per problem has the same shares: 0 and 4 of 4 as 0 and 2 of 2.
  const halves = compareEvals([problem('a', [0, 0, 0, 0])], [problem('a', [1, 1])], 1)
  expect(halves).toMatchObject({ p: 1, difference: { mean: 1 } })
})

test('large sets: the normal distribution, whose tails agree with scipy.stats.norm', () => {
  const tails = [
    [0, 1],
    [0.5, 0.6170750774519738],
    [1.96, 0.04999579029644087],
    [3, 0.0026997960632601866],
    [3.6, 0.00031821718031506727],
    [5, 5.733031437583866e-7],
    [8, 1.244192114854348e-15],
  ] as const
  for (const [z, p] of tails) expect(normalTails(z) / p).toBeCloseTo(1, 6)
  // 20,000 differences of 40 searches or so are beyond the exact computation; z is 5 here.
  const many = Array.from({ length: 20_000 }, (_, index) => (index % 2 === 0 ? 40 : -40))
  const shifted = many.map((one, index) => (index < 707 ? 40 : one))
  const z = shifted.reduce((sum, one) => sum + one, 0) / Math.sqrt(20_000 * 1600)
  expect(signFlipTest(shifted)).toBeCloseTo(normalTails(z), 12)
})

test('runs on different problems are compared on those that both have, and what is alone is counted', () => {
  const first = ['a', 'b', 'c'].map((name) => problem(name, [0]))
  const second = ['c', 'b', 'x', 'y'].map((name) => problem(name, [1]))
  expect(compareEvals(first, second, 1)).toMatchObject({ problems: 2, alone: [1, 2], difference: { mean: 1 } })
  expect(() => compareEvals(first, [problem('z', [1])], 1)).toThrow('no problem in common')
})

test('problems that share a picture are one unit, also through a question about several pictures', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const pictures = ['one', 'one', 'two', 'two three', 'three']
  const run = (right: readonly number[]) => names.map((name, index) => problem(name, [right[index]!], pictures[index]))
  const comparison = compareEvals(run([0, 0, 0, 0, 0]), run([1, 1, 1, 1, 0]), 1)
  expect(comparison).toMatchObject({ units: 2, over: 'pictures', test: 'sign-flip', problems: 5 })
  // Both clusters gained two: of four assignments of signs, two are as far from 0.
  expect(comparison.p).toBe(0.5)
  // Draws: both clusters (4/5), twice the first (2 of 2), twice the second (2 of 3).
  expect(comparison.difference.low).toBeCloseTo(2 / 3, 12)
  expect(comparison.difference.high).toBe(1)
})

test('questions about a single picture are units by themselves', () => {
  const run = (right: readonly number[]) => right.map((one, index) => problem(`p${index}`, [one], 'one'))
  expect(compareEvals(run([0, 0, 1]), run([1, 0, 1]), 1)).toMatchObject({ units: 3, over: 'problems', test: 'mcnemar' })
})

test('equal runs: a test at 5 % rejects 5 % of them where problems share pictures; unclustered it would reject far more', () => {
  const trials = 600
  const rejected = { clustered: 0, apart: 0 }
  for (let trial = 0; trial < trials; trial++) {
    const rng = random('equal runs', trial)
    // Five problems per picture, which a run solves all or not at all.
    const differences = Array.from({ length: 40 }, () => Number(rng.chance(0.5)) - Number(rng.chance(0.5)))
    if (signFlipTest(differences.map((one) => 5 * one)) < 0.05) rejected.clustered++
    if (signFlipTest(differences.flatMap((one) => [one, one, one, one, one])) < 0.05) rejected.apart++
  }
  // An exact test of discrete differences rejects at most 5 %; three standard errors over 600 sets are 0.027.
  expect(rejected.clustered / trials).toBeLessThan(0.05 + 0.027)
  expect(rejected.clustered / trials).toBeGreaterThan(0.005)
  expect(rejected.apart / trials).toBeGreaterThan(0.2)
})
