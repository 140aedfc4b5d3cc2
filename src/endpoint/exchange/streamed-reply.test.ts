/** A streamed reply is the reply that would have come whole, wherever its bytes are cut and however its lines are written. */
import { describe, expect, test } from 'vitest'
import { streamedText } from '../../../test/scripted-stream.ts'
import type { ReplyNews } from '../../shared/reply-news.ts'
import type { Completion } from '../endpoint.ts'
import { liveReply } from './live-reply.ts'
import { readReply } from './read-reply.ts'

const usage = { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } }
const call = (id: string, json: string) => ({ id, type: 'function', function: { name: 'zoom', arguments: json } })

function completion(message: object, choice: object = {}): Parameters<typeof streamedText>[0] {
  const whole = { role: 'assistant', content: null, ...message }
  return {
    choices: [{ index: 0, message: whole, finish_reason: 'stop', stop_reason: null, ...choice }],
    usage,
  } as never
}
const rules = { stop: ['</grounding>'], stripped: true, refused: [], messages: 2 }
const read = (text: string): Completion => {
  const reply = readReply(text, rules)
  return 'status' in reply ? expect.fail(reply.text) : reply
}
/** With the message as the next request sends it. */
const asSent = (text: string): object => {
  const { message, ...reply } = read(text)
  return { ...reply, message: JSON.parse(Buffer.concat(message.pieces as Uint8Array[]).toString()) as object }
}

const replies = {
  text: completion({ content: 'Ünïcode 👁 and <think>a</think><grounding>{}' }, { stop_reason: '</grounding>' }),
  thinking: completion({ content: '<answer>7</answer>', reasoning_content: 'Look\n\n closer.' }),
  'thinking alone': completion({ content: '', reasoning_content: 'Only <answer>7</answer>' }),
  calls: completion(
    { content: 'Closer.', tool_calls: [call('a', '{"n": [1, 2]}'), call('b', '{}')] },
    { finish_reason: 'tool_calls' },
  ),
  'a cut reply': completion({ content: 'Half a' }, { finish_reason: 'length' }),
}

