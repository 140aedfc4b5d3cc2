/** The figures of an evaluation agree with their plain formulas, whatever the searches were. */
import { micro } from '../../benchmark/aggregate.ts'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareEvals } from './compare.ts'
import { rightOutcome } from '../../../test/right-outcome.ts'
import type { Outcome } from './outcome.ts'
import { reportOf } from './report.ts'
import { majority } from './sampling.ts'
import type { ScoredProblem } from './sampling.ts'
import { shardOf } from '../shard.ts'

interface Wanted {
  readonly correct: boolean
  readonly turns?: number
  readonly vote?: string
  readonly part?: number
}

function outcome({ correct, turns = 1, vote, part }: Wanted, sample = 0, picture = 'one'): Outcome {
  const graded = part === undefined ? {} : { part }
  return rightOutcome({ picture, sample, turns, correct, vote, ...graded })
}

const problem = (name: string, searches: readonly Wanted[], slices: ScoredProblem['slices'] = {}): ScoredProblem => ({
  name,
  slices,
  outcomes: searches.map((search, sample) => outcome(search, sample, name)),
})

const maxTurns = 6
const options = { maxTurns, seed: 1, run: 'r', aggregate: micro } as const

const searches = fc.record({ correct: fc.boolean(), turns: fc.integer({ min: 1, max: maxTurns }) })
const sets = fc
  .integer({ min: 1, max: 4 })
  .chain((k) => fc.array(fc.array(searches, { minLength: k, maxLength: k }), { minLength: 1, maxLength: 6 }))

test('Avg@K is right searches over all searches, at every turn limit too, and the runs are its parts', () => {
  fc.assert(
    fc.property(sets, (rows) => {
      const [{ length: samples }] = rows as [Wanted[]]
      const report = reportOf(
        rows.map((row, index) => problem(`p${index}`, row)),
        { ...options, samples },
      )
      const all = rows.flat()
      const naive = (limit: number): number =>
        all.filter(({ correct, turns }) => correct && turns <= limit).length / all.length
      const { summary, scores, sampling, interval } = report
      expect(summary.avgAtK).toBeCloseTo(naive(maxTurns), 10)
      expect(scores[0]!.score).toBeCloseTo(summary.avgAtK, 10)
      expect(summary.everyTurnLimit.map(({ limit }) => limit)).toEqual([1, 2, 3, 4, 5, 6])
      for (const { limit, avgAtK, low, high } of summary.everyTurnLimit) {
        expect(avgAtK).toBeCloseTo(naive(limit), 10)
        expect(low).toBeLessThanOrEqual(avgAtK + 1e-9)
        expect(high).toBeGreaterThanOrEqual(avgAtK - 1e-9)
      }
      expect(summary.everyTurnLimit.at(-1)!.avgAtK).toBe(summary.avgAtK)
      expect([interval.low, interval.high]).toEqual([summary.low, summary.high])
      expect(sampling.runs.reduce((sum, run) => sum + run, 0) / samples).toBeCloseTo(summary.avgAtK, 10)
      const right = sampling.solved.reduce((sum, count, solved) => sum + count * solved, 0)
      expect(right / all.length).toBeCloseTo(summary.avgAtK, 10)
      expect(sampling.passAtK).toBeCloseTo(1 - sampling.solved[0]! / rows.length, 10)
    }),
    { numRuns: 30 },
  )
})

test('the majority: most votes count, ties are shared, who gives no answer does not vote', () => {
  const of = (...wanted: readonly [vote: string | undefined, correct: boolean][]): number =>
    majority(wanted.map(([vote, correct]) => outcome({ correct, ...(vote !== undefined && { vote }) })))
  expect(of(['a', true], ['a', true], ['b', false])).toBe(1)
  expect(of(['a', true], ['b', false], ['b', false])).toBe(0)
  expect(of(['a', true], ['b', false])).toBe(0.5)
  expect(of(['a', true], ['b', false], ['c', false])).toBeCloseTo(1 / 3)
  expect(of(['a', true], [undefined, false], [undefined, false])).toBe(1)
  expect(of([undefined, false])).toBe(0)
})

test('forms of one question are drawn together', () => {
  const rows = ['1', '1', '2', '2'].map((question, index) =>
    problem(`p${index}`, [{ correct: question === '1' }], { question, cycle: `${index % 2}` }),
  )
  const { interval, scores } = reportOf(rows, {
    ...options,
    samples: 1,
    aggregate: benchmarkNamed('hr-bench-4k').aggregate,
  })
  expect(interval).toEqual({ low: 0, high: 1, over: 'questions', units: 2 })
  expect(scores[0]).toEqual({ name: 'overall', score: 0.5, items: 4 })
})

test('parts of points count in the score, in each run, at every turn limit, and in comparisons', () => {
  const graded = [
    problem('a', [
      { correct: true, part: 0.5 },
      { correct: true, part: 1, turns: 3 },
    ]),
    problem('b', [{ correct: false }, { correct: true, part: 0.75 }]),
  ]
  const report = reportOf(graded, { ...options, samples: 2 })
  expect(report.scores[0]!.score).toBeCloseTo(2.25 / 4)
  expect(report.summary.avgAtK).toBeCloseTo(2.25 / 4)
  expect(report.summary.everyTurnLimit[1]!.avgAtK).toBeCloseTo(1.25 / 4)
  expect(report.sampling.runs).toEqual([0.25, 0.875])
  expect(report.sampling.passAtK).toBe(1)
  const right = graded.map(({ name }) => problem(name, [{ correct: true }, { correct: true }]))
  const { difference, p } = compareEvals(graded, right, 1)
  expect(difference.mean).toBeCloseTo(1.75 / 4)
  expect(p).toBeGreaterThan(0.1)
  expect(p).toBeLessThan(1)
})

test('two evaluations are paired by problem, whatever their order', () => {
  const first = [
    problem('a', [{ correct: true }]),
    problem('b', [{ correct: false }]),
    problem('c', [{ correct: true }]),
  ]
  const second = [
    problem('c', [{ correct: true }]),
    problem('b', [{ correct: true }]),
    problem('a', [{ correct: true }]),
  ]
  const { difference, units, flipped } = compareEvals(first, second, 1)
  expect(units).toBe(3)
  expect(difference).toMatchObject({ low: 0, high: 1 })
  expect(difference.mean).toBeCloseTo(1 / 3)
  expect(flipped).toEqual([{ name: 'b', before: 0, after: 1 }])
})

test('the shards of a set are the set, each problem once, of sizes that differ by one at most', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.integer({ min: 1, max: 9 }), (count, of) => {
      const items = Array.from({ length: count }, (_, index) => index)
      const shards = Array.from({ length: of }, (_, index) => shardOf(items, { index: index + 1, of }))
      expect(shards.flat().toSorted((a, b) => a - b)).toEqual(items)
      const sizes = shards.map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})
