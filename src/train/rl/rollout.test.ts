import { describe, expect, test } from 'vitest'
import { promptOf } from '../../engine/engine.ts'
import { judgeExact } from '../../judge/exact.ts'
import type { Policy, Reply } from '../../policy/policy.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { profiles } from '../../protocol/profile.ts'
import { AbortedError, TransportError } from '../../shared/errors.ts'
import { objectives } from './advantages.ts'
import { groupOf, policyData, type Rollout, rolloutGroups } from './rollout.ts'

const scene = makeScene(1, 'easy', 7)
const task = { picture: scenePicture(scene, 512), problem: makeProblem(scene) }
const look = '<grounding>{"bbox_2d": [0.1, 0.1, 0.6, 0.6], "source": "original_image"}</grounding>'
type Said = Pick<Reply, 'text' | 'finish'>
const said = (text: string, finish: Reply['finish'] = 'stop'): Said => ({ text, finish })

/** A policy whose searches say what they are given here, one token a turn, which is the search's number. */
function scripted(searches: readonly (readonly Said[])[]): Policy {
  let opened = 0
  return {
    name: 'scripted',
    open: () => {
      const token = opened++
      const sample = {
        prompt: promptOf({ width: 1, height: 1, data: new Uint8Array(3) }, []),
        reply: [token],
        logprobs: [-1],
      }
      const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
      return {
        take: (_, { turn }) => Promise.resolve({ ...searches[token]![turn - 1]!, usage, sample }),
        close: () => {},
      }
    },
  }
}

/** Two turns each, the last of which ends in one of the ways that the released mask tells apart. */
const searches = [
  [said(look), said('<answer>7</answer>')],
  [said(look), said('<answer>8</answer>')],
  [said(look), said('No answer.')],
  [said(look), said('I see', 'length')],
  [said(look), said('It is there.</grounding>')],
  [said(look), said(look)],
]

async function rollouts(): Promise<readonly Rollout[]> {
  const options = { groupSize: searches.length, maxTurns: 2, profile: profiles.official, seed: 1 }
  const { groups } = await rolloutGroups([task], scripted(searches), judgeExact, { ...options, objective: 'official' })
  return groups[0]!.rollouts
}

describe('searches that fail', () => {
  const failing = (error: Error, answered = 0) => {
    const state = { begun: 0, cut: 0 }
    const policy: Policy = {
      name: 'failing',
      open: () => {
        const search = state.begun++
        const inner = scripted([[said('<answer>7</answer>')]]).open(task.problem, { seed: 0 })
        return {
          async take(message, options) {
            if (search < answered) return inner.take(message, options)
            if (search < answered + 20) throw error
            // The others wait until they are cut off.
            return new Promise((_, reject) => {
              options.signal!.addEventListener('abort', () => {
                state.cut++
                reject(new AbortedError())
              })
            })
          },
          close: () => inner.close(),
        }
      },
    }
    return { policy, state }
  }
  const run = (policy: Policy) =>
    rolloutGroups(
      Array.from({ length: 8 }, () => task),
      policy,
      judgeExact,
      { groupSize: 8, maxTurns: 2, profile: profiles.official, seed: 1, objective: 'official' },
    )

  test('alike, one after the other, end the step at once, with the reason: the others are cut off', async () => {
    for (const answered of [0, 5]) {
      const { policy, state } = failing(new TransportError('tinker-unreachable', 'No connection.'), answered)
      await expect(run(policy)).rejects.toMatchObject({
        code: 'search-failed',
        message: expect.stringMatching(
          /20 searches in a row failed alike.*tinker-unreachable.*No connection\.[^]*Repeat/,
        ),
      })
      expect(state.begun).toBe(64)
      expect(state.cut).toBe(64 - 20 - answered)
    }
  })
})

describe('what is learned from a search', () => {
  test('a last turn is closed unless a limit or a tag at which turns halt ended it', async () => {
    const group = await rollouts()
    expect(group.map(({ trajectory: { end }, closed, reward }) => [end, closed, reward])).toEqual([
      ['answered', true, 1],
      ['answered', true, 0],
      ['void', true, 0],
      ['void', false, 0],
      ['void', false, 0],
      ['over-turn', false, 0],
    ])
  })

  /** Rewards 1, 0, 0, 0, 0, 0: a mean of 1/6, a sample deviation of sqrt(1/6), a population deviation of sqrt(5)/6. */
  const released = Math.sqrt(1 / 6) + 1e-6
  const population = Math.sqrt(5) / 6
  test.each([
    // The released mask ends with the last end mark: an open last turn has no gradient, and its token does not count.
    ['official', released, 6, [2, 2, 2, 1, 1, 0]],
    // With ignore_exceed=False; what asks for one view too many ends without an end mark, too.
    ['official-unmasked', released, 6, [2, 2, 2, 1, 1, 1]],
    ['paper', population, 5, [2, 2, 2, 2, 2, 0]],
    ['vanilla', population, 6, [2, 2, 2, 2, 2, 2]],
  ] as const)('%s: deviation, divisor and turns with a gradient', async (objective, deviation, divisor, turns) => {
    const data = policyData([groupOf(await rollouts(), objective)], objective)
    for (const [token, count] of turns.entries()) {
      const own = data.filter(({ reply }) => reply[0] === token)
      expect(own).toHaveLength(count)
      const advantage = ((token === 0 ? 1 : 0) - 1 / 6) / deviation
      for (const { advantages } of own) expect(advantages![0]).toBeCloseTo(advantage / divisor / count, 12)
    }
  })

  test('as released, searches that met a limit and differ in reward take a place in the step, without a gradient', async () => {
    const [right, wrong] = (await rollouts()).map(({ trajectory, ...rest }): Rollout => ({
      ...rest,
      trajectory: { ...trajectory, end: 'over-turn' },
    }))
    const spread = objectives.map((objective) => groupOf([right!, wrong!], objective))
    expect(spread.map(({ zeroSpread }) => zeroSpread)).toEqual([true, false, false, false])
    expect(spread[1]!.advantages).toEqual([0, 0])
    expect(policyData([spread[1]!], 'official')).toEqual([])
  })
})
