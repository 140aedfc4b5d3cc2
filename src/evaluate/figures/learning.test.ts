import { expect, test } from 'vitest'
import type { StepLine } from '../../runs/training.ts'
import { changeTable } from './learning.ts'

const step = (number: number, changes: object = {}): StepLine => ({
  stage: 'rl',
  step: number,
  reward: number / 100,
  ...changes,
})

test('the first tenth of the steps beside the last, every figure that either has', () => {
  const steps = Array.from({ length: 20 }, (_, i) =>
    step(i + 1, {
      turns: 4,
      rewardByLevel: i < 10 ? { easy: 0.5 } : { easy: 0.75, hard: 0.125 },
      turnsByOutcome: { right: 3, wrong: 2.5 },
      targetFound: i / 20,
      parts: { box: { share: 0.3, logprob: -0.25 }, thought: { share: 0.7, logprob: -1 } },
      partAccuracy: { box: 0.9 },
    }),
  )
  expect(changeTable({ name: 'rl', steps })).toEqual({
    head: ['mean over', 'steps 1–2', 'steps 19–20'],
    rows: [
      ['Reward', '1.5 %', '19.5 %'],
      ['Turns of a search', '4', '4'],
      ['Reward by level: easy', '50.0 %', '75.0 %'],
      ['Reward by level: hard', '–', '12.5 %'],
      ['Turns by outcome: right', '3', '3'],
      ['Turns by outcome: wrong', '2.5', '2.5'],
      ['Targets in crops: searches that found all', '2.5 %', '92.5 %'],
      ['−log p by part of a turn: box', '0.25', '0.25'],
      ['−log p by part of a turn: thought', '1', '1'],
      ['Tokens that were the likeliest, by part of a turn: box', '90.0 %', '90.0 %'],
    ],
  })
})

test('ten steps at each end at most; one step, or none that says anything, has no table', () => {
  const many = Array.from({ length: 500 }, (_, i) => step(i + 1))
  expect(changeTable({ name: 'rl', steps: many })?.head).toEqual(['mean over', 'steps 1–10', 'steps 491–500'])
  expect(changeTable({ name: 'rl', steps: many.slice(0, 2) })?.head).toEqual(['mean over', 'step 1', 'step 2'])
  expect(changeTable({ name: 'rl', steps: many.slice(0, 1) })).toBeUndefined()
  const silent = [1, 2].map((number): StepLine => ({
    stage: 'rl',
    step: number,
    reward: 'nonsense',
    parts: [1],
    partAccuracy: 7,
  }))
  expect(changeTable({ name: 'rl', steps: silent })).toBeUndefined()
})
