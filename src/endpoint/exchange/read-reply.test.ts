/** Every shape of reply that servers give, as the raw text of a turn. */
import { describe, expect, test } from 'vitest'
import { innerError } from './inner-error.ts'
import type { Completion } from '../endpoint.ts'
import { readReply } from './read-reply.ts'
import { readBody } from './reply-body.ts'

const stop = ['</grounding>', '</tool_call>']
const rules = { stop, stripped: true, refused: [], messages: 2 }
const usage = { prompt_tokens: 9, completion_tokens: 2 }

function reply(message: object, choice: object = {}, more: object = {}) {
  return { choices: [{ message, finish_reason: 'stop', ...choice }], usage, ...more }
}
const completionOf = (body: unknown, more: object = {}): Completion => {
  const read = readReply(typeof body === 'string' ? body : JSON.stringify(body), { ...rules, ...more })
  return 'status' in read ? expect.fail(read.text) : read
}
const read = (message: object, choice: object = {}, more: object = {}) => completionOf(reply(message, choice, more))
const codeOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as { code: string }).code
  }
}
const textOf = (content: unknown, choice: object = {}, more = {}) => completionOf(reply({ content }, choice), more).text

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

test('a stop string of a draft in the thinking ends nothing where the server read on, unless it would anywhere', () => {
  const draft = '<think>I could write <grounding>{}</grounding> here.</think>'
  expect(textOf(`${draft}<answer>7</answer>`)).toBe(`${draft}<answer>7</answer>`)
  expect(textOf(`${draft}<grounding>{"a":1}</grounding> and`)).toBe(`${draft}<grounding>{"a":1}</grounding>`)
  expect(textOf(`<grounding>{}</grounding>${draft}`)).toBe('<grounding>{}</grounding>')
  expect(textOf(`<think>a</think><answer>7</answer>${draft}`)).toBe(`<think>a</think><answer>7</answer>${draft}`)
  const cut = draft.slice(0, draft.indexOf(' here'))
  expect(textOf(cut)).toBe(cut)
  const anywhere = { ...rules, anywhere: true }
  expect(readReply(JSON.stringify(reply({ content: `${draft}<answer>7</answer>` })), anywhere)).toMatchObject({
    text: cut,
  })
})

test('of two stop strings the first in the text ends it, and a cut behind it is none', () => {
  const completion = read({ content: 'a</tool_call>b</grounding>c' }, { finish_reason: 'length' })
  expect(completion).toMatchObject({ text: 'a</tool_call>', finish: 'stop', handling: { stop: 'overlooked' } })
})

const nested = {
  type: 'thinking',
  thinking: [
    { type: 'text', text: 'h' },
    { type: 'text', text: 'm' },
  ],
}

describe('thinking apart', () => {
  test.each([
    { reasoning_content: 'hm' },
    { reasoning: 'hm' },
    { thinking: 'hm' },
    { reasoning_content: '', reasoning: 'hm' },
    { reasoning_content: null, reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] },
    {
      reasoning_details: [
        { type: 'reasoning.summary', summary: 'h' },
        { type: 'reasoning.encrypted', data: 'x' },
        { text: 'm' },
      ],
    },
    { thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'x' }] },
    { reasoning: { content: 'hm' } },
  ])('%j is kept beside the text, and read only where there is none', (given) => {
    expect(read({ content: '<answer>7</answer>', ...given })).toMatchObject({
      text: '<answer>7</answer>',
      thinking: 'hm',
    })
    expect(read({ content: null, ...given })).toMatchObject({ text: 'hm' })
    expect(read({ content: ' \n', ...given }).thinking).toBeUndefined()
    const tool_calls = [{ id: 'a', function: { name: 'zoom', arguments: '{}' } }]
    expect(read({ content: null, tool_calls, ...given })).toMatchObject({ text: '', thinking: 'hm' })
  })

  test.each([[nested], [{ type: 'reasoning', text: 'hm' }], [{ type: 'thinking', thinking: 'hm' }]])(
    'as a part %j of the content',
    (part) => {
      const content = [part, { type: 'text', text: 'x' }]
      const { text, thinking, message } = read({ content })
      expect([text, thinking]).toEqual(['x', 'hm'])
      expect(message.reply).toEqual({ role: 'assistant', content })
      expect(read({ content: [part] })).toMatchObject({ text: 'hm', message: { reply: { content: 'hm' } } })
    },
  )

  test('is not read where it was cut off, and halts at a stop string where it is read', () => {
    const draft = 'I look <grounding>{}</grounding> or'
    expect(read({ content: '', reasoning: draft }, { finish_reason: 'length' })).toMatchObject({
      text: '',
      thinking: draft,
      finish: 'length',
    })
    expect(read({ content: '', reasoning: draft }).text).toBe('I look <grounding>{}</grounding>')
    expect(read({ content: '', reasoning: '<grounding>{' }).text).toBe('<grounding>{</grounding>')
  })

  test('nested without end is no thinking', () => {
    let deep: object = { text: 'hm' }
    for (let i = 0; i < 20; i++) deep = { content: [deep] }
    expect(read({ content: 'x', reasoning: deep }).thinking).toBeUndefined()
  })
})

