/** Text that a model or its server was talked into: whatever it is, every profile reads it and nothing throws. */
import { describe, expect, it } from 'vitest'
import { finalAnswer, parseTurn } from './parse-turn.ts'
import { profiles } from './profile.ts'
import type { Turn } from './trajectory.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const deepRecord = '{"a":'.repeat(5000) + '1' + '}'.repeat(5000)

/** A call of every dialect with this text as its box. */
const callsOf = (box: string): string[] => [
  `<grounding>{"bbox_2d": ${box}, "source": "original_image"}</grounding>`,
  `<tool_call>{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": ${box}}}</tool_call>`,
  `<tool_call>{"name": "crop_image_normalized", "arguments": {"bbox_2d": ${box}, "target_image": 1}}</tool_call>`,
  `<tool_call>{"name":"zoom","arguments":{"bbox_2d": ${box}, "source": "original_image"}}</tool_call>`,
  `<tool_call>{"name":"zoom","arguments":${JSON.stringify(`{"bbox_2d": ${box}, "source": "original_image"}`)}}</tool_call>`,
]

const boxes = [
  nested(101),
  nested(5_000),
  nested(100_000),
  '['.repeat(100_000),
  deepRecord,
  '[1e400, 0, 1, 1]',
  '[-1e400, -0, 1e308, 1e-400]',
  '[NaN, Infinity, -Infinity, null]',
  `[${'9'.repeat(100_000)}, 0, 1, 1]`,
  `[0.${'1'.repeat(100_000)}, 0, 1, 1]`,
  '{"__proto__": [0, 0, 1, 1], "length": 4}',
  '{"length": 4, "every": 1}',
  '"[0, 0, 1, 1]"',
  '[[0, 0, 1, 1]]',
  '\u0000',
  '\ud800',
  '[0, 0, 1, 1], "bbox_2d": [0, 0, 1, "\ud800\u0000"]',
]

const tags = ['think', 'answer', 'grounding', 'tool_call', '/think', '/answer', '/grounding', '/tool_call']
const texts = [
  ...boxes.flatMap(callsOf),
  ...tags.map((tag) => `<${tag}>`.repeat(100_000)),
  '\\boxed{'.repeat(100_000),
  '\\boxed{'.repeat(50_000) + '}'.repeat(50_000),
  '\ud800'.repeat(10_000),
  '\u0000'.repeat(10_000),
  '\u0301\u0316'.repeat(50_000),
]

describe.each(Object.values(profiles))('profile $name', (profile) => {
  it('reads every hostile text as an action with finite numbers or a mistake with a short text', () => {
    for (const text of texts) {
      const turn = parseTurn(text, profile, () => ({ width: 640, height: 480 }))
      const fine =
        'error' in turn
          ? turn.error.length < 400
          : turn.action.kind !== 'grounding' || turn.action.boxRel.every(Number.isFinite)
      expect(fine, text.slice(0, 80)).toBe(true)
      const answer = finalAnswer([{ text, ...turn } as Turn], profile)
      expect(answer === null || typeof answer === 'string').toBe(true)
    }
  })
})
