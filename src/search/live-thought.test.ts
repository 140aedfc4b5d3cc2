/** The thought of a watched turn is told as it grows, and only as far as it can no longer turn into something else. */
import { expect, test } from 'vitest'
import { parseTurn } from '../protocol/parse-turn.ts'
import { profiles } from '../protocol/profile.ts'
import { liveThought } from './live-thought.ts'

const replies = [
  [
    'default',
    '<think> It may be\n\non the left, 3 < 4. </think><grounding>{"bbox_2d": [0,0,1,1], "source": "original_image"}</grounding>',
  ],
  ['default', 'I look closer. <grounding>{"bbox_2d": [0,0,1,1], "source": "original_image"}</grounding>'],
  ['default', 'No tag before it, as a template wrote it.\n</think>\n<answer>7</answer>'],
  ['default', '<answer>7</answer>'],
  ['default', 'A 👁 alone'],
  ['tools', '<think>Closer.</think><tool_call>{"name": "zoom", "arguments": {}}</tool_call>'],
  ['tools', 'Just the answer.'],
  ['pixel-reasoner', 'First [this], then \\boxed{7}'],
  ['deepeyes', '<think>Here.</think><tool_call>{}</tool_call>'],
] as const

test.each(replies)('%s: %j', (name, text) => {
  const profile = profiles[name]
  const whole = parseTurn(text, profile).thought ?? ''
  for (const length of [1, 2, 3, 7, 1_000]) {
    const live = liveThought(profile)
    let told = ''
    for (let at = 0; at < text.length; at += length) {
      told += live.add('text', text.slice(at, at + length))
      expect(whole.startsWith(told)).toBe(true)
    }
    // What is held back at the end comes with the whole turn.
    expect(whole.length - told.length).toBeLessThan(20)
  }
})

test('thinking that comes apart stands before what is said', () => {
  const live = liveThought(profiles.default)
  expect(live.add('thinking', '\nHm')).toBe('Hm')
  expect(live.add('thinking', ', left. ')).toBe(', left.')
  expect(live.add('text', 'Closer. ')).toBe('\n\nCloser.')
  expect(live.add('text', '<grounding>{}')).toBe('')
})
