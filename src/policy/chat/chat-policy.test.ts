import { describe, expect, it } from 'vitest'
import type { EncodedMessage } from '../../endpoint/exchange/encode-message.ts'
import type { Completion, CompletionRequest, Endpoint } from '../../endpoint/endpoint.ts'
import { asItCame, replyMessage } from '../../endpoint/exchange/encode-reply.ts'
import { requestBody } from '../../endpoint/exchange/request-body.ts'
import { serverKinds } from '../../endpoint/server-kinds.ts'
import { pixelBox } from '../../protocol/box.ts'
import { dialectOf } from '../../protocol/profile.ts'
import { profiles } from '../../protocol/profile.ts'
import { ContextLengthError, TransportError, UserError } from '../../shared/errors.ts'
import { hashSeed } from '../../shared/random.ts'
import type { Pixels } from '../../vision/picture.ts'
import type { Message, View } from '../policy.ts'
import { chatPolicy } from './chat-policy.ts'
import type { ChatPolicyOptions, Shot } from './chat-policy.ts'

type Step = Error | (Partial<Omit<Completion, 'message'>> & { readonly text: string })

/** An endpoint that answers from a list and keeps what it is asked; how servers are spoken to is tested elsewhere. */
function listed(...steps: readonly Step[]) {
  const requests: CompletionRequest[] = []
  const endpoint: Endpoint = {
    baseUrl: 'http://127.0.0.1:1/v1',
    kind: serverKinds.generic,
    models: [],
    async complete(request) {
      requests.push(request)
      const step = steps[Math.min(requests.length, steps.length) - 1]!
      if (step instanceof Error) throw step
      const { text, toolCalls = [] } = step
      const message = replyMessage({ content: text }, text, toolCalls)
      return { toolCalls, message, finish: 'stop', ...step }
    },
    spent: () => ({ requests: 0, retries: 0, promptTokens: 0, replyTokens: 0, bytesSent: 0 }),
    close: () => {},
  }
  return { endpoint, requests }
}

function view(side: number, level = 0): View {
  const data = new Uint8Array(side * side * 3).fill(level)
  const pixels = async (): Promise<Pixels> => ({ width: side, height: side, data })
  return { pixels, key: `${side} ${level}`, boxPx: pixelBox(0, 0, side, side) }
}

const question: Message = { kind: 'question', system: 'Search.', text: '<image>\nWhich colour?', view: view(56) }
const observation: Message = { kind: 'observation', index: 1, text: 'Crop 1:\n<image>\nGo on.', view: view(280) }
const mistake: Message = { kind: 'error', text: 'That zoom failed.' }
const problem = { docId: 'p1', dataSource: 'test', question: 'Which colour?' }
const zoom = { text: '<think>Closer.</think><grounding>{}</grounding>' }

const open = (endpoint: Endpoint, more: Partial<ChatPolicyOptions> = {}, seed = 5) =>
  chatPolicy({ endpoint, model: 'vlm', profile: profiles.default, ...more }).open(problem, { seed })

const read = (messages: readonly EncodedMessage[]): Record<string, unknown>[] => JSON.parse(bodyText(messages)).messages

function bodyText(messages: readonly EncodedMessage[]): string {
  const habits = { dropped: new Set<string>(), heldImages: new Set<string>(), replyForms: asItCame }
  return Buffer.concat(
    requestBody({ model: 'vlm', messages }, serverKinds.generic, habits, { streamed: false }).pieces,
  ).toString()
}
const picture = (mime: string) => ({ type: 'image_url', image_url: { url: expect.stringContaining(`data:${mime};`) } })

