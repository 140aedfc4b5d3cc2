import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Datum, Prompt, PromptChunk } from '../engine.ts'
import { sequencesOf } from './sequences.ts'
import { promptLength, wireChunks } from './wire-chunks.ts'
import { positions, replyLogprobs, wireSequence } from './wire-data.ts'

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

describe('turns that go on from one another', () => {
  test('are one sequence in which every weight stands at the token before its own, and come back turn by turn', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 6 }), async (turns) => {
        const data = conversation(turns)
        const [sequence, ...more] = sequencesOf(data)
        expect(more).toEqual([])
        expect(sequence!.turns.map(({ datum }) => datum)).toEqual(data)
        const { chunks, inputs } = wireSequence(await wireChunks(sequence!.prompt), sequence!.turns, {
          kind: 'cross-entropy',
        })
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
