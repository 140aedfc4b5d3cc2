import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { isReleased, objectives } from '../../train/rl/advantages.ts'
import { groupOf, policyData, type Rollout } from '../../train/rl/rollout.ts'
import { type Datum, type Prompt, type PromptChunk, promptLength } from '../engine.ts'
import type { WireDatum } from './protocol.ts'
import { sequencesOf, splitSequences } from './sequences.ts'
import { wireChunks } from './wire-chunks.ts'
import { forMeans, positions, replyLogprobs, wireSequence } from './wire-data.ts'
import { tinkerKinds } from './server-kinds.ts'

const kind = tinkerKinds.hosted

const image = (tokens: number): PromptChunk => ({
  kind: 'image',
  format: 'png',
  tokens,
  bytes: async () => Uint8Array.of(tokens),
})
const text = (...tokens: number[]): PromptChunk => ({ kind: 'text', tokens })

/** A search as it grows: each turn's prompt is the one before, that turn's reply, and what came back. */
function conversation(turns: readonly { readonly reply: readonly number[]; readonly shown: number }[]): Datum[] {
  let prompt: Prompt = [text(1, 2), image(3), text(4)]
  return turns.map(({ reply, shown }, i) => {
    const datum: Datum = { prompt, reply, weights: reply.map((_, j) => (i + 1) * 100 + j + 1) }
    prompt = [...prompt, text(...reply), text(5), image(shown), text(6, 7)]
    return datum
  })
}

const turn = fc.record({
  reply: fc.array(fc.integer({ min: 10, max: 99 }), { minLength: 1, maxLength: 5 }),
  shown: fc.integer({ min: 1, max: 9 }),
})

const clip = (ratio: number): number => Math.min(1.3, Math.max(0.8, ratio))

/** What a server makes of it: per-token losses where a ratio is known, at 1 elsewhere, reduced its way. */
function served(data: readonly WireDatum[], ratios: readonly (readonly number[])[], reduction: 'sum' | 'mean'): number {
  const sums = data.map(({ inputs }, d) => {
    const advantages = inputs['advantages']!.data
    const weights = inputs['weights']?.data ?? advantages.map(() => 1)
    const left = [...ratios[d]!]
    let sum = 0
    for (const [i, advantage] of advantages.entries()) {
      const ratio = advantage === 0 ? 1 : left.shift()!
      sum -= weights[i]! * Math.min(ratio * advantage, clip(ratio) * advantage)
    }
    expect(left).toEqual([])
    return reduction === 'sum' ? sum : sum / weights.reduce((a, b) => a + b, 0)
  })
  const total = sums.reduce((a, b) => a + b, 0)
  return reduction === 'sum' ? total : total / data.length
}