describe.each(Object.entries(replies))('%s', (_, whole) => {
  const expected = asSent(JSON.stringify(whole))
  const stream = streamedText(whole)
  test.each([
    ['as it is', stream],
    ['one character a piece', streamedText(whole, 1)],
    ['all in one piece', streamedText(whole, 1_000)],
    ['CRLF', stream.replaceAll('\n', '\r\n')],
    ['CR', stream.replaceAll('\n', '\r')],
    ['no blank lines', stream.replaceAll('\n\n', '\n')],
    ['no space behind the colon', stream.replaceAll('data: ', 'data:')],
    ['comments and other fields', stream.replaceAll('data:', ': keep\nid: 7\nretry: 3\nevent: message\ndata:')],
    ['several lines an event', stream.replaceAll('{"index":', '\ndata: {"index":\ndata: ')],
    ['without [DONE]', stream.replace('data: [DONE]\n\n', '')],
    ['cut off behind the last event', stream.trimEnd()],
    ['a damaged event among them', `data: {"choi\n\n${stream}`],
    ['a byte order mark', `\ufeff${stream}`],
  ])('%s', (__, text) => {
    expect(asSent(text)).toEqual(expected)
  })

  test('is told piece by piece, cut at any byte', () => {
    const bytes = Buffer.from(stream.replaceAll('\n', '\r\n'))
    const told = listen([bytes])
    const { content, reasoning_content: thinking = '' } = whole.choices[0]!.message
    expect(told.text).toBe(content)
    expect(told.thinking).toBe(thinking)
    for (let at = 1; at < bytes.length; at++) expect(listen([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(told)
  })
})

/** What was told, by its kind, and how the body stood at its end. */
function listen(chunks: readonly Buffer[]): { thinking: string; text: string; state: string } {
  const news: ReplyNews[] = []
  const hear = liveReply((one) => void news.push(one))
  const states = chunks.map((chunk) => hear(chunk))
  const joined = (kind: string): string =>
    news.map((one) => (one.kind === kind && 'text' in one ? one.text : '')).join('')
  return { thinking: joined('thinking'), text: joined('text'), state: states.at(-1)! }
}

const events = (...pieces: readonly object[]): string =>
  `${pieces.map((piece) => `data: ${JSON.stringify(piece)}\n\n`).join('')}data: [DONE]\n\n`
const delta = (value: object, more: object = {}) => ({ choices: [{ delta: value, ...more }] })

describe('pieces as servers send them', () => {
  const done = delta({}, { finish_reason: 'stop' })
  const called = (...calls: readonly object[]) => delta({ tool_calls: calls })

  test.each([
    [
      'parts of thinking, then text',
      [
        delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Lo' }] }] }),
        delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'ok.' }] }] }),
        delta({ content: '<answer>' }),
        delta({ content: '7</answer>' }),
      ],
      { text: '<answer>7</answer>', thinking: 'Look.' },
    ],
    [
      'blocks of thinking with their signature',
      [
        delta({ reasoning_details: [{ type: 'reasoning.text', text: 'Lo', index: 0, signature: null }] }),
        delta({ reasoning_details: [{ type: 'reasoning.text', text: 'ok.', index: 0 }] }),
        delta({ reasoning_details: [{ type: 'reasoning.text', signature: 'c2ln', index: 0 }], content: 'x' }),
      ],
      { text: 'x', thinking: 'Look.' },
    ],
    [
      'two calls without index or id',
      [
        called(
          { function: { name: 'zoom', arguments: '{"n":1}' } },
          { function: { name: 'zoom', arguments: '{"n":2}' } },
        ),
      ],
      { toolCalls: [{ arguments: '{"n":1}' }, { arguments: '{"n":2}' }] },
    ],
    [
      'two calls that are both number 0',
      [
        called({ index: 0, id: 'a', function: { name: 'zoom', arguments: '{"n":1}' } }),
        called({ index: 0, id: 'b', function: { name: 'zoom', arguments: '{"n":2}' } }),
      ],
      {
        toolCalls: [
          { id: 'a', arguments: '{"n":1}' },
          { id: 'b', arguments: '{"n":2}' },
        ],
      },
    ],
    [
      'id and name in every piece',
      [
        called({ index: 0, id: 'a', function: { name: 'zoom', arguments: '{"n"' } }),
        called({ index: 0, id: 'a', function: { name: 'zoom', arguments: ':1}' } }),
      ],
      { toolCalls: [{ id: 'a', name: 'zoom', arguments: '{"n":1}' }] },
    ],
    [
      'an id that comes late, and pieces without an index',
      [called({ id: '', function: { name: 'zoom', arguments: '' } }), called({ function: { arguments: '{"n":1}' } })],
      { toolCalls: [{ name: 'zoom', arguments: '{"n":1}' }] },
    ],
    [
      'arguments as an object',
      [called({ index: 0, id: 'a', function: { name: 'zoom', arguments: { n: 1 } } })],
      { toolCalls: [{ arguments: '{"n":1}' }] },
    ],
    [
      'the form of a call before there were several',
      [delta({ function_call: { name: 'zoom', arguments: '{"n"' } }), delta({ function_call: { arguments: ':1}' } })],
      { toolCalls: [{ name: 'zoom', arguments: '{"n":1}' }] },
    ],
    [
      'whole messages in place of pieces',
      [{ choices: [{ message: { role: 'assistant', content: '7' } }] }],
      { text: '7' },
    ],
    [
      'counts in every piece',
      [
        { ...delta({ content: '7' }), usage: { prompt_tokens: 9, completion_tokens: 1 } },
        { ...delta({ content: '8' }), usage: { prompt_tokens: 9, completion_tokens: 2 } },
      ],
      { text: '78', usage: { promptTokens: 9, replyTokens: 2 } },
    ],
  ] as const)('%s', (_, pieces, expected) => {
    expect(read(events(...pieces, done))).toMatchObject(expected)
  })

  test('a signature of thinking goes back with the thinking that it signs', () => {
    const { message } = read(
      events(
        delta({ content: '7', reasoning_details: [{ type: 'reasoning.text', text: 'Lo', index: 0, signature: null }] }),
        delta({ reasoning_details: [{ type: 'reasoning.text', text: 'ok', signature: 'c2ln', index: 0 }] }),
        done,
      ),
    )
    const details = [{ type: 'reasoning.text', text: 'Look', signature: 'c2ln', index: 0 }]
    expect(message.reply).toMatchObject({ reasoning_details: details })
  })

  test.each([
    ['data: {"error": {"message": "CUDA error", "code": 500}}\n\n', 500],
    ['error: {"message": "context full", "code": 400}\n\n', 400],
    ['event: error\ndata: {"message": "overloaded"}\n\n', 503],
  ])('an error in the middle is the result: %j', (line, status) => {
    expect(readReply(`data: ${JSON.stringify(delta({ content: 'Half' }))}\n\n${line}`, rules)).toMatchObject({ status })
  })

  test.each([
    ['no end', events(delta({ content: 'Half' })).replace('data: [DONE]\n\n', '')],
    ['an empty reason to end', `data: ${JSON.stringify(delta({ content: 'Half' }, { finish_reason: '' }))}\n\n`],
    ['nothing', ': ping\n\n'],
  ])('%s is no reply', (_, text) => {
    expect(() => readReply(text, rules)).toThrow(expect.objectContaining({ code: 'reply-unreadable' }))
  })

  test('a line that never ends is given up', () => {
    const hear = liveReply(() => {})
    const piece = Buffer.alloc(1 << 20, 'a')
    hear(Buffer.from('data: '))
    expect(() => Array.from({ length: 9 }, () => hear(piece))).toThrow(/larger than 8 MiB/)
  })
})

