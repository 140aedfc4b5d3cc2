import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sampler } from '../../engine/engine.ts'
import { encodeText } from '../../model/tokenizer.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { embeddedProfileWith } from '../../protocol/profile.ts'
import { searchToEnd } from '../../search/search-many.ts'
import { contextCosts, tradeOffs, turnsThatFit, viewTokens } from './context-budget.ts'
import { samplerPolicy } from './sampler-policy.ts'

const scene = makeScene(1, 'easy')
const task = { picture: scenePicture(scene, 512), problem: makeProblem(scene) }

/** Zooms for ever. */
const zoom = '<think>Goal: x.</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'
const tokens = encodeText(zoom)
const zooming: Sampler = {
  sample: () => Promise.resolve({ tokens, logprobs: [...tokens.map(() => -0.1), -0.1], ended: true }),
}

describe('turns that fit', () => {
  test('by hand: 10 for the question, 16 a first view, then 28 + 18 a turn', () => {
    const costs = { questionTokens: 10, firstViewTokens: 16, observationTokens: 18, replyTokens: 28 }
    const turns = [1, 26, 72, 73, 118, 119].map((contextLimit) => turnsThatFit({ ...costs, contextLimit }))
    expect(turns).toEqual([1, 1, 1, 2, 2, 3])
  })

  test('is what the loop does with a policy that never answers', async () => {
    const budget = fc.record({
      viewSide: fc.integer({ min: 1, max: 8 }).map((cells) => cells * 16),
      contextLimit: fc.integer({ min: 1, max: 900 }),
    })
    await fc.assert(
      fc.asyncProperty(budget, async (given) => {
        const profile = { ...embeddedProfileWith(given), maxTurns: 1000 }
        const { trajectory } = await searchToEnd(task, samplerPolicy('test', zooming, 1), { profile })
        expect(trajectory.end).toBe('over-context')
        expect(trajectory.turns).toHaveLength(turnsThatFit({ ...contextCosts(given), replyTokens: tokens.length }))
      }),
      { numRuns: 30 },
    )
  })

  test('the trade-off: fewer pixels, more turns, with the chosen side among the lines', () => {
    const rows = tradeOffs({ viewSide: 80, contextLimit: 1000 })
    expect(rows.map(({ viewSide }) => viewSide)).toEqual([32, 48, 64, 80, 96])
    expect(rows.map((row) => row.viewTokens)).toEqual([4, 9, 16, 25, 36])
    const turns = rows.map((row) => row.turns)
    expect(turns).toEqual(turns.toSorted((a, b) => b - a))
    expect(new Set(turns).size).toBe(5)
  })

  test('a view that is no square of whole tokens costs nothing that can be told', () => {
    expect(() => viewTokens({ width: 40, height: 40 })).toThrow(RangeError)
    expect(() => viewTokens({ width: 32, height: 64 })).toThrow(RangeError)
  })
})