describe('a conversation', () => {
  it('grows at its end by what the search says and what the model said', async () => {
    const { endpoint, requests } = listed(zoom, { text: '' }, { text: ' <answer>red</answer>\n' })
    const session = open(endpoint)
    await session.take(question, { turn: 1, signal: undefined })
    await session.take(observation, { turn: 2, signal: undefined })
    expect(await session.take(mistake, { turn: 3, signal: undefined })).toMatchObject({
      text: ' <answer>red</answer>\n',
      finish: 'stop',
    })
    expect(read(requests[2]!.messages)).toEqual([
      { role: 'system', content: 'Search.' },
      { role: 'user', content: [picture('image/png'), { type: 'text', text: '\nWhich colour?' }] },
      { role: 'assistant', content: zoom.text },
      {
        role: 'user',
        content: [{ type: 'text', text: 'Crop 1:\n' }, picture('image/jpeg'), { type: 'text', text: '\nGo on.' }],
      },
      { role: 'assistant', content: '' },
      { role: 'user', content: 'That zoom failed.' },
    ])
    // The very same bytes, not merely equal ones: nothing is written twice.
    for (const [index, { messages }] of requests.entries()) {
      expect(messages).toHaveLength(2 * index + 2)
      messages.forEach((message, at) => expect(message).toBe(requests[2]!.messages[at]))
    }
  })

  it('asks as the profile and its options say, with one seed for all turns', async () => {
    const { endpoint, requests } = listed(zoom)
    const session = open(endpoint, { temperature: 0.7, topP: 0.9, maxTokens: 100 })
    await session.take(question, { turn: 1, signal: undefined })
    await session.take(mistake, { turn: 2, signal: undefined })
    for (const request of requests) {
      expect(request).toMatchObject({ model: 'vlm', temperature: 0.7, topP: 0.9, maxTokens: 100 })
      expect(request.stop).toEqual(dialectOf(profiles.default).stop)
      expect(request.seed).toBe(hashSeed('p1', 5))
    }
  })

  it('has no system message where there is no system prompt', async () => {
    const { endpoint, requests } = listed(zoom)
    await open(endpoint).take({ ...question, system: '' }, { turn: 1, signal: undefined })
    expect(read(requests[0]!.messages).map(({ role }) => role)).toEqual(['user'])
  })

  it('is let go of when the session closes', async () => {
    const { endpoint, requests } = listed(zoom)
    const session = open(endpoint)
    await session.take(question, { turn: 1, signal: undefined })
    session.close()
    session.close()
    await session.take(mistake, { turn: 2, signal: undefined })
    expect(requests[1]!.messages).toHaveLength(1)
  })

  it.each([
    new ContextLengthError('too long'),
    new TransportError('connection-cut', 'The server hung up.'),
    new UserError('no-key', 'Set the key.'),
  ])('passes on what the endpoint throws: $name', async (error) => {
    await expect(open(listed(error).endpoint).take(question, { turn: 1, signal: undefined })).rejects.toBe(error)
  })
})