describe('what comes back in the next request', () => {
  const done = delta({}, { finish_reason: 'tool_calls' })
  const zoom = { name: 'zoom', arguments: '{}' }
  const signature = { extra_content: { google: { thought_signature: 'c2ln' } } }

  test.each([{}, { extra_content: null }, { extra_content: {} }])('holds a signature that comes after %j', (first) => {
    const pieces = [
      delta({ tool_calls: [{ index: 0, id: 'a', function: zoom, ...first }] }),
      delta({ tool_calls: [{ index: 0, ...signature }] }),
    ]
    expect(asSent(events(...pieces, done))).toMatchObject({ message: { tool_calls: [{ id: 'a', ...signature }] } })
  })

  test('keeps encrypted thinking in the parts in which it came', () => {
    const blocks = ['QUFB', 'QkJC'].map((data) => ({ type: 'redacted_thinking', data }))
    const pieces = [
      ...blocks.map((block) => delta({ thinking_blocks: [block] })),
      delta({ tool_calls: [{ id: 'a', function: zoom }] }),
    ]
    expect(asSent(events(...pieces, done))).toMatchObject({ message: { thinking_blocks: blocks } })
  })
})

describe('of a stream', () => {
  test('only the first choice counts', () => {
    const pieces = [
      {
        choices: [
          { index: 1, delta: { content: 'other' } },
          { index: 0, delta: { content: '7' } },
        ],
      },
      { choices: [{ index: 1, delta: { content: 'other' }, finish_reason: 'length' }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] },
    ]
    expect(read(events(...pieces))).toMatchObject({ text: '7', finish: 'stop', usage: { promptTokens: 9 } })
    expect(listen([Buffer.from(events(...pieces))]).text).toBe('7')
  })

  test('an error in place of a piece is no end', () => {
    const error = { object: 'error', message: 'EngineCore encountered an issue.', code: 500 }
    expect(readReply(events(delta({ content: 'Half' }), error), rules)).toMatchObject({ status: 500 })
    expect(listen([Buffer.from(events(delta({ content: 'Half' }), error))]).state).toBe('done')
  })
})
