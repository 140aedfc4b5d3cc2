import { expect, test } from 'vitest'
import { searched } from '../../../test/searched.ts'
import { relativeBox } from '../../protocol/box.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { TokenPart } from '../token-parts.ts'
import { groupOf, type Rollout } from './rollout.ts'
import { searchFigures, searchMetrics } from './search-figures.ts'

/** The first token of a reply is a thought, the last one form. */
const partsOf = (reply: readonly number[]): TokenPart[] =>
  reply.map((_, i) => (i === 0 ? 'thought' : i === reply.length - 1 ? 'form' : 'box'))

/** Its crops are the quarters at the top left of what they look into: they hold the target at first, then no more. */
function rollout(
  crops: number,
  answer: string | null,
  reward: number,
  changes: Partial<Trajectory['problem']> = {},
): Rollout {
  const trajectory = searched(
    Array.from({ length: crops }, (_, i) => i),
    'Hm.',
    answer,
  )
  const targetBoxRel = relativeBox(0.2, 0.2, 0.24, 0.24)
  return {
    trajectory: { ...trajectory, problem: { ...trajectory.problem, targetBoxRel, ...changes } },
    samples: [{ prompt: [], reply: [1, 2, 3], logprobs: [-0.5, -1, -0.25] }],
    reward,
    closed: true,
  }
}

const metricsOf = (...groups: Rollout[][]) =>
  searchMetrics(
    groups.flatMap((group) => searchFigures(groupOf(group, 'official'), partsOf)),
    'official',
  )

test('rewards by level and turns by outcome', () => {
  const { rewardByLevel, turnsByOutcome, reward, turns, ends, maskedShare, zeroSpreadShare } = metricsOf(
    [rollout(1, '7', 1, { level: 'easy' }), rollout(3, '8', 0, { level: 'easy' })],
    [rollout(4, null, 0, { level: 'hard' }), rollout(2, null, 0, { level: 'hard' })],
  )
  expect(rewardByLevel).toEqual({ easy: 0.5, hard: 0 })
  expect(turnsByOutcome).toEqual({ right: 2, wrong: 4, unfinished: 3 })
  expect({ reward, turns, maskedShare, zeroSpreadShare }).toEqual({
    reward: 0.25,
    turns: 3,
    maskedShare: 0.5,
    zeroSpreadShare: 0.5,
  })
  expect(ends).toMatchObject({ answered: 0.5, 'over-turn': 0.5 })
})

test('how many crops hold the target, and how many searches found all of theirs', () => {
  // Of 1024 pixels, crops reach to 512, 256, 128; the target lies from 205 to 245.
  expect(metricsOf([rollout(1, '7', 1), rollout(4, '8', 0)])).toMatchObject({ targetCrops: 3 / 5, targetFound: 1 })
  expect(metricsOf([rollout(0, '7', 1), rollout(2, '8', 0)])).toMatchObject({ targetCrops: 1, targetFound: 0.5 })
  const two = { targetBoxesRel: [relativeBox(0.2, 0.2, 0.24, 0.24), relativeBox(0.9, 0.9, 1, 1)] }
  expect(metricsOf([rollout(1, '7', 1, two), rollout(3, '8', 0, two)])).toMatchObject({
    targetCrops: 3 / 4,
    targetFound: 0,
  })
})

test('what is not known is absent', () => {
  const { trajectory, ...rest } = rollout(0, '7', 1)
  const { targetBoxRel: _, ...problem } = trajectory.problem
  const metrics = metricsOf([{ trajectory: { ...trajectory, problem }, ...rest }])
  for (const name of ['targetCrops', 'targetFound']) expect(metrics).not.toHaveProperty(name)
  expect(metrics).toMatchObject({ rewardByLevel: {}, turnsByOutcome: { right: 1 } })
  expect(metricsOf([rollout(0, '7', 1)])).not.toHaveProperty('targetCrops')
})

test('tokens by the part of a turn that they write, and the entropy of all', () => {
  const { parts, entropy, sampledTokens } = metricsOf([rollout(0, '7', 1), rollout(0, '7', 0)])
  expect(parts).toEqual({
    thought: { share: 1 / 3, logprob: -0.5 },
    box: { share: 1 / 3, logprob: -1 },
    form: { share: 1 / 3, logprob: -0.25 },
  })
  expect([entropy, sampledTokens]).toEqual([3.5 / 6, 6])
})
