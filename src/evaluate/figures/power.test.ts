/** Sizes of evaluations agree with the formula by hand, and with simulated runs of that size. */
import { expect, test } from 'vitest'
import { rightOutcome } from '../../../test/right-outcome.ts'
import { random } from '../../shared/random.ts'
import { mean } from '../../shared/numbers.ts'
import { assumedSpread, measuredSpread, powerOf, powerText } from './power.ts'
import type { ScoredProblem } from './sampling.ts'
import { signFlipTest } from './sign-flip.ts'

test('by hand: 3 points with many searches need 7.849 / 9 / 0.0009 = 969 problems', () => {
  expect(powerOf(assumedSpread, { problems: 1, samples: 1e9 }, 0.03).problems).toBe(969)
  // (1/9 + 1/3) for one search, (1/9 + 1/12) for four.
  expect(powerOf(assumedSpread, { problems: 1, samples: 1 }, 0.03).problems).toBe(
    Math.ceil((7.848879 * 4) / 9 / 0.0009),
  )
  expect(powerOf(assumedSpread, { problems: 100, samples: 4 }, 0.03).visible).toBeCloseTo(
    Math.sqrt((7.848879 * (1 / 9 + 1 / 12)) / 100),
    5,
  )
  expect(powerOf({ ...assumedSpread, clustering: 2 }, { problems: 1, samples: 1e9 }, 0.03).problems).toBe(1938)
})

test('searches per problem help only as long as problems are enough', () => {
  expect(powerOf(assumedSpread, { problems: 500, samples: 4 }, 0.03).samples).toBeUndefined()
  const { samples } = powerOf(assumedSpread, { problems: 1500, samples: 1 }, 0.03)
  expect(samples).toBe(6)
  expect(powerOf(assumedSpread, { problems: 1500, samples: samples! }, 0.03).problems).toBeLessThanOrEqual(1500)
  expect(powerOf(assumedSpread, { problems: 1500, samples: samples! - 1 }, 0.03).problems).toBeGreaterThan(1500)
})

/** Searches of problems whose chances spread evenly, and of another policy that is better by `gain` and correlates by one third. */
function simulated(problems: number, samples: number, gain: number, seed: number) {
  const rng = random('power', seed)
  return Array.from({ length: problems }, () => {
    const chance = rng.next()
    const other = rng.chance(1 / 3) ? chance : rng.next()
    // Half of all searches are wrong, and this share of them becomes right.
    const isRight = () => rng.chance(other) || rng.chance(gain * 2)
    const first = Array.from({ length: samples }, () => rng.chance(chance))
    return { first, second: Array.from({ length: samples }, isRight) }
  })
}

test('of simulated runs with as many problems as needed, about 80 % show the difference', () => {
  const [samples, gain, trials] = [4, 0.1, 400]
  const { problems } = powerOf(assumedSpread, { problems: 1, samples }, gain)
  const found = Array.from({ length: trials }, (_, seed) => {
    const count = (right: readonly boolean[]) => right.filter(Boolean).length
    return signFlipTest(
      simulated(problems, samples, gain, seed).map(({ first, second }) => count(second) - count(first)),
    )
  }).filter((p) => p < 0.05)
  // Three standard errors of a share of 0.8 over 400 runs; a better policy varies a little less than the formula assumes.
  const bound = 3 * Math.sqrt((0.8 * 0.2) / trials)
  expect(found.length / trials).toBeGreaterThan(0.8 - bound)
  expect(found.length / trials).toBeLessThan(0.8 + bound + 0.03)
})

test('the measured spread is that of the simulation, and shared pictures count', () => {
  const scored = (rows: readonly (readonly boolean[])[], pictureOf: (row: number) => number): ScoredProblem[] =>
    rows.map((row, index) => ({
      name: `p${index}`,
      slices: {},
      outcomes: row.map((correct) => rightOutcome({ correct, picture: `${pictureOf(index)}` })),
    }))
  const rows = simulated(4000, 4, 0, 1).map(({ first }) => first)
  const spread = measuredSpread(scored(rows, (row) => row))
  expect(spread.between).toBeCloseTo(1 / 12, 2)
  expect(spread.within).toBeCloseTo(1 / 6, 2)
  expect(spread.clustering).toBeCloseTo(1, 10)
  // Every problem five times on the same picture: five times the variance.
  const repeated = rows.flatMap((row) => [row, row, row, row, row])
  expect(measuredSpread(scored(repeated, (row) => Math.floor(row / 5))).clustering).toBeCloseTo(5, 1)
  const single = measuredSpread(
    scored(
      rows.map((row) => row.slice(0, 1)),
      (row) => row,
    ),
  )
  expect(mean([single.between - 1 / 12, single.within - 1 / 6])).toBeCloseTo(0, 2)
})

test('in words: what is visible, what 3 points need, and what was assumed', () => {
  const few = powerText(assumedSpread, { problems: 300, samples: 4 }, 'assumed')
  expect(few).toContain(
    'two runs of 300 problems x 4 searches can be distinguished if they differ by 7.1 points or more',
  )
  expect(few).toContain('To detect 3 points, 1,696 problems x 4 searches are needed; ')
  expect(few).toContain('300 problems are too few for any number of searches')
  expect(few).toContain('Assumed:')
  const many = powerText(assumedSpread, { problems: 1500, samples: 1 }, 'measured')
  expect(many).toContain('two runs of 1,500 problems x 1 search can be')
  expect(many).toContain('or 1,500 problems x 6 searches')
  expect(many).toContain('Variances as measured in this run')
  expect(powerText(assumedSpread, { problems: 5000, samples: 4 }, 'assumed')).not.toContain('To detect 3 points')
})

test.each([
  [1, 4, 'Power: 1 problem is too few to distinguish two runs.'],
  [4, 1000, 'Power: 4 problems are too few to distinguish two runs.'],
  [5, 4, '5 problems x 4 searches can be distinguished if they differ by 55.2 points or more'],
])('%i problems x %i searches: no difference that is not possible', (problems, samples, text) => {
  expect(powerText(assumedSpread, { problems, samples }, 'assumed')).toContain(text)
})

test('a difference of more than 100 points is not told', () => {
  const spread = { ...assumedSpread, clustering: 6 }
  expect(powerText(spread, { problems: 6, samples: 1 }, 'measured')).toBe(
    'Power: 6 problems are too few to distinguish two runs.',
  )
})
