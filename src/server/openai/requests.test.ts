/** What is read out of requests as clients write them, and how others are refused. */
import { describe, expect, test } from 'vitest'
import { askedIn, readChatRequest } from './chat-request.ts'
import { readResponseRequest } from './response-request.ts'

const url = 'data:image/png;base64,AAAA'
const image = { type: 'image_url', image_url: { url } }
const newer = { type: 'image_url', image_url: { url: 'data:newer' } }
const assistant = { role: 'assistant', content: 'So.' }
const words = { type: 'text', text: 'Why?' }
const user = (...content: readonly object[]) => ({ role: 'user', content })
const chat = (messages: readonly object[], more: object = {}) => readChatRequest({ model: 'm', messages, ...more })

describe('the question and the picture of a chat', () => {
  test.each([
    ['usual', [user(image, words)]],
    ['the words first', [user(words, image)]],
    ['the URL as text', [user({ type: 'image_url', image_url: url }, words)]],
    ['with a detail', [user({ type: 'image_url', image_url: { url, detail: 'high' } }, words)]],
    [
      'the parts of the other API',
      [user({ type: 'input_image', image_url: url }, { type: 'input_text', text: 'Why?' })],
    ],
    ['in two messages', [user(image), { role: 'user', content: 'Why?' }]],
    ['in two messages, the words first', [user(words), user(image)]],
    ['after a system message', [{ role: 'developer', content: 'Be brief.' }, user(image, words)]],
    ['before a system message', [user(image, words), { role: 'system', content: 'Be brief.' }]],
    ['after a reply', [user(image), { role: 'assistant', content: 'Yes?' }, user(words)]],
    ['after an empty reply', [user(image), { role: 'assistant', content: null }, user(words)]],
    ['after a reply without content', [user(image), { role: 'assistant', tool_calls: [{}] }, user(words)]],
    ['after a call', [user(image), { role: 'tool', tool_call_id: 'a', content: 'x' }, user(words)]],
    [
      'after a refusal',
      [user(image), { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }, user(words)],
    ],
    ['with a name', [{ ...user(image, words), name: 'bob' }]],
  ])('%s', (_, messages) => {
    expect(askedIn(chat(messages).messages)).toEqual({ question: 'Why?', images: [url] })
  })

  test.each([
    ['in one message', [user(image, words, newer)], [url, 'data:newer']],
    ['in two', [user(image), user(newer, words)], [url, 'data:newer']],
    ['in a message before the reply', [user(image), user(image, newer), assistant, user(words)], [url, 'data:newer']],
    [
      'newer than one before the reply',
      [user(image), assistant, user(newer, newer, words)],
      ['data:newer', 'data:newer'],
    ],
  ])('several pictures %s are all asked about', (_, messages, images) => {
    expect(askedIn(chat(messages).messages)).toEqual({ question: 'Why?', images })
  })

  test('what the user says since the last reply is the question; the newest pictures count', () => {
    const messages = [user(image, words), { role: 'assistant', content: 'So.' }, user(words), user(newer), user(words)]
    expect(askedIn(chat(messages).messages)).toEqual({ question: 'Why?\nWhy?', images: ['data:newer'] })
  })

  test.each([
    ['no picture', [user(words)], /contain the picture/],
    ['no question', [user(image)], /a question from the user/],
    ['a reply last', [user(image, words), { role: 'assistant', content: 'So' }], /a question from the user/],
  ])('%s', (_, messages, message) => {
    expect(() => askedIn(chat(messages).messages)).toThrow(message)
  })
})

test('fields that change nothing are let pass, and null is as good as nothing', () => {
  const more = {
    top_p: 0.9,
    user: 'me',
    store: false,
    metadata: { a: 'b' },
    presence_penalty: 1,
    reasoning_effort: 'low',
  }
  const nothing = { temperature: null, seed: null, max_tokens: null, stop: null, tools: null, response_format: null }
  expect(chat([user(words)], { ...more, ...nothing, tool_choice: 'none', tools: [], logprobs: false })).toMatchObject({
    top_p: 0.9,
    temperature: null,
  })
})

test.each([
  [7, 7],
  [-1, 2 ** 32 - 1],
  [2 ** 40 + 3, 3],
  [2 ** 53 + 2, 2],
])('the seed %d is taken as %d', (seed, taken) => {
  expect(chat([user(words)], { seed }).seed).toBe(taken)
})

test('no limit and no stop string are also written as -1 and an empty text', () => {
  expect(chat([user(words)], { max_tokens: -1, max_completion_tokens: -1, stop: '' })).toMatchObject({ stop: [] })
  expect(chat([user(words)], { max_tokens: -1 }).max_tokens).toBeUndefined()
  expect(chat([user(words)], { stop: ['', 'a'] }).stop).toEqual(['a'])
  expect(() => chat([user(words)], { max_tokens: 0 })).toThrow('has to be positive')
})

test('a part of another type is named', () => {
  const part = { type: 'image', source: { type: 'base64', data: 'AAAA' } }
  expect(() => chat([user(part, words)])).toThrow('image_url parts, not image')
})

describe('responses', () => {
  test('are read as chats', () => {
    const input = [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Why?' },
          { type: 'input_image', image_url: url },
        ],
      },
      { type: 'reasoning', id: 'rs', summary: [] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'So.' }] },
      { type: 'function_call', name: 'f', call_id: 'a', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', output: 'x' },
      { role: 'user', content: 'And?' },
    ]
    const more = { instructions: 'Be brief.', max_output_tokens: 9, text: { format: { type: 'text' } }, n: 3 }
    const { messages, max_tokens: maxTokens, n } = readResponseRequest({ model: 'm', input, ...more })
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'tool', 'user'])
    expect(askedIn(messages)).toEqual({ question: 'And?', images: [url] })
    expect([maxTokens, n]).toEqual([9, undefined])
    expect(readResponseRequest({ model: 'm', input: 'Hello' }).messages).toEqual([
      { role: 'user', content: [{ text: 'Hello' }] },
    ])
  })

  test.each([
    [{ input: 3 }, /^input: /],
    [{ input: undefined }, /^input: /],
    [{ model: undefined }, /^model: /],
    [{ previous_response_id: 'resp_1' }, /^previous_response_id: nothing is stored/],
    [{ conversation: { id: 'conv_1' } }, /^conversation: nothing is stored/],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, /^input: nothing is stored/],
    [{ text: { format: { type: 'json_schema' } } }, /^text\.format\.type: responses are plain text/],
    [{ tools: [{ type: 'web_search' }] }, /^tools: .*does not call functions/],
    [{ background: true }, /^background: .*use stream/],
    [{ max_output_tokens: 'many' }, /^max_tokens: /],
    [{ input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'a' }] }] }, /^messages\.0\.content: /],
  ])('%j is refused', (change, message) => {
    expect(() => readResponseRequest({ model: 'm', input: 'Hello', ...change })).toThrow(message)
  })

  test.each([null, 3, 'text', []])('%j is no request', (body) => {
    expect(() => readResponseRequest(body)).toThrow(/./)
    expect(() => readChatRequest(body)).toThrow(/./)
  })
})