describe('native calls', () => {
  const toolCalls = [{ id: 'call_7', name: 'zoom', arguments: '{"bbox_2d": [0, 0, 1, 1]}' }]

  it('stand in the turn as text, in the history as calls, and are answered as calls', async () => {
    const { endpoint, requests } = listed({ text: 'Closer.', toolCalls }, { text: '', toolCalls }, zoom, zoom)
    const session = open(endpoint)
    const first = await session.take(question, { turn: 1, signal: undefined })
    expect(first.text).toBe('Closer.<tool_call>{"name": "zoom", "arguments": {"bbox_2d": [0, 0, 1, 1]}}</tool_call>')
    await session.take(observation, { turn: 2, signal: undefined })
    await session.take(mistake, { turn: 3, signal: undefined })
    await session.take(mistake, { turn: 4, signal: undefined })
    const call = { id: 'call_7', type: 'function', function: { name: 'zoom', arguments: toolCalls[0]!.arguments } }
    expect(read(requests[3]!.messages).slice(2)).toEqual([
      { role: 'assistant', content: 'Closer.', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_7', content: 'Crop 1:\nGo on.' },
      { role: 'user', content: [picture('image/jpeg')] },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_7', content: 'That zoom failed.' },
      { role: 'assistant', content: zoom.text },
      { role: 'user', content: 'That zoom failed.' },
    ])
  })
})

describe('a reply that a token limit cut off', () => {
  it.each([
    { text: '<think>I look' },
    { text: '<think>Perhaps <answer>9</answer>' },
    { text: '', thinking: 'I look' },
    { text: 'and so on and so on' },
  ])('says nothing of the policy while it thinks: %j', async (step) => {
    const reply = await open(listed({ ...step, finish: 'length' }).endpoint).take(question, {
      turn: 1,
      signal: undefined,
    })
    expect(reply).toMatchObject({
      ...step,
      failure: { code: 'reply-cut', message: expect.stringContaining('--reply-tokens') },
    })
  })

  it.each(['<think>So.</think><answer>red', zoom.text])('counts once it acts: %j', async (text) => {
    const reply = await open(listed({ text, finish: 'length' }).endpoint).take(question, { turn: 1, signal: undefined })
    expect(reply.failure).toBeUndefined()
  })
})

describe('the tokens of a turn', () => {
  it('are those that the server counts, less what the conversation held', async () => {
    const { endpoint } = listed(
      { text: 'a', usage: { promptTokens: 1_000, replyTokens: 50 } },
      { text: 'b', usage: { promptTokens: 1_250, replyTokens: 60 }, finish: 'length' },
      { text: 'c', usage: { promptTokens: 1_200, replyTokens: 5 } },
    )
    const session = open(endpoint)
    const replies = [
      await session.take(question, { turn: 1, signal: undefined }),
      await session.take(observation, { turn: 2, signal: undefined }),
      await session.take(mistake, { turn: 3, signal: undefined }),
    ]
    expect(replies.map(({ usage }) => usage)).toEqual([
      { promptTokens: 1_000, imageTokens: 4, replyTokens: 50 },
      { promptTokens: 200, imageTokens: 100, replyTokens: 60 },
      // The server forgot some of the history, as some do with thoughts.
      { promptTokens: 0, imageTokens: 0, replyTokens: 5 },
    ])
    expect(replies[1]!.finish).toBe('length')
  })

  it('are estimated where it does not', async () => {
    const session = open(listed({ text: 'x'.repeat(40) }).endpoint)
    const first = await session.take(question, { turn: 1, signal: undefined })
    expect(first.usage).toEqual({ promptTokens: 2 + 4 + 6, imageTokens: 4, replyTokens: 10 })
    const second = await session.take(observation, { turn: 2, signal: undefined })
    expect(second.usage).toEqual({ promptTokens: 106, imageTokens: 100, replyTokens: 10 })
  })

  it('can be estimated for a view that is too thin for the grid', async () => {
    const thin = async (): Promise<Pixels> => ({ width: 5_600, height: 14, data: new Uint8Array(5_600 * 14 * 3) })
    const seen = { ...question, view: { ...view(1), pixels: thin } }
    expect((await open(listed(zoom).endpoint).take(seen, { turn: 1, signal: undefined })).usage.imageTokens).toBe(100)
  })
})

describe('what sessions share', () => {
  const shot: Shot = {
    exchanges: [
      { message: { ...question, view: view(56, 9) }, reply: zoom.text },
      { message: { ...observation, view: view(64, 9) }, reply: '<answer>blue</answer>' },
    ],
  }

  it('exemplars stand between system prompt and question, chosen by seed and encoded once', async () => {
    const { endpoint, requests } = listed(zoom)
    const shots = (seed: number): readonly Shot[] => (seed === 3 ? [] : [shot])
    const policy = chatPolicy({ endpoint, model: 'vlm', profile: profiles.default, shots })
    for (const seed of [1, 2, 3]) await policy.open(problem, { seed }).take(question, { turn: 1, signal: undefined })
    const [first, second, third] = requests.map(({ messages }) => messages)
    expect(read(first!).map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user'])
    expect(read(first!)[4]!.content).toBe('<answer>blue</answer>')
    for (const at of [1, 2, 3, 4]) expect(second![at]).toBe(first![at])
    expect(third).toHaveLength(2)
  })

  it('an exemplar whose picture could not be read is read again', async () => {
    let reads = 0
    const shaky = {
      ...view(56, 9),
      pixels: () => (++reads === 1 ? Promise.reject(new Error('busy')) : view(56).pixels()),
    }
    const shots = (): readonly Shot[] => [broken]
    const broken: Shot = { exchanges: [{ message: { ...question, view: shaky }, reply: zoom.text }] }
    const policy = chatPolicy({ endpoint: listed(zoom).endpoint, model: 'vlm', profile: profiles.default, shots })
    const ask = () => policy.open(problem, { seed: 1 }).take(question, { turn: 1, signal: undefined })
    await expect(ask()).rejects.toThrow('busy')
    expect(await ask()).toMatchObject({ text: zoom.text })
  })

  it('the first message of searches for the same problem is encoded once', async () => {
    const { endpoint, requests } = listed(zoom)
    const policy = chatPolicy({ endpoint, model: 'vlm', profile: profiles.default })
    const ask = (text: string, level: number) =>
      policy
        .open(problem, { seed: 1 })
        .take({ ...question, text, view: view(56, level) }, { turn: 1, signal: undefined })
    // At once, as searches for one problem are; the others after it, so that requests come in this order.
    await Promise.all([ask('<image>a', 1), ask('<image>a', 1)])
    await ask('<image>b', 1)
    await ask('<image>a', 2)
    const [first, again, otherText, otherView] = requests.map(({ messages }) => messages[1]!)
    expect(again).toBe(first)
    expect(otherText).not.toEqual(first)
    expect(otherView).not.toEqual(first)
  })
})
