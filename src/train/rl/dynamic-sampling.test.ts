import { describe, expect, test } from 'vitest'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { TokenPart } from '../token-parts.ts'
import { type SamplingOptions, sampleGroups } from './dynamic-sampling.ts'
import { groupOf, type RolloutGroup, type Rollouts } from './rollout.ts'

/** A group of searches with these rewards, told apart by `docId`. */
function group(docId: string, rewards: readonly number[]): RolloutGroup {
  const trajectory = { end: 'answered', turns: [{}], observations: [], problem: { docId } } as unknown as Trajectory
  const samples = [{ prompt: [], reply: [1], logprobs: [-0.5] }]
  return groupOf(
    rewards.map((reward) => ({ trajectory, samples, reward, closed: true })),
    'official',
  )
}

const differ = [1, 0]
const right = [1, 1]
const rounds: readonly Rollouts[] = [
  { groups: [group('a', right), group('b', differ), group('c', [0, 0])], right: [2, 1, 0], lost: [] },
  { groups: [group('d', right), group('e', right)], right: [2, 2, null], lost: ['the server was away'] },
  { groups: [group('f', differ), group('g', differ), group('h', differ)], right: [1, 1, 1], lost: [] },
]

async function sample(changes: Partial<SamplingOptions>) {
  let drawn = 0
  const heard: (readonly number[])[] = []
  const draw = async (round: number): Promise<Rollouts> => {
    expect(round).toBe(++drawn)
    return rounds[round - 1]!
  }
  const onRound = (...told: readonly number[]): number => heard.push(told)
  const partsOf = (reply: readonly number[]): TokenPart[] => reply.map(() => 'form')
  const options = { wanted: 3, maxRounds: 4, objective: 'official', partsOf, onRound, ...changes } as const
  return { sampled: await sampleGroups(draw, options), drawn, heard }
}

const names = (groups: readonly RolloutGroup[]): unknown[] =>
  groups.map(({ rollouts }) => rollouts[0]!.trajectory.problem.docId)

describe('dynamic sampling', () => {
  test('samples on until a step has its groups, in the order in which they came, and cuts off the others', async () => {
    const { sampled, drawn, heard } = await sample({})
    if (sampled.kind !== 'enough') throw new Error(sampled.kind)
    expect(names(sampled.groups)).toEqual(['b', 'f', 'g'])
    expect(drawn).toBe(3)
    // A round without a single group that differs counts, too.
    expect(heard).toEqual([
      [1, 1],
      [2, 1],
    ])
    const { searches, samplingRounds, trainedGroups, zeroSpreadShare, reward, lost, sampledTokens } = sampled.metrics
    // Of all that was searched: what was replaced, what was lost and what was cut off.
    expect({ searches, samplingRounds, trainedGroups, zeroSpreadShare, reward, lost, sampledTokens }).toEqual({
      searches: 16,
      samplingRounds: 3,
      trainedGroups: 3,
      zeroSpreadShare: 0.5,
      reward: 10 / 16,
      lost: ['the server was away'],
      sampledTokens: 16,
    })
  })

  test('with one round a step takes the groups that there are', async () => {
    const { sampled, drawn } = await sample({ maxRounds: 1 })
    expect([sampled.kind === 'enough' && names(sampled.groups), drawn]).toEqual([['b'], 1])
  })

  test('the number of rounds is bounded', async () => {
    const { sampled, drawn } = await sample({ maxRounds: 2 })
    expect(drawn).toBe(2)
    expect(sampled).toMatchObject({ kind: 'too-few', metrics: { trainedGroups: 1, samplingRounds: 2, searches: 10 } })
    expect((await sample({ maxRounds: 3 })).sampled.kind).toBe('enough')
  })

  test('it stops between two rounds when asked to', async () => {
    const { sampled, drawn } = await sample({ signal: AbortSignal.abort() })
    expect([sampled, drawn]).toEqual([{ kind: 'stopped' }, 1])
  })
})
