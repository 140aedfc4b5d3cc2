import { expect, test } from 'vitest'
import { ends, type End } from '../../protocol/trajectory.ts'
import type { RlMetrics } from '../../train/rl/run-rl.ts'
import { rlNotes } from './rl-notes.ts'

function step(changes: Partial<RlMetrics>): RlMetrics {
  return {
    step: 1,
    searches: 96,
    samplingRounds: 1,
    trainedGroups: 7,
    sampledTokens: 9_000,
    trainedTokens: 4_000,
    reward: 0.5,
    rewardByLevel: {},
    turnsByOutcome: {},
    parts: {},
    accuracyCompleted: 0.625,
    turns: 3,
    ends: { ...(Object.fromEntries(ends.map((end) => [end, 0])) as Record<End, number>), 'over-turn': 0.2 },
    maskedShare: 0.2,
    zeroSpreadShare: 0.4,
    clipShare: 0.01,
    entropy: 0.3,
    mismatch: 0,
    gradientNorm: 0.5,
    learningRate: 1e-4,
    staleness: 0,
    lost: [],
    tokensPerSecond: 900,
    rolloutMs: 10_000,
    drawMs: 500,
    trainMs: 5_000,
    outsideMs: 600,
    ...changes,
  }
}

test('shows the newest step, with means over the last ones of what is noisy', () => {
  expect(rlNotes([step({ reward: 0.3, turns: 2 }), step({})])).toEqual([
    'right 50 % (40 %), of completed 63 %, turns 3.0 (2.5), over turn 20 %',
    'masked 20 %, no spread 40 %, clip 1 %, entropy 0.30, grad 0.50, 900 tokens/s',
  ])
})

test('says how many rounds a step took that sampled on', () => {
  expect(rlNotes([step({ samplingRounds: 3, searches: 288, trainedGroups: 12 })])[2]).toBe(
    'sampling rounds 3, searches 288, groups learned from 12',
  )
})

test('says whose weights searched, and how many problems the curriculum draws less often', () => {
  expect(rlNotes([step({ staleness: 1 })])[2]).toBe('searched with the previous weights')
  expect(rlNotes([step({ settledProblems: 0 })])[2]).toBe('problems drawn less often 0')
  const both = rlNotes([step({ staleness: 1, settledProblems: 123_456 })])[2]!
  expect(both).toBe('searched with the previous weights, problems drawn less often 123456')
  expect(both.length).toBeLessThan(80)
})

test('says when replies lose their form, which does not show in the rewards', () => {
  const voided = (share: number): RlMetrics => step({ reward: 0.9, ends: { ...step({}).ends, void: share } })
  expect(rlNotes([voided(0.09)])).toHaveLength(2)
  expect(rlNotes([voided(0.89)])[2]).toBe('void 89 %: last replies without an action, or truncated')
})

test('says when right answers are gone', () => {
  const after = (...rewards: number[]): string[] => rlNotes(rewards.map((reward) => step({ reward })))
  expect(after(0.9, 0, 0)).toHaveLength(2)
  expect(after(0.9, 0.2, 0.2, 0.2)).toHaveLength(2)
  expect(after(0, 0, 0, 0)).toHaveLength(2)
  expect(after(0.9, 0, 0.08, 0)[2]).toBe('hardly any answer right for 3 steps: --learning-rate may be too high')
})

test('says when groups could not be learned from', () => {
  const lost = ['a search for p failed: 500', 'an answer to q was not judged']
  expect(rlNotes([step({ lost })])[2]).toBe('groups left out 2: a search for p failed: 500')
})

test('is no wider than a terminal of 80 columns, also with wide figures', () => {
  const full = Object.fromEntries(ends.map((end) => [end, 0.99])) as Record<End, number>
  const widest = step({
    reward: 1,
    accuracyCompleted: 1,
    turns: 32,
    ends: full,
    maskedShare: 0.99,
    zeroSpreadShare: 0.99,
    clipShare: 0.99,
    entropy: 1.234,
    gradientNorm: 12.34,
    tokensPerSecond: 1234,
    lost: ['a search failed: '.repeat(20)],
  })
  for (const line of rlNotes([widest])) expect(line.length).toBeLessThan(80)
})