const response = fc.record({
  right: fc.boolean(),
  completed: fc.boolean(),
  turns: fc.array(
    fc.record({
      ratios: fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 4 }),
      shown: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

describe('an objective of searches of several turns', () => {
  test.each(objectives)(
    '%s: the sum over the wire is the objective, and so is the mean through the correction',
    async (mode) => {
      const groups = fc.array(fc.array(response, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 3 })
      await fc.assert(
        fc.asyncProperty(groups, async (given) => {
          const rollouts = given.map((group) =>
            group.map(({ right, completed, turns }): Rollout => {
              const samples = conversation(
                turns.map(({ ratios, shown }) => ({ reply: ratios.map((_, i) => 10 + i), shown })),
              )
              return {
                trajectory: { end: completed ? 'answered' : 'over-turn' } as Trajectory,
                samples: samples.map(({ prompt, reply }) => ({ prompt, reply, logprobs: reply.map(() => -1) })),
                reward: completed && right ? 1 : 0,
                closed: completed,
              }
            }),
          )
          const groupwise = rollouts.map((group) => groupOf(group, mode))
          const sequences = sequencesOf(policyData(groupwise, mode))
          let wanted = 0
          const ratios: number[][] = []
          const teaching = groupwise.filter(({ zeroSpread }) => !zeroSpread).length
          for (const [g, group] of given.entries()) {
            for (const [i, { turns }] of group.entries()) {
              const advantage = groupwise[g]!.advantages[i]!
              const { samples, closed } = groupwise[g]!.rollouts[i]!
              const learned = isReleased(mode) && !closed ? samples.length - 1 : samples.length
              const own = turns.slice(0, learned).flatMap((turn) => turn.ratios)
              if (advantage === 0 || own.length === 0) continue
              ratios.push(own)
              const sum = own.reduce((all, ratio) => all + Math.min(ratio * advantage, clip(ratio) * advantage), 0)
              wanted -= sum / own.length / groupwise[g]!.divisor / teaching
            }
          }
          // One sequence a search: what is left out is not sent at all.
          expect(sequences).toHaveLength(ratios.length)
          const loss = { kind: 'ppo', clipLow: 0.2, clipHigh: 0.3 } as const
          const wire = await Promise.all(
            sequences.map(async ({ prompt, turns }) => wireSequence(await wireChunks(prompt), turns, loss, kind)),
          )
          expect(served(wire, ratios, 'sum')).toBeCloseTo(wanted, 9)
          // However a step is split over requests, the mean is over all that was sent.
          const parts = splitSequences(sequences, { sequences: 2, bytes: 400 })
          let at = 0
          const mended = parts.flatMap((part) => forMeans(wire.slice(at, (at += part.length)), sequences.length))
          if (wire.length > 0) expect(served(mended, ratios, 'mean')).toBeCloseTo(wanted, 9)
        }),
      )
    },
  )
})

describe('turns that go on from one another', () => {
  test('are one sequence in which every weight stands at the token before its own, and come back turn by turn', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 6 }), async (turns) => {
        const data = conversation(turns)
        const [sequence, ...more] = sequencesOf(data)
        expect(more).toEqual([])
        expect(sequence!.turns.map(({ datum }) => datum)).toEqual(data)
        const loss = { kind: 'cross-entropy' } as const
        const { chunks, inputs } = wireSequence(await wireChunks(sequence!.prompt), sequence!.turns, loss, kind)
        const targets = inputs['target_tokens']!.data
        const weights = inputs['weights']!.data
        expect(weights.length).toBe(positions(chunks))
        expect(targets.length).toBe(weights.length)
        const learned = [...weights.keys()].filter((i) => weights[i] !== 0)
        expect(learned.map((i) => weights[i])).toEqual(data.flatMap((datum) => datum.weights!))
        expect(learned.map((i) => targets[i])).toEqual(data.flatMap(({ reply }) => reply))
        const row = weights.map((_, i) => -i)
        const back = replyLogprobs(row, sequence!.turns)
        expect(back.flat().map((value) => weights[-value])).toEqual(data.flatMap((datum) => datum.weights!))
        expect(back.map(({ length }) => length)).toEqual(data.map(({ reply }) => reply.length))
      }),
    )
  })

  test('text that stands together is one chunk, and pictures keep their full length', async () => {
    const [first, second] = conversation([
      { reply: [10, 11], shown: 4 },
      { reply: [12], shown: 1 },
    ])
    expect(promptLength(first!.prompt)).toBe(6)
    expect(promptLength(second!.prompt)).toBe(6 + 2 + 1 + 4 + 2)
    expect((await wireChunks(second!.prompt)).map((chunk) => ('tokens' in chunk ? chunk.tokens : 'image'))).toEqual([
      [1, 2],
      'image',
      [4, 10, 11, 5],
      'image',
      [6, 7],
    ])
  })

  test('another search, another reply than was prompted with, or a prompt made anew begins a sequence of its own', () => {
    const [a, b] = conversation([
      { reply: [10], shown: 1 },
      { reply: [11], shown: 1 },
    ])
    const other = conversation([{ reply: [10], shown: 1 }])[0]!
    const otherReply = { ...a!, reply: [12], weights: [1] }
    expect(sequencesOf([a!, b!, other]).map(({ turns }) => turns.length)).toEqual([2, 1])
    expect(sequencesOf([otherReply, b!])).toHaveLength(2)
    expect(sequencesOf([b!, a!])).toHaveLength(2)
    expect(sequencesOf([a!, a!])).toHaveLength(2)
  })
})
