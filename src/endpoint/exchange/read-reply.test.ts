/** Every shape of reply that servers give, as the raw text of a turn. */
import { describe, expect, test } from 'vitest'
import { readReply } from './read-reply.ts'

const stop = ['</grounding>', '</tool_call>']
const rules = { stop, stripped: true, refused: [] }

function reply(message: object, choice: object = {}): string {
  return JSON.stringify({ choices: [{ message, finish_reason: 'stop', ...choice }] })
}
const textOf = (content: unknown, choice: object = {}, more = {}) =>
  readReply(reply({ content }, choice), { ...rules, ...more }).text

describe('a stripped stop string', () => {
  test.each([
    ['<grounding>{"a":1}', '<grounding>{"a":1}</grounding>'],
    ['<think>no</think><tool_call>{}', '<think>no</think><tool_call>{}</tool_call>'],
    ['<answer>7</answer>', '<answer>7</answer>'],
    ['plain', 'plain'],
    ['', ''],
    ['<grounding>{}</grounding> more', '<grounding>{}</grounding>'],
    ['<grounding>{}</grounding>', '<grounding>{}</grounding>'],
    // Mentioned in a thought, not opened by the turn.
    ['<think>I could use <grounding> here.</think><answer>7</answer>', undefined],
  ])('of %j comes back where an element is open', (content, text) => {
    expect(textOf(content)).toBe(text ?? content)
  })

  test('is known where the server says which one it met', () => {
    expect(textOf('<grounding>{', { stop_reason: '</tool_call>' })).toBe('<grounding>{</tool_call>')
    expect(textOf('half', { matched_stop: '</grounding>' })).toBe('half</grounding>')
    expect(textOf('half', { matched_stop: 151645 })).toBe('half')
  })

  test('is not invented: not after a cut, not where stops are kept', () => {
    expect(textOf('<grounding>{', { finish_reason: 'length' })).toBe('<grounding>{')
    expect(textOf('<grounding>{', {}, { stripped: false })).toBe('<grounding>{')
  })
})

test('of two stop strings the first in the text ends it, and a cut behind it is none', () => {
  const completion = readReply(reply({ content: 'a</tool_call>b</grounding>c' }, { finish_reason: 'length' }), rules)
  expect(completion).toMatchObject({ text: 'a</tool_call>', finish: 'stop', handling: { stop: 'overlooked' } })
})

test.each([
  [{ content: 'x', reasoning_content: 'hm' }, '<think>hm</think>x'],
  [{ content: 'x', reasoning: 'hm' }, '<think>hm</think>x'],
  [{ content: null, reasoning_content: 'hm' }, '<think>hm</think>'],
  [{ content: '<think>hm</think>x', reasoning_content: 'hm' }, '<think>hm</think>x'],
  [{ content: 'x', reasoning_content: null }, 'x'],
  [
    {
      content: [
        { type: 'text', text: 'x' },
        { type: 'text', text: 'y' },
      ],
    },
    'xy',
  ],
  [{ content: null }, ''],
  [{}, ''],
])('%j is the text %j', (message, text) => {
  expect(readReply(reply(message), rules).text).toBe(text)
})

test('calls: arguments as text, ids made up where there are none', () => {
  const tool_calls = [
    { function: { name: 'zoom', arguments: { n: 1 } } },
    { id: 'b', function: { name: 'z' } },
    null,
    7,
  ]
  expect(readReply(reply({ content: null, tool_calls }), rules).toolCalls).toEqual([
    { id: 'call_0', name: 'zoom', arguments: '{"n":1}' },
    { id: 'b', name: 'z', arguments: '{}' },
  ])
})

test.each(['', 'null', '[]', '{}', '{"choices":[]}', '{"choices":[{}]}', '<html>', '{"choices":[{"message":', '7'])(
  '%j is no completion',
  (body) => {
    expect(() => readReply(body, rules)).toThrow(expect.objectContaining({ code: 'reply-unreadable' }))
  },
)

test('usage as the server counts, or none', () => {
  const usage = { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 8 } }
  const body = { choices: [{ message: { content: 'x' } }], usage }
  expect(readReply(JSON.stringify(body), rules).usage).toEqual({ promptTokens: 9, replyTokens: 2, cachedTokens: 8 })
  expect(readReply(JSON.stringify({ ...body, usage: { prompt_tokens: '9' } }), rules).usage).toBeUndefined()
})
