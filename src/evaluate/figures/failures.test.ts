/** Figures of searches without a result, counted as wrong and left out, by hand. */
import { expect, test } from 'vitest'
import { rightOutcome } from '../../../test/right-outcome.ts'
import { micro } from '../../benchmark/aggregate.ts'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import type { Slices } from '../../benchmark/entry.ts'
import { failuresText } from './failures.ts'
import type { FailureRule } from './failures.ts'
import { reportOf } from './report.ts'
import type { ReportOptions } from './report.ts'
import type { ScoredProblem } from './sampling.ts'

/** `1` right, `0` wrong, `x` failed, `?` without a verdict; one letter for each sample. */
function problem(name: string, searches: string, slices: Slices = {}): ScoredProblem {
  const outcomes = [...searches].map((letter, sample) => {
    const without = letter === 'x' ? ({ end: 'failed', judged: false } as const) : { judged: letter !== '?' }
    const usage = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }
    return rightOutcome({
      docId: name,
      sample,
      picture: name,
      correct: letter === '1',
      vote: letter,
      usage,
      ...without,
    })
  })
  return { name, slices, outcomes }
}

const report = (problems: readonly ScoredProblem[], failures?: FailureRule, change: Partial<ReportOptions> = {}) => {
  const samples = problems[0]!.outcomes.length
  return reportOf(problems, { samples, maxTurns: 2, seed: 1, run: 'r', aggregate: micro, failures, ...change })
}

const problems = [problem('a', '11x0'), problem('b', '1?xx'), problem('c', 'xxxx'), problem('d', '0000')]

test('as wrong, which is the default: they stay in every denominator', () => {
  const { summary, scores, sampling, failures, solved } = report(problems)
  expect(report(problems, 'wrong')).toEqual(report(problems))
  expect(summary).toMatchObject({ problems: 4, avgAtK: 3 / 16, ends: { failed: 7 / 16 } })
  expect(scores[0]).toMatchObject({ score: 3 / 16, items: 4 })
  expect(sampling).toMatchObject({ passAtK: 0.5, solved: [2, 1, 1, 0, 0], runs: [0.5, 0.25, 0, 0] })
  expect(solved.map(({ searches }) => searches)).toEqual([4, 4, 4, 4])
  expect(failures).toEqual({ counted: 'wrong', searches: 8, of: 16, problems: 0 })
  expect(failuresText(failures)).toBe('8 of 16 searches have no result, and count as wrong.')
})

test('left out: each problem is the mean of its other searches, and one without any is no problem', () => {
  const { summary, scores, interval, sampling, failures, solved } = report(problems, 'left-out')
  // 2/3, 1 and 0.
  expect(summary.avgAtK).toBeCloseTo(5 / 9)
  expect(summary).toMatchObject({ problems: 3, samples: 4, ends: { failed: 7 / 16 } })
  expect(summary.everyTurnLimit.map(({ avgAtK }) => avgAtK)).toEqual([summary.avgAtK, summary.avgAtK])
  expect(scores[0]!.score).toBeCloseTo(5 / 9)
  expect(scores[0]!.items).toBe(3)
  // The interval is that of three problems with these means.
  expect(interval).toEqual({ low: summary.low, high: summary.high, over: 'problems', units: 3 })
  expect([interval.low, interval.high]).toEqual([0, 1])
  expect(sampling.passAtK).toBeCloseTo(2 / 3)
  // Of the third and fourth samples only those of d, and of a and d, have results.
  expect(sampling.runs).toEqual([2 / 3, 0.5, 0, 0])
  expect(sampling.majorityAtK).toBeCloseTo(2 / 3)
  expect(solved.map(({ name, right, searches }) => [name, right, searches])).toEqual([
    ['a', 2, 3],
    ['b', 1, 1],
    ['d', 0, 4],
  ])
  expect(failures).toEqual({ counted: 'left-out', searches: 8, of: 16, problems: 1 })
  expect(failuresText(failures)).toBe(
    '8 of 16 searches have no result, and are left out; 1 problem has no other and is left out, too.',
  )
})

test('without failures both are equal', () => {
  const whole = [problem('a', '1101'), problem('b', '0010'), problem('c', '1111')]
  const { failures, ...figures } = report(whole, 'left-out')
  const { failures: asWrong, ...same } = report(whole)
  expect(figures).toEqual(same)
  expect([failuresText(failures), failuresText(asWrong)]).toEqual([undefined, undefined])
})

test('where nothing has a result, there is nothing to leave out', () => {
  const none = report([problem('a', 'xx'), problem('b', 'x?')], 'left-out')
  expect(none.summary).toMatchObject({ problems: 2, avgAtK: 0, low: 0, high: 0 })
  expect(none.failures).toEqual({ counted: 'left-out', searches: 4, of: 4, problems: 0 })
})

test('HR-Bench: strict circular needs every presentation of a question in the same sample', () => {
  const of = (name: string, searches: string, cycle: string, question: string): ScoredProblem =>
    problem(name, searches, { cycle, question, category: 'single' })
  const rows = [
    of('a0', '111', '0', 'a'),
    of('a1', '1x0', '1', 'a'),
    of('b0', 'x11', '0', 'b'),
    of('b1', '1xx', '1', 'b'),
  ]
  const { aggregate } = benchmarkNamed('hr-bench-4k')
  const { scores, interval } = report(rows, 'left-out', { aggregate })
  const strict = scores.find(({ name }) => name === 'strict circular')
  // Question a has two whole samples, one of them right; b has none.
  expect(strict).toMatchObject({ score: 0.5, items: 1 })
  // Cycle 0: 1 and 1; cycle 1: 1/2 and 1.
  expect(scores[0]).toMatchObject({ name: 'overall', score: 0.875 })
  expect(interval).toMatchObject({ over: 'questions', units: 2 })
})
