import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GroupAdvantages } from '../../train/rl/advantages.ts'
import { advantages, tokenCoefficients } from '../../train/rl/advantages.ts'
import type { Datum, PolicyLoss } from '../engine.ts'
import { createGate } from './gate.ts'
import type { Chunk, WireDatum } from './protocol.ts'
import { sequenceBytes, sequencesOf, splitSequences } from './sequences.ts'
import { tinkerKinds } from './server-kinds.ts'
import { append, forMeans, lossOf, wireLoss, wireSequence } from './wire-data.ts'
import { promptOf } from '../engine.ts'

const kind = tinkerKinds.hosted
const image: Chunk = { type: 'image', data: Uint8Array.of(1), format: 'png', expected_tokens: 3 }
const view = { width: 1, height: 1, data: new Uint8Array(3) }
const prompt: Chunk[] = [image, { type: 'encoded_text', tokens: [5, 6] }]
const reply = [7, 8, 9]

describe('a datum on the wire', () => {
  test('is the sequence without its last token, with targets moved by one and 0 where pictures are', () => {
    const datum: Datum = { prompt: promptOf(view, []), reply, weights: [1, 2, 3] }
    const { chunks, inputs } = wireSequence(prompt, [{ at: 5, datum }], { kind: 'cross-entropy' }, kind)
    expect(chunks).toEqual([image, { type: 'encoded_text', tokens: [5, 6, 7, 8] }])
    expect(inputs['target_tokens']!.data).toEqual([0, 0, 5, 6, 7, 8, 9])
    expect(inputs['weights']!.data).toEqual([0, 0, 0, 0, 1, 2, 3])
    expect(Object.keys(inputs)).toEqual(['target_tokens', 'weights'])
  })

  test('pictures between texts keep their place, and a reply behind a picture is text of its own', () => {
    const chunks: Chunk[] = [{ type: 'encoded_text', tokens: [1] }, image]
    expect(append(chunks, [2])).toEqual([...chunks, { type: 'encoded_text', tokens: [2] }])
    expect(append(chunks, [])).toEqual(chunks)
    const old = { advantages: [0.5], oldLogprobs: [-1] }
    const datum: Datum = { prompt: promptOf(view, []), reply: [4], ...old }
    const { inputs } = wireSequence(chunks, [{ at: 4, datum }], ppo, kind)
    expect(inputs['target_tokens']!.data).toEqual([0, 0, 0, 4])
    expect(inputs['advantages']!.data).toEqual([0, 0, 0, 0.5])
    expect(inputs['logprobs']!.data).toEqual([0, 0, 0, -1])
  })

  test('ranges are ratios on the wire, of dppo differences, and none where the server has its own', () => {
    const ratios = { clip_low_threshold: 0.8, clip_high_threshold: 1.3 }
    expect(wireLoss(ppo, kind)).toEqual({ lossFn: 'ppo', lossFnConfig: ratios })
    expect(wireLoss({ ...ppo, kind: 'gspo' }, kind)).toEqual({ lossFn: 'gspo', lossFnConfig: ratios })
    expect(wireLoss({ ...ppo, kind: 'cispo' }, kind)).toEqual({ lossFn: 'cispo', lossFnConfig: ratios })
    expect(wireLoss({ ...ppo, kind: 'cispo' }, tinkerKinds.skyrl)).toEqual({ lossFn: 'cispo' })
    const dppo = { delta_low: 0.2, delta_high: 0.3 }
    expect(wireLoss({ ...ppo, kind: 'dppo' }, tinkerKinds.skyrl)).toEqual({ lossFn: 'dppo', lossFnConfig: dppo })
  })

  test('what was sampled, and which tokens are the policy’s own, stand where the server takes them', () => {
    const turns = [
      {
        at: 5,
        datum: { prompt: promptOf(view, []), reply: [7], advantages: [0.5], oldLogprobs: [-1], rolloutLogprobs: [-2] },
      },
      {
        at: 7,
        datum: {
          prompt: promptOf(view, []),
          reply,
          advantages: [0, 1, 1],
          oldLogprobs: [-3, -4, -5],
          rolloutLogprobs: [-6, -7, -8],
        },
      },
    ]
    const all: Chunk[] = [image, { type: 'encoded_text', tokens: [5, 6, 7, 10] }]
    const inputsFor = (name: keyof typeof tinkerKinds, loss: PolicyLoss['kind']): Record<string, readonly number[]> => {
      const { inputs } = wireSequence(all, turns, { ...ppo, kind: loss }, tinkerKinds[name])
      return Object.fromEntries(Object.entries(inputs).map(([input, { data }]) => [input, data]))
    }
    const own = [0, 0, 0, 0, 1, 0, 1, 1, 1]
    expect(inputsFor('skyrl', 'gspo')).toEqual({
      target_tokens: [0, 0, 5, 6, 7, 10, 7, 8, 9],
      logprobs: [0, 0, 0, 0, -1, 0, -3, -4, -5],
      rollout_logprobs: [0, 0, 0, 0, -2, 0, -6, -7, -8],
      advantages: [0, 0, 0, 0, 0.5, 0, 0, 1, 1],
      weights: own,
    })
    expect(inputsFor('hosted', 'gspo')['sequence_ratio_mask']).toEqual(own)
    expect(Object.keys(inputsFor('hosted', 'ppo'))).not.toContain('sequence_ratio_mask')
  })
})

const ppo = { kind: 'ppo', clipLow: 0.2, clipHigh: 0.3 } as const

