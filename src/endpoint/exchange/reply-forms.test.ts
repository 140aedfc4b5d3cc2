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

describe('fields of the server’s own', () => {
  test.each([
    "property 'reasoning_content' is unsupported",
    "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
    '[{"type":"extra_forbidden","loc":["body","messages",1,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted"}]',
    "Additional properties are not allowed ('index' was unexpected) - 'messages.1.tool_calls.0'",
    'The reasoning_content field should not be part of the input messages',
  ])('are left out where a server says %j', (said) => {
    const messages = after(called('Closer.', { reasoning_content: 'hm' }))
    const forms = nextForms(refusal(said, 422), asItCame, messages)!
    expect(sent(messages, forms)[1]).toEqual({ role: 'assistant', content: 'Closer.', tool_calls: [raw] })
    expect(nextForms(refusal(said, 422), forms, messages)).toBeUndefined()
  })

  test.each([
    'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
    'Function call is missing a thought_signature in functionCall parts.',
    'The image at index 0 is too large',
    "Unsupported parameter: 'seed' is not supported with this model.",
  ])('stay where it says %j', (said) => {
    expect(nextForms(refusal(said), asItCame, after(called('Closer.', { reasoning_content: 'hm' })))).toBeUndefined()
  })
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
