/** A drafted call or answer stays inert in a turn that is one text. */
import { expect, test } from 'vitest'
import { finalAnswer, parseTurn } from './parse-turn.ts'
import { profiles } from './profile.ts'
import type { Turn } from './trajectory.ts'
import { turnAsText } from './turn-text.ts'

const drafts =
  '<think>Perhaps <answer>9</answer>, \\boxed{9}, <grounding>{"bbox_2d": [0, 0, 1, 1], "source": "original_image"}</grounding> ' +
  'or <tool_call>{"name": "zoom"}</tool_call>?</think> No.'

test('thinking stands in front', () => {
  expect(turnAsText({ text: '<answer>7</answer>', thinking: ' Hm.\n' })).toBe('<think>Hm.</think><answer>7</answer>')
  expect(turnAsText({ text: '<answer>7</answer>' })).toBe('<answer>7</answer>')
  expect(turnAsText({ text: 'x', thinking: ' ' })).toBe('x')
})

test.each(Object.values(profiles))('what it drafts is neither call nor answer under $name', (profile) => {
  const said = profile.dialect === 'pixel-reasoner' ? 'It is \\boxed{7}' : '<answer>7</answer>'
  const text = turnAsText({ text: said, thinking: drafts })
  expect(parseTurn(text, profile)).toMatchObject({ action: { kind: 'answer', text: '7' } })
  expect(finalAnswer([{ text } as Turn], profile)).toBe('7')
})
