import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AdamParameters, type Datum, defaultAdam, type Engine, type Loss } from '../../engine/engine.ts'
import { completed, type End, type Trajectory } from '../../protocol/trajectory.ts'
import { random, type Random } from '../../shared/random.ts'
import type { Objective } from './advantages.ts'
import { sampleGroups } from './dynamic-sampling.ts'
import { grpoStep, type GrpoSettings } from './grpo.ts'
import { groupOf, policyData, type Rollout } from './rollout.ts'
import type { TokenPart } from '../token-parts.ts'
import { promptOf } from '../../engine/engine.ts'

/** Replies here are no text. */
const partsOf = (reply: readonly number[]): TokenPart[] => reply.map(() => 'form')

const stepOn = (engine: Engine, groups: Rollout[][], settings: GrpoSettings, step: number) => {
  const teaching = groups.map((group) => groupOf(group, settings.objective)).filter(({ zeroSpread }) => !zeroSpread)
  return grpoStep(engine, teaching, settings, step, { adam: defaultAdam, partsOf })
}

/**
 * A search with two arms: answer at once (token 0), or look on (token 1). Its policy is one softmax over two logits,
 * whose gradient can be written down.
 */
function toyEngine(): Engine & { readonly logits: [number, number]; readonly gradient: [number, number] } {
  const logits: [number, number] = [0, 0]
  const gradient: [number, number] = [0, 0]
  return {
    logits,
    gradient,
    about: { engine: 'test' },
    ignoredSettings: [],
    checkpointSuffix: '.json',
    forwardBackward(data: readonly Datum[], loss: Loss) {
      if (loss.kind !== 'ppo') throw new Error('the toy only knows the clipped objective')
      let total = 0
      const logprobs = data.map(({ reply, advantages, oldLogprobs }) =>
        reply.map((token, i) => {
          const logprob = logprobOf(logits, token)
          const ratio = Math.exp(logprob - oldLogprobs![i]!)
          const advantage = advantages![i]!
          const clipped = Math.min(1 + loss.clipHigh, Math.max(1 - loss.clipLow, ratio))
          total -= Math.min(ratio * advantage, clipped * advantage)
          if (ratio * advantage <= clipped * advantage) {
            for (const arm of [0, 1] as const) {
              const share = Math.exp(logprobOf(logits, arm))
              gradient[arm] -= ratio * advantage * ((arm === token ? 1 : 0) - share)
            }
          }
          return logprob
        }),
      )
      return Promise.resolve({ loss: total, logprobs })
    },
    forward: (data: readonly Datum[]) =>
      Promise.resolve(data.map(({ reply }) => reply.map((token) => logprobOf(logits, token)))),
    optimStep({ learningRate }: AdamParameters) {
      const gradientNorm = Math.hypot(...gradient)
      for (const arm of [0, 1] as const) {
        logits[arm] -= learningRate * gradient[arm]
        gradient[arm] = 0
      }
      return Promise.resolve({ gradientNorm })
    },
    sampler: () => Promise.reject(new Error('not needed')),
    save: () => Promise.resolve(),
    saveForUse: () => Promise.resolve(),
    load: () => Promise.resolve(),
    loadWeights: () => Promise.resolve(),
    discard: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

function logprobOf(logits: readonly [number, number], token: number): number {
  return logits[token]! - Math.log(Math.exp(logits[0]) + Math.exp(logits[1]))
}

const view = { width: 1, height: 1, data: new Uint8Array(3) }

function rollout(token: number, end: End, reward: number, logprob: number, turns = 1): Rollout {
  const trajectory = {
    end,
    turns: Array.from({ length: turns }),
    observations: [],
    problem: {},
  } as unknown as Trajectory
  const sample = { prompt: promptOf(view, []), reply: [token], logprobs: [logprob] }
  return { trajectory, samples: Array.from({ length: turns }, () => sample), reward, closed: completed(end) }
}

/**
 * Answering at once is right 3 times in 10. Looking on runs out of turns 7 times in 10, and is right 9 times in 10
 * where it does not: 27 in 100 all told. So a policy that counts running out as wrong does better to answer at once,
 * and one that does not count it does better to look on.
 */
function pull(rng: Random, logits: readonly [number, number]): Rollout {
  const token = rng.next() < Math.exp(logprobOf(logits, 0)) ? 0 : 1
  const logprob = logprobOf(logits, token)
  if (token === 0) return rollout(0, 'answered', rng.chance(0.3) ? 1 : 0, logprob)
  if (rng.chance(0.7)) return rollout(1, 'over-turn', 0, logprob)
  return rollout(1, 'answered', rng.chance(0.9) ? 1 : 0, logprob)
}

async function preferenceAfter(objective: Objective, seed: number): Promise<number> {
  const engine = toyEngine()
  const rng = random('toy', seed)
  const settings: GrpoSettings = {
    objective,
    learningRate: 0.5,
    warmupSteps: 1,
    updates: 1,
    loss: 'ppo',
    clipLow: 0.2,
    clipHigh: 0.3,
    oldLogprobs: 'sampler',
  }
  for (let step = 1; step <= 60; step++) {
    const groups = Array.from({ length: 40 }, () => Array.from({ length: 8 }, () => pull(rng, engine.logits)))
    await stepOn(engine, groups, settings, step)
  }
  return Math.exp(logprobOf(engine.logits, 1))
}

const large: GrpoSettings = {
  objective: 'paper',
  learningRate: 0.1,
  warmupSteps: 1,
  updates: 1,
  loss: 'ppo',
  clipLow: 0.2,
  clipHigh: 0.3,
  oldLogprobs: 'sampler',
}

describe('GRPO', () => {
  test('on a search with two arms each objective moves the policy as theory says', async () => {
    for (const seed of [1, 2, 3]) {
      expect(await preferenceAfter('paper', seed)).toBeGreaterThan(0.8)
      expect(await preferenceAfter('official', seed)).toBeGreaterThan(0.8)
      expect(await preferenceAfter('vanilla', seed)).toBeLessThan(0.45)
    }
  })

  test('masked searches have no gradient, and no completed one depends on their tokens', () => {
    const end = fc.constantFrom<End>('answered', 'void', 'over-turn', 'over-context')
    const search = fc.record({
      end,
      right: fc.boolean(),
      token: fc.constantFrom(0, 1),
      turns: fc.integer({ min: 1, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(search, { minLength: 2, maxLength: 10 }), (searches) => {
        const make = (maskedToken: number, extraTurns: number): Rollout[] =>
          searches.map(({ end: how, right, token, turns }) => {
            const done = how === 'answered' || how === 'void'
            return rollout(
              done ? token : maskedToken,
              how,
              done && right ? 1 : 0,
              -0.7,
              done ? turns : turns + extraTurns,
            )
          })
        for (const objective of ['paper', 'official'] as const) {
          const data = (group: Rollout[]): Datum[] => policyData([groupOf(group, objective)], objective)
          const first = data(make(0, 0))
          expect(data(make(1, 3))).toEqual(first)
          const completedTurns = searches
            .filter(({ end: how }) => how === 'answered' || how === 'void')
            .reduce((sum, { turns }) => sum + turns, 0)
          expect(first.length).toBeLessThanOrEqual(completedTurns)
        }
      }),
    )
  })

  test('log-probabilities that trainer and sampler do not share stop the run before anything is learned', async () => {
    const engine = toyEngine()
    const half = Math.log(0.5)
    const settings = large
    const groupAt = (off: number): Rollout[] => [
      rollout(0, 'answered', 1, half + off),
      rollout(1, 'answered', 0, half - off),
    ]
    await expect(stepOn(engine, [groupAt(0.5)], settings, 1)).rejects.toThrow(/differ by 0\.50 in the mean/)
    expect(engine.logits).toEqual([0, 0])
    const { mismatch } = await stepOn(toyEngine(), [groupAt(0.02)], settings, 1)
    expect(mismatch).toBeCloseTo(0.02)
  })

  test('ratios start from the sampler or from the trainer, over several updates of one batch', async () => {
    const settings: GrpoSettings = {
      objective: 'paper',
      learningRate: 0.4,
      warmupSteps: 1,
      updates: 2,
      loss: 'ppo',
      clipLow: 0.2,
      clipHigh: 0.3,
      oldLogprobs: 'sampler',
    }
    /** Two groups, one an update, from a sampler whose log-probabilities are off by as much. */
    const logitsAfter = async (oldLogprobs: GrpoSettings['oldLogprobs'], off: number) => {
      const engine = toyEngine()
      const half = Math.log(0.5) + off
      const group = (): Rollout[] => [rollout(0, 'answered', 1, half), rollout(1, 'answered', 0, half)]
      const metrics = await stepOn(engine, [group(), group()], { ...settings, oldLogprobs }, 1)
      return { logits: [...engine.logits], metrics }
    }
    const exact = await logitsAfter('sampler', 0)
    expect(exact.metrics.mismatch).toBeCloseTo(0)
    // The second update starts from what the first one left: of a ratio of one it would be the same.
    expect(exact.metrics.gradientNorm).not.toBeCloseTo(Math.hypot(0.5, 0.5), 3)
    expect((await logitsAfter('trainer', 0)).logits).toEqual(exact.logits)
    const off = await logitsAfter('trainer', 0.25)
    expect(off.logits).toEqual(exact.logits)
    expect(off.metrics.mismatch).toBeCloseTo(0.25)
    expect((await logitsAfter('sampler', 0.25)).logits).not.toEqual(exact.logits)
    await expect(logitsAfter('trainer', 0.5)).rejects.toMatchObject({ code: 'logprobs-differ' })
  })

  test('a step of a large model is no larger than it can be: half a million tokens in one update', async () => {
    const tokens = Array.from({ length: 2_000 }, (_, i) => i % 2)
    const logprobs = tokens.map(() => Math.log(0.5))
    const group = (): Rollout[] =>
      [1, 0].map((reward) => {
        const rollouts = rollout(0, 'answered', reward, 0)
        return { ...rollouts, samples: [{ ...rollouts.samples[0]!, reply: tokens, logprobs }] }
      })
    const groups = Array.from({ length: 128 }, group)
    for (const oldLogprobs of ['sampler', 'trainer'] as const) {
      const asked: GrpoSettings = { ...large, oldLogprobs }
      const { trainedTokens, mismatch } = await stepOn(toyEngine(), groups, asked, 1)
      expect(trainedTokens).toBe(512_000)
      expect(mismatch).toBeCloseTo(0)
    }
  })

  test('what later updates would learn from is compared before the first one learns', async () => {
    const engine = toyEngine()
    const half = Math.log(0.5)
    const group = (off: number): Rollout[] => [
      rollout(0, 'answered', 1, half + off),
      rollout(1, 'answered', 0, half - off),
    ]
    const asked: GrpoSettings = { ...large, updates: 2, oldLogprobs: 'trainer' }
    await expect(stepOn(engine, [group(0), group(1)], asked, 1)).rejects.toMatchObject({
      code: 'logprobs-differ',
    })
    expect(engine.logits).toEqual([0, 0])
  })

  test('the figures of a step', async () => {
    const engine = toyEngine()
    const half = Math.log(0.5)
    const mixed = [
      rollout(0, 'answered', 1, half),
      rollout(0, 'answered', 0, half),
      rollout(1, 'over-turn', 0, half, 6),
    ]
    const flat = [rollout(0, 'answered', 0, half), rollout(0, 'void', 0, half), rollout(1, 'answered', 0, half)]
    const settings: GrpoSettings = {
      objective: 'paper',
      learningRate: 0.1,
      warmupSteps: 2,
      updates: 1,
      loss: 'ppo',
      clipLow: 0.2,
      clipHigh: 0.3,
      oldLogprobs: 'sampler',
    }
    const groups = [mixed, flat].map((group) => groupOf(group, 'paper'))
    const drawn = { groups, right: [1, 0], lost: [] }
    const sampled = await sampleGroups(async () => drawn, { wanted: 2, maxRounds: 1, objective: 'paper', partsOf })
    if (sampled.kind !== 'enough') throw new Error('one round is always enough')
    const metrics = { ...sampled.metrics, ...(await stepOn(engine, [mixed, flat], settings, 1)) }
    expect([metrics.samplingRounds, metrics.trainedGroups]).toEqual([1, 1])
    expect(metrics.reward).toBeCloseTo(1 / 6)
    expect(metrics.accuracyCompleted).toBeCloseTo(1 / 5)
    expect(metrics.maskedShare).toBeCloseTo(1 / 6)
    expect(metrics.ends['over-turn']).toBeCloseTo(1 / 6)
    expect(metrics.zeroSpreadShare).toBe(0.5)
    expect(metrics.turns).toBeCloseTo(11 / 6)
    expect(metrics.learningRate).toBe(0.05)
    expect(metrics.mismatch).toBeCloseTo(0)
    expect(metrics.entropy).toBeCloseTo(-half)
  })
})