/** Servers in arithmetic: per-token losses at given ratios, reduced their way. */
function served(data: readonly WireDatum[], ratios: readonly (readonly number[])[], reduction: 'sum' | 'mean'): number {
  const sums = data.map(({ inputs }, d) => {
    const advantage = inputs['advantages']!.data
    const weights = inputs['weights']?.data ?? advantage.map(() => 1)
    const before = advantage.length - ratios[d]!.length
    let sum = 0
    for (const [i, ratio] of ratios[d]!.entries()) {
      const a = advantage[before + i]!
      sum -= weights[before + i]! * Math.min(ratio * a, Math.min(1.3, Math.max(0.8, ratio)) * a)
    }
    return reduction === 'sum' ? sum : sum / weights.reduce((x, y) => x + y, 0)
  })
  const total = sums.reduce((a, b) => a + b, 0)
  return reduction === 'sum' ? total : total / data.length
}

/** `-(1/K) sum_g (1/C_g) sum_i M_i (1/n_i) sum_t min(r A_i, clip(r) A_i)`, written down directly. */
function objective(groups: readonly GroupAdvantages[], ratios: readonly (readonly (readonly number[])[])[]): number {
  const teaching = groups.filter(({ zeroSpread }) => !zeroSpread).length
  let loss = 0
  for (const [g, group] of groups.entries()) {
    if (group.zeroSpread) continue
    for (const [i, a] of group.advantages.entries()) {
      const row = ratios[g]![i]!
      const sum = row.reduce((all, r) => all + Math.min(r * a, Math.min(1.3, Math.max(0.8, r)) * a), 0)
      loss -= sum / row.length / group.divisor / teaching
    }
  }
  return loss
}

const response = fc.record({
  reward: fc.constantFrom(0, 1),
  completed: fc.boolean(),
  ratios: fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 6 }),
})

describe('what a server makes of it', () => {
  test('the sum over the wire is the objective, and so is the mean through the correction', () => {
    const groups = fc.array(fc.array(response, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(groups, (given) => {
        const groupwise = given.map((group) =>
          advantages(
            group.map(({ reward, completed }) => (completed ? reward : 0)),
            group.map(({ completed }) => completed),
            { mode: 'paper' },
          ),
        )
        const counts = given.map((group) => group.map(({ ratios }) => ratios.length))
        const coefficients = tokenCoefficients(groupwise, counts)
        const sent = given.flatMap((group, g) =>
          group.flatMap(({ ratios }, i) =>
            coefficients[g]![i] === 0 ? [] : [{ ratios, coefficient: coefficients[g]![i]! }],
          ),
        )
        const data = sent.map(({ ratios, coefficient }) => {
          const datum: Datum = {
            prompt: promptOf(view, []),
            reply: ratios.map((_, i) => i + 1),
            advantages: ratios.map(() => coefficient),
            oldLogprobs: ratios.map(() => -1),
          }
          return wireSequence(prompt, [{ at: 5, datum }], ppo, kind)
        })
        if (data.length === 0) return
        const ratios = sent.map((each) => each.ratios)
        const wanted = objective(
          groupwise,
          given.map((group) => group.map((each) => each.ratios)),
        )
        expect(served(data, ratios, 'sum')).toBeCloseTo(wanted, 9)
        expect(served(forMeans(data), ratios, 'mean')).toBeCloseTo(wanted, 9)
        const logprobs = ratios.map((row) => row.map((ratio) => Math.log(ratio) - 1))
        const own: Datum[] = sent.map(({ ratios: row, coefficient }) => ({
          prompt: promptOf(view, []),
          reply: row.map(() => 1),
          advantages: row.map(() => coefficient),
          oldLogprobs: row.map(() => -1),
        }))
        expect(lossOf(own, ppo, logprobs)).toBeCloseTo(wanted, 9)
      }),
    )
  })

  test('the worked example: four responses, the last over turn', () => {
    const group = { advantages: [Math.SQRT1_2, -Math.SQRT2, Math.SQRT1_2, 0], divisor: 3, zeroSpread: false }
    const [row] = tokenCoefficients([group], [[100, 200, 50, 80]])
    const [first, second, third, last] = row!
    expect(first).toBeCloseTo(0.002357, 6)
    expect(second).toBeCloseTo(-0.002357, 6)
    expect(third).toBeCloseTo(0.004714, 6)
    expect(last).toBe(0)
    expect(100 * first! + 200 * second! + 50 * third!).toBeCloseTo(0, 12)
  })
})

describe('bounds', () => {
  test('requests hold no more sequences and bytes than they may, and none is lost or moved', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(sizes, (lengths) => {
        const sequences = sequencesOf(
          lengths.map((length) => ({
            prompt: [{ kind: 'text', tokens: Array.from({ length }, (_, i) => i) }],
            reply: [1],
          })),
        )
        const parts = splitSequences(sequences, { sequences: 4, bytes: 1000 })
        expect(parts.flat()).toEqual(sequences)
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(4)
          const bytes = part.reduce((sum, sequence) => sum + sequenceBytes(sequence), 0)
          if (part.length > 1) expect(bytes).toBeLessThanOrEqual(1000)
        }
      }),
    )
  })

  test('a gate lets in what fits, in order, and something too large alone', async () => {
    const gate = createGate(10)
    let inside = 0
    let most = 0
    const order: number[] = []
    const work = (amount: number, index: number): Promise<void> =>
      gate.run(amount, async () => {
        order.push(index)
        inside += amount
        most = Math.max(most, inside === 25 ? 0 : inside)
        await new Promise(setImmediate)
        inside -= amount
      })
    await Promise.all([6, 4, 3, 25, 5, 5, 1].map(work))
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(most).toBe(10)
    await expect(gate.run(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await gate.run(10, () => Promise.resolve('in'))).toBe('in')
  })
})
