/** Which fields and parts of a message are thinking, and what is said beside it. */
import { expect, test } from 'vitest'
import { contentText, thinkingDelta, thinkingOf, withoutThinking } from './thinking.ts'

test.each([
  'reasoning',
  'reasoning_content',
  'reasoningContent',
  'reasoning_text',
  'reasoning_summary',
  'thinking',
  'thinking_content',
  'thought',
  'thoughts',
])('%s is thinking', (name) => {
  expect([thinkingOf({ [name]: 'hm' }), thinkingDelta({ [name]: ' ' })]).toEqual(['hm', ' '])
  expect(withoutThinking({ [name]: 'hm', content: '7' })).toEqual({ content: '7' })
})

test.each(['thought_signature', 'reasoning_effort', 'reasoning_opaque', 'thinking_signature', 'reasoning_tokens'])(
  '%s is none',
  (name) => {
    expect(thinkingOf({ [name]: 'hm' })).toBe('')
  },
)

test('text comes before the same in parts', () => {
  const details = [{ type: 'reasoning.text', text: 'in parts' }]
  expect(thinkingOf({ reasoning_details: details, reasoning: 'plain' })).toBe('plain')
  expect(thinkingOf({ reasoning_details: details, reasoning: ' ' })).toBe('in parts')
})

test.each<[unknown, string, string]>([
  ['7', '7', ''],
  [{ type: 'text', text: '7' }, '7', ''],
  [['a', { type: 'output_text', text: 'b' }], 'ab', ''],
  [
    [
      { type: 'text', text: 'hm', thought: true },
      { type: 'text', text: '7' },
    ],
    '7',
    'hm',
  ],
  [
    [
      { type: 'thought', thought: 'hm' },
      { type: 'text', text: '7' },
    ],
    '7',
    'hm',
  ],
  [
    [
      { type: 'analysis', text: 'hm' },
      { type: 'text', text: '7' },
    ],
    '7',
    'hm',
  ],
  [null, '', ''],
])('%j says %j and thinks %j', (content, said, thought) => {
  expect([contentText(content), thinkingOf({ content })]).toEqual([said, thought])
})