test.each([
  [[{ type: 'text', text: 'x' }, { type: 'output_text', text: 'y' }, null, 7, 'z'], 'xyz'],
  ['<answer>7</answer><|im_end|>', '<answer>7</answer>'],
  ['<answer>7</answer>\n<|im_end|>\n<|endoftext|>\n', '<answer>7</answer>\n'],
  ['<answer><|begin_of_box|>7<|end_of_box|></answer>', '<answer>7</answer>'],
  ['What does <|im_end|> mean?', 'What does <|im_end|> mean?'],
  ['x</s>', 'x'],
])('the content %j is the text %j', (content, text) => {
  expect(textOf(content)).toBe(text)
})

describe('calls', () => {
  const zoom = (id: unknown, json: unknown = '{"n":1}', more: object = {}) => {
    return { id, type: 'function', function: { name: 'zoom', arguments: json }, ...more }
  }

  test('have their arguments as text, and ids of their own', () => {
    const tool_calls = [zoom(undefined, { n: 1 }), zoom('b'), zoom('b'), zoom('', null), null, 7]
    expect(read({ content: null, tool_calls }).toolCalls.map(({ id, arguments: json }) => [id, json])).toEqual([
      ['call00200', '{"n":1}'],
      ['b', '{"n":1}'],
      ['call00202', '{"n":1}'],
      ['call00203', '{}'],
    ])
  })

  test.each(['', '{"n": 1', 'null', '[1]', '"x"', 'NaN'])(
    'with arguments %j go back with {}, and are read as written',
    (json) => {
      const { toolCalls, message } = read({ content: null, tool_calls: [zoom('a', json)] })
      expect(toolCalls[0]!.arguments).toBe(json)
      expect(message.reply).toEqual({ role: 'assistant', content: null, tool_calls: [zoom('a', '{}')] })
    },
  )

  test('that were written as text twice go back as the text within', () => {
    const { message } = read({ content: '', tool_calls: [zoom('a', '"{\\"n\\":1}"')] })
    expect(message.reply).toEqual({ role: 'assistant', content: '', tool_calls: [zoom('a', '{"n":1}')] })
  })

  test('go back with whatever stood beside them', () => {
    const signed = { extra_content: { google: { thought_signature: 'sig' } }, index: 0 }
    const sent = { reasoning_content: 'hm', reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }
    const nothing = { refusal: null, annotations: [], function_call: null, audio: null }
    const { message } = read({
      role: 'assistant',
      content: null,
      tool_calls: [zoom('a', '{}', signed)],
      ...sent,
      ...nothing,
    })
    expect(JSON.parse(Buffer.concat(message.pieces as Uint8Array[]).toString())).toEqual({
      role: 'assistant',
      content: null,
      ...sent,
      tool_calls: [zoom('a', '{}', signed)],
    })
  })
})

test.each([
  '',
  '<html>',
  '{"choices":[{"message":',
  '7',
  'data: 7',
  ': waiting\n\n',
  'data: {"choices":[{"delta":{"content":"x"}}]}',
])('%j is no body of a completion', (text) => {
  expect(codeOf(() => readBody(text))).toBe('reply-unreadable')
})

test.each([
  'null',
  '[]',
  '{}',
  '{"choices":[]}',
  '{"choices":null}',
  '{"choices":[{}]}',
  '{"choices":[{"message":7}]}',
])('%j holds no reply', (text) => {
  expect(codeOf(() => completionOf(text))).toBe('reply-unreadable')
})

test('numbers that Python writes and JSON lacks are no fault of a reply, whole or streamed', () => {
  const choice =
    '{"message": {"content": "It is NaN."}, "logprobs": {"content": [-Infinity, NaN]}, "finish_reason": "stop"}'
  const body = `{"choices": [${choice}], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "score": NaN}}`
  for (const text of [body, `data: ${body}\n\ndata: [DONE]\n\n`]) {
    expect(completionOf(text)).toMatchObject({ text: 'It is NaN.', usage: { promptTokens: 9 } })
  }
})

