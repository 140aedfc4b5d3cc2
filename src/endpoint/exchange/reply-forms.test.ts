/** What servers say of the replies that are returned to them, and the form in which they then get them. */
import { describe, expect, test } from 'vitest'
import { encodeMessage } from './encode-message.ts'
import type { EncodedMessage } from './encode-message.ts'
import { asItCame, replyMessage } from './encode-reply.ts'
import type { ReplyForms } from './encode-reply.ts'
import { nextForms } from './reply-forms.ts'
import { requestBody } from './request-body.ts'
import { serverKinds } from '../server-kinds.ts'

const refusal = (message: string, status = 400, param = '') => ({ status, message, code: '', param })
const call = { id: 'a', name: 'zoom', arguments: '{}' }
const raw = { id: 'a', type: 'function', function: { name: 'zoom', arguments: '{}' } }
const user = encodeMessage({ role: 'user', content: 'Which?' })
const result = encodeMessage({ role: 'tool', content: 'Crop 1:', toolCallId: 'a' })

const called = (content: string | null, more: object = {}): EncodedMessage =>
  replyMessage({ content, ...more, tool_calls: [{ ...raw, index: 0 }] }, content ?? '', [call])
const after = (reply: EncodedMessage): EncodedMessage[] => [user, reply, result, user]

function sent(messages: readonly EncodedMessage[], replyForms: ReplyForms): Record<string, unknown>[] {
  const habits = { dropped: new Set<string>(), heldImages: new Set<string>(), replyForms }
  const { pieces } = requestBody({ model: 'm', messages }, serverKinds.generic, habits, { streamed: false })
  return JSON.parse(Buffer.concat(pieces).toString()).messages
}

describe('a message of the user behind a result', () => {
  test.each([
    "Unexpected role 'user' after role 'tool'",
    'Conversation roles must alternate user/assistant/user/assistant/...',
    'After the optional system message, conversation roles must alternate',
    "messages with role 'tool' must be followed by a message of the assistant",
  ])('gets one of the assistant before it where a server says %j', (said) => {
    const messages = after(called('Closer.'))
    const forms = nextForms(refusal(said), asItCame, messages)!
    expect(sent(messages, forms).map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'user'])
    expect(nextForms(refusal(said), forms, messages)).toBeUndefined()
    expect(nextForms(refusal(said), asItCame, [user])).toBeUndefined()
  })
})

/** What the assistant's turn becomes, refusal after refusal in the same words, until there is no other form. */
function formsAfter(said: string, messages: readonly EncodedMessage[], status = 400): Record<string, unknown>[] {
  const turns: Record<string, unknown>[] = []
  let forms: ReplyForms | undefined = asItCame
  while (forms !== undefined && turns.length < 9) {
    forms = nextForms(refusal(said, status), forms, messages)
    if (forms !== undefined) turns.push(sent(messages, forms)[1]!)
  }
  return turns
}

describe('fields of the server’s own', () => {
  const withIndex = { ...raw, index: 0 }
  const thought = { reasoning_content: 'hm' }

  test.each([
    ["property 'reasoning_content' is unsupported", {}, withIndex],
    [
      "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
      {},
      withIndex,
    ],
    [
      '[{"type":"extra_forbidden","loc":["body","messages",1,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted"}]',
      {},
      withIndex,
    ],
    ["Additional properties are not allowed ('index' was unexpected) - 'messages.1.tool_calls.0'", thought, raw],
    ['messages.1.tool_calls.0.index: Extra inputs are not permitted', thought, raw],
    ['The reasoning_content field should not be part of the input messages', {}, withIndex],
  ])('are left out one by one where a server says %j', (said, kept, call) => {
    const messages = after(called('Closer.', thought))
    const [first] = formsAfter(said, messages, 422)
    expect(first).toEqual({ role: 'assistant', content: 'Closer.', ...kept, tool_calls: [call] })
  })

  test('are all left out where it names none, or naming one did not help', () => {
    const messages = after(called('Closer.', thought))
    const bare = { role: 'assistant', content: 'Closer.', tool_calls: [raw] }
    expect(formsAfter('messages.1: Extra inputs are not permitted', messages)).toEqual([bare])
    expect(formsAfter('messages.1.reasoning_content: Extra inputs are not permitted', messages).at(-1)).toEqual(bare)
  })

  test.each([
    'Function call is missing a thought_signature in functionCall parts.',
    'The image at index 0 is too large',
    "Unsupported parameter: 'seed' is not supported with this model.",
  ])('stay where it says %j', (said) => {
    expect(nextForms(refusal(said), asItCame, after(called('Closer.', thought)))).toBeUndefined()
  })
})