test('a stream that nobody asked for is put together', () => {
  const chunk = (delta: object, more = {}): string =>
    `data: ${JSON.stringify({ choices: [{ delta, ...more }] })}\r\n\r\n`
  const part = (index: number, json: string, more = {}) => ({
    tool_calls: [{ index, function: { arguments: json }, ...more }],
  })
  const text =
    ': waiting\n\n' +
    chunk({ role: 'assistant', content: '', reasoning: 'h' }) +
    chunk({ role: 'assistant', content: null, reasoning: 'm' }) +
    chunk({ content: 'Lo' }) +
    chunk({ content: 'ok' }) +
    chunk({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'zoom', arguments: '' } }] }) +
    chunk(part(0, '{"n"')) +
    chunk(part(0, ':1}')) +
    chunk({}, { finish_reason: 'tool_calls' }) +
    `data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`
  const call = { id: 'a', name: 'zoom', arguments: '{"n":1}' }
  const expected = { text: 'Look', thinking: 'hm', toolCalls: [call], finish: 'stop', usage: { promptTokens: 9 } }
  expect(completionOf(text)).toMatchObject(expected)
})

describe('trouble inside a 200', () => {
  test.each([
    [{ content: null }, 'content_filter', 'content-filter'],
    [{ content: 'Half an' }, 'content_filter', 'content-filter'],
    [{ content: '' }, 'SAFETY', 'content-filter'],
    [{ content: '' }, 'content_filter: RECITATION', 'content-filter'],
    [{ content: '' }, 'sensitive', 'content-filter'],
    [{ content: '' }, 'guardrail_intervened', 'content-filter'],
    [{ content: '' }, 'refusal', 'content-filter'],
    [{ content: null, refusal: 'I cannot help with that.' }, 'stop', 'content-filter'],
    [{ content: [{ type: 'refusal', refusal: 'No.' }] }, 'stop', 'content-filter'],
    [{ content: null }, 'error', 'reply-broken'],
    [{ content: '<answer>7</answer>' }, 'error', 'reply-broken'],
    [{ content: '' }, 'abort', 'reply-broken'],
    [{ content: '' }, { type: 'abort', message: 'x' }, 'reply-broken'],
    [{ content: '' }, 'network_error', 'reply-broken'],
    [{ content: '' }, 'function_call_filter: MALFORMED_FUNCTION_CALL', 'reply-broken'],
    [{ content: '' }, 'insufficient_system_resource', 'reply-broken'],
    [{ content: '' }, 'model_context_window_exceeded', 'context-length'],
    [{ content: '' }, 'stop', 'reply-empty', { prompt_tokens: 9 }],
    [{ content: null }, 'stop', 'reply-empty', null],
    [{}, 'stop', 'reply-empty', { prompt_tokens: 9, completion_tokens: 0 }],
    [{ content: '' }, 'length', 'context-length', { prompt_tokens: 40_000, completion_tokens: 0 }],
  ] as const)('%j with finish_reason %j is %s', (message, finish_reason, code, counted: object | null = usage) => {
    expect(codeOf(() => read(message, { finish_reason }, { usage: counted }))).toBe(code)
  })

  test('a gateway’s own word for it counts where nothing was said', () => {
    const choice = { finish_reason: 'stop', native_finish_reason: 'PROHIBITED_CONTENT' }
    expect(codeOf(() => read({ content: '' }, choice))).toBe('content-filter')
    expect(read({ content: 'x' }, choice).text).toBe('x')
  })

  test.each(['stop', 'tool_calls', 'eos', 'end_turn', 'COMPLETE', null, undefined])(
    '%j is an end as it should be',
    (reason) => {
      expect(read({ content: 'x' }, { finish_reason: reason }).finish).toBe('stop')
    },
  )

  test.each(['length', 'max_tokens', 'MAX_TOKENS', 'model_length', { type: 'length', length: 9 }])(
    '%j is a cut',
    (reason) => {
      expect(read({ content: 'x' }, { finish_reason: reason }).finish).toBe('length')
    },
  )

  test('an empty reply of which tokens are counted is a reply', () => {
    expect(read({ content: null }).text).toBe('')
  })

  test('a filter that the prompt met is named', () => {
    const results = [{ content_filter_results: { hate: { filtered: false }, violence: { filtered: true } } }]
    const withheld = { code: 'content-filter', message: expect.stringContaining('violence') }
    expect(() => completionOf({ choices: [], prompt_filter_results: results })).toThrow(
      expect.objectContaining(withheld),
    )
  })

  test.each([
    [{ error: { message: 'overloaded', code: 502 } }, 502, 'overloaded'],
    [{ error: { message: 'Rate limit exceeded', code: 429 }, user_id: 'u' }, 429, 'Rate limit'],
    [{ error: { message: 'no', code: '503' }, choices: [] }, 503, 'no'],
    [{ error: 'model is overloaded' }, 503, 'overloaded'],
    [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 503, 'Overloaded'],
    [{ error: { code: 'insufficient_quota', message: 'Pay.' } }, 402, 'Pay.'],
    [{ object: 'error', message: 'too long', code: 400 }, 400, 'too long'],
    [{ code: 500, msg: 'broken', success: false }, 500, 'broken'],
    [{ detail: 'Not Found' }, 404, 'Not Found'],
    [[{ error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } }], 400, 'bad'],
    [{ success: false, errors: [{ message: 'capacity' }] }, 503, 'capacity'],
    [{ base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }, 402, 'balance'],
    [
      { choices: [{ error: { code: 502, message: 'cut' }, message: { content: '' }, finish_reason: 'error' }] },
      502,
      'cut',
    ],
    [{ error: { message: 'Provider returned error', metadata: { raw: 'no room' } } }, 502, 'no room'],
    [{ error: { weird: true } }, 502, 'weird'],
  ])('%j counts as status %d', (body, status, said) => {
    const found = innerError(body as Record<string, unknown>)
    expect(found?.status).toBe(status)
    expect(JSON.parse(found!.text).error.message).toContain(said)
  })

  test.each([
    { choices: [{ message: { content: 'x' } }], error: null },
    { ...reply({ content: 'x' }), base_resp: { status_code: 0 } },
  ])('%j is no error', (body) => {
    expect(innerError(body)).toBeUndefined()
  })
})