describe('thinking that has to come back', () => {
  test.each([
    'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
    'Missing `reasoning_content` field in the assistant message at message index 2.',
    'The `reasoning_content` in the thinking mode must be passed back to the API.',
  ])('does so in the field that is named: %j', (said) => {
    const of = (more: object): unknown =>
      formsAfter(said, after(called('Closer.', more))).map((turn) => turn.reasoning_content)
    expect(of({ reasoning: 'hm' })).toEqual(['hm'])
    expect(of({})).toEqual([''])
    expect(of({ reasoning_content: null })).toEqual([''])
    const within = formsAfter(said, after(called('<think>hm</think>Closer.')))
    expect(within.map((turn) => turn.reasoning_content)).toEqual(['hm'])
    expect(of({ reasoning_content: 'hm' })).toEqual(['hm'])
  })

  test('stands in every turn of the assistant, also where another field has to go', () => {
    const exemplar = encodeMessage({ role: 'assistant', content: 'So.' })
    const messages = [
      user,
      exemplar,
      ...after(called('Closer.', { reasoning: 'hm', stop_reason: null, token_ids: [1] })),
    ]
    const without = nextForms(refusal('messages.3.token_ids: Extra inputs are not permitted'), asItCame, messages)!
    const forms = nextForms(refusal('reasoning_content is missing'), { ...without, bridged: true }, messages)!
    const turns = sent(messages, forms).filter(({ role }) => role === 'assistant')
    expect(turns.map((turn) => turn.reasoning_content)).toEqual(['', 'hm', ''])
    expect(turns[1]).not.toHaveProperty('token_ids')
  })
})

test.each([
  ['Tool call id was call_49c89af0 but must be a-z, A-Z, 0-9, with a length of 9.', 500],
  ['Tool call IDs should be alphanumeric strings with length 9! at row 91', 500],
  ['Tool call IDs should be alphanumeric strings with length 9!', 404],
])('ids of calls are shortened, in the call and in its result, where a server says %j', (said, status) => {
  const long = { ...raw, id: 'call_49c89af0' }
  const reply = replyMessage({ content: null, tool_calls: [long] }, '', [{ ...call, id: long.id }])
  const messages = [user, reply, encodeMessage({ role: 'tool', content: 'Crop 1:', toolCallId: long.id }), user]
  const forms = nextForms(refusal(said, status), asItCame, messages)!
  const [, turn, back] = sent(messages, forms)
  const [{ id }] = turn!.tool_calls as [{ id: string }]
  expect([id, back]).toEqual([
    expect.stringMatching(/^[a-z0-9]{9}$/),
    { role: 'tool', content: 'Crop 1:', tool_call_id: id },
  ])
  expect(nextForms(refusal(said, status), forms, messages)).toBeUndefined()
})

test('a content of parts goes back as text where a server wants that', () => {
  const parts = replyMessage({ content: [{ type: 'text', text: 'Closer.' }], tool_calls: [raw] }, 'Closer.', [call])
  const [turn] = formsAfter('messages.1.content: Input should be a valid string', after(parts), 422)
  expect(turn).toMatchObject({ content: 'Closer.', tool_calls: [raw] })
})

test('half a character goes back as one that can be encoded', () => {
  const reply = replyMessage({ content: 'a\ud83d' }, 'a\ud83d', [])
  expect(Buffer.concat(reply.pieces as Uint8Array[]).toString()).toContain('"a\ufffd"')
})

describe('an empty content', () => {
  test.each([
    ['messages: text content blocks must be non-empty', '', [null, 'I look closer.']],
    ["Invalid value for 'content': expected a string, got null.", null, ['', 'I look closer.']],
    ['[{"loc":["body","messages",1,"content"],"msg":"Input should be a valid string"}]', null, ['', 'I look closer.']],
  ])('is sent in every other form, after %j', (said, content, others) => {
    const messages = after(called(content))
    const seen: unknown[] = []
    let forms: ReplyForms | undefined = asItCame
    for (let i = 0; i < 9; i++) {
      forms = nextForms(refusal(said), forms!, messages)
      if (forms === undefined) break
      seen.push(sent(messages, forms)[1]!.content)
    }
    expect(seen).toEqual(others)
  })

  test('is no matter where none is sent', () => {
    expect(nextForms(refusal('content must be non-empty'), asItCame, after(called('Closer.')))).toBeUndefined()
  })
})

test('another status says nothing of forms', () => {
  expect(nextForms(refusal('roles must alternate', 429), asItCame, after(called('')))).toBeUndefined()
})

test('arguments that came as an object go back as text where a server wants that', () => {
  const values = { bbox_2d: [0, 0, 1, 1] }
  const came = { ...raw, function: { name: 'zoom', arguments: values } }
  const messages = after(replyMessage({ content: null, tool_calls: [came] }, '', [call]))
  const said = refusal('messages.1.tool_calls.0.function.arguments: Input should be a valid string', 422)
  const forms = nextForms(said, asItCame, messages)!
  const text = { ...raw, function: { name: 'zoom', arguments: JSON.stringify(values) } }
  expect(sent(messages, asItCame)[1]).toMatchObject({ tool_calls: [came] })
  expect(sent(messages, forms)[1]).toMatchObject({ tool_calls: [text] })
})