test('usage as the server counts, or none', () => {
  const counted = { ...usage, prompt_tokens_details: { cached_tokens: 8 } }
  const expected = { promptTokens: 9, replyTokens: 2, cachedTokens: 8 }
  expect(read({ content: 'x' }, {}, { usage: counted }).usage).toEqual(expected)
  expect(read({ content: 'x' }, {}, { usage: { prompt_tokens: '9' } }).usage).toBeUndefined()
})

test.each([
  ['negative', { prompt_tokens: -5, completion_tokens: 2 }, undefined],
  ['a fraction', { prompt_tokens: 500, completion_tokens: 2.5 }, undefined],
  ['beyond all bounds', { prompt_tokens: 1e300, completion_tokens: 2 }, undefined],
  ['as text', { prompt_tokens: '5', completion_tokens: '7' }, undefined],
  [
    'cached below nothing',
    { prompt_tokens: 500, completion_tokens: 3, prompt_tokens_details: { cached_tokens: -3 } },
    { promptTokens: 500, replyTokens: 3 },
  ],
  [
    'more cached than sent',
    { prompt_tokens: 500, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 900 } },
    { promptTokens: 500, replyTokens: 3, cachedTokens: 500 },
  ],
])('counts that cannot be are not kept: %s', (_, counts, kept) => {
  expect(read({ content: 'hm' }, {}, { usage: counts }).usage).toEqual(kept)
})

test('of twenty thousand calls the first few are read and go back', () => {
  const calls = Array.from({ length: 20_000 }, (_, n) => ({ id: `c${n}`, function: { name: 'zoom', arguments: '{}' } }))
  const { toolCalls, message } = read({ content: '', tool_calls: calls })
  expect(toolCalls.map(({ id }) => id)).toEqual(calls.slice(0, 64).map(({ id }) => id))
  expect(message.reply!.tool_calls).toHaveLength(64)
})

test.each([
  ['the last piece of a stream', { delta: { role: 'assistant', content: '<answer>7</answer>' } }],
  ['a plain completion', { text: '<answer>7</answer>' }],
])('%s is a reply', (_, choice) => {
  expect(completionOf({ choices: [{ finish_reason: 'stop', ...choice }], usage }).text).toBe('<answer>7</answer>')
})

test('a call in the form before there were several is one, and goes back as it is written now', () => {
  const { toolCalls, message } = read(
    { content: null, function_call: { name: 'zoom', arguments: '{"n":1}' } },
    { finish_reason: 'function_call' },
  )
  expect(toolCalls).toEqual([{ id: expect.any(String), name: 'zoom', arguments: '{"n":1}' }])
  expect(message.reply).toEqual({
    role: 'assistant',
    content: null,
    tool_calls: [{ id: toolCalls[0]!.id, type: 'function', function: { name: 'zoom', arguments: '{"n":1}' } }],
  })
})
