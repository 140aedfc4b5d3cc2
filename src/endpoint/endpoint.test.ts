/** The client against a real server: what it sends, what it makes of replies, faults and refusals. */
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import sharp from 'sharp'
import { scriptedClients } from '../../test/scripted-client.ts'
import { sha256 } from '../shared/canonical.ts'
import { ContextLengthError, TransportError, UserError } from '../shared/errors.ts'
import { encodeMessage } from './exchange/encode-message.ts'
import type { EncodedMessage } from './exchange/encode-message.ts'
import type { Completion, CompletionOptions, Endpoint } from './endpoint.ts'
import type { ImagePart } from './exchange/messages.ts'

const stop = ['</grounding>', '</answer>']
const call = '<think>closer</think><grounding>{"bbox_2d":[0,0,1,1],"source":"original_image"}</grounding>'
const answer = '<answer>seven</answer>'

let image: ImagePart
beforeAll(async () => (image = await square('#c33')))

const start = scriptedClients()

async function square(background: string): Promise<ImagePart> {
  const bytes = await sharp({ create: { width: 56, height: 56, channels: 3, background } })
    .png()
    .toBuffer()
  return { type: 'image', bytes, mime: 'image/png', sha256: sha256(bytes) }
}

const question = () => [
  encodeMessage({ role: 'system', content: 'Look closely. "Ünïcode" \\ \u2028' }),
  encodeMessage({ role: 'user', content: [{ type: 'text', text: 'Which digit?' }, image] }),
]
const observation = async (n: number): Promise<EncodedMessage> =>
  encodeMessage({
    role: 'user',
    content: [{ type: 'text', text: `crop ${n}` }, await square(`rgb(0, 0, ${n})`), { type: 'text', text: 'on' }],
  })

function ask(endpoint: Endpoint, messages = question(), options: CompletionOptions = {}): Promise<Completion> {
  return endpoint.complete({ model: 'test-vlm', messages, stop, maxTokens: 64, temperature: 1, seed: 7 }, options)
}

/** A conversation of as many turns as it takes to the first reply without a call. */
async function converse(endpoint: Endpoint): Promise<string[]> {
  const messages = question()
  const replies: string[] = []
  for (;;) {
    const { text, message } = await ask(endpoint, messages)
    replies.push(text)
    if (!text.endsWith('</grounding>')) return replies
    messages.push(message, await observation(replies.length))
  }
}

async function failure(work: Promise<unknown>): Promise<Error & { code: string }> {
  return work.then(
    () => expect.fail('it did not fail'),
    (error: Error & { code: string }) => error,
  )
}

test.each([
  ['vllm', 1, { top_p: 1, top_k: -1, repetition_penalty: 1 }],
  ['sglang', 1, { top_p: 1, top_k: -1, repetition_penalty: 1 }],
  ['someone', 1, {}],
  ['vllm', undefined, {}],
] as const)(
  'of %s at temperature %s it is said how it samples, where it would ask the file of its model',
  async (ownedBy, temperature, fields) => {
    const { server, endpoint } = await start({ script: [answer], ownedBy })
    await endpoint.complete({ model: 'test-vlm', messages: question(), temperature })
    const names = ['top_p', 'top_k', 'repetition_penalty']
    const sent = Object.entries(server.requests[0]!.body).filter(([name]) => names.includes(name))
    expect(Object.fromEntries(sent)).toEqual(fields)
  },
)

test('a top_p that is asked for stands', async () => {
  const { server, endpoint } = await start({ script: [answer] })
  await endpoint.complete({ model: 'test-vlm', messages: question(), temperature: 1, topP: 0.9 })
  expect(server.requests[0]!.body).toMatchObject({ top_p: 0.9, top_k: -1 })
})

describe('a conversation', () => {
  test('grows at its end only, its pictures whole, its stop strings kept', async () => {
    const { server, endpoint } = await start({ script: [call, call, answer], expectStop: stop })
    expect(await converse(endpoint)).toEqual([call, call, answer])
    expect(server.violations).toEqual([])
    expect(server.requests.map(({ messages }) => messages.length)).toEqual([2, 4, 6])
    expect(server.requests[0]!.body).toMatchObject({ max_tokens: 64, temperature: 1, seed: 7 })
    expect(server.requests[2]!.messages[1]!.images).toMatchObject([{ sha256: image.sha256, width: 56, height: 56 }])
    expect(endpoint.kind.name).toBe('vllm')
    expect(endpoint.spent()).toMatchObject({ requests: 3, retries: 0 })
    expect(endpoint.spent().bytesSent).toBe(server.requests.reduce((sum, { bytes }) => sum + bytes, 0))
  })

  test.each([
    ['keeps', {}, true],
    ['strips', { stop: 'strip', ownedBy: 'llamacpp' }, true],
    ['overlooks', { stop: 'ignore', ownedBy: 'someone' }, true],
    ['refuses', { reject: ['stop'], ownedBy: 'someone', expectStop: stop }, false],
  ] as const)('has the same text whether the server %s stop strings', async (_, quirks, sent) => {
    const chatty = `${call} and then I see a seven. ${answer}`
    const { server, endpoint } = await start({ script: [chatty, `${answer} So it is.`], ...quirks })
    expect(await converse(endpoint)).toEqual([call, answer])
    expect(server.violations).toEqual([])
    expect('stop' in server.requests.at(-1)!.body).toBe(sent)
  })

  test('what a server refuses is not sent a second time', async () => {
    const { server, endpoint } = await start({
      script: [call, answer],
      ownedBy: 'someone',
      expectStop: stop,
      reject: ['temperature', 'stop', 'max_tokens'],
    })
    await converse(endpoint)
    expect(server.requests.map(({ status }) => status)).toEqual([400, 400, 400, 200, 200])
    expect(server.requests.at(-1)!.body).toEqual({ model: 'test-vlm', max_completion_tokens: 64, seed: 7 })
  })

  test('thinking in a field of its own goes back in that field', async () => {
    const bare = call.replace(/<think>.*<\/think>/, '')
    const { server, endpoint } = await start({ script: [{ text: bare, reasoning: 'Hm.\n' }, answer] })
    expect(await converse(endpoint)).toEqual([bare, answer])
    expect(server.violations).toEqual([])
  })

  test('a cut reply says so, an empty one is a reply', async () => {
    const { endpoint } = await start({ script: [{ text: '<grounding>{"bbox', finish: 'length' }, ''] })
    expect(await ask(endpoint)).toMatchObject({ text: '<grounding>{"bbox', finish: 'length' })
    const more = [
      ...question(),
      encodeMessage({ role: 'assistant', content: '<grounding>{"bbox' }),
      await observation(1),
    ]
    expect(await ask(endpoint, more)).toMatchObject({ text: '', finish: 'stop', usage: { replyTokens: 1 } })
  })

  test('native calls come back as they were made', async () => {
    const toolCalls = [{ id: 'call_7', name: 'zoom', arguments: '{"bbox_2d":[1,2,3,4]}' }]
    const { server, endpoint } = await start({ script: [{ text: 'look', toolCalls }, answer] })
    const first = await ask(endpoint)
    expect(first).toMatchObject({ text: 'look', toolCalls, finish: 'stop' })
    const messages = [
      ...question(),
      first.message,
      encodeMessage({ role: 'tool', toolCallId: 'call_7', content: 'done' }),
    ]
    expect((await ask(endpoint, messages)).text).toBe(answer)
    expect(server.violations).toEqual([])
  })
})

describe('pictures by id', () => {
  test('each is sent once while the server has it', async () => {
    const { server, endpoint } = await start({ script: [call, call, answer] })
    expect(await converse(endpoint)).toEqual([call, call, answer])
    expect(server.violations).toEqual([])
    const whole = server.requests.map(({ messages }) =>
      messages.flatMap(({ images }) => images).map(({ byId }) => byId !== true),
    )
    expect(whole).toEqual([[true], [false, true], [false, false, true]])
  })

  test('what the server has forgotten is sent again', async () => {
    const { server, endpoint } = await start({ script: [call, call, answer], imageCache: 1 })
    expect(await converse(endpoint)).toEqual([call, call, answer])
    expect(server.violations).toEqual([])
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200, 400, 200])
  })

  test('a server that forgets all the time is sent everything', async () => {
    const script = [...Array.from({ length: 8 }, () => call), answer]
    const { server, endpoint } = await start({ script, imageCache: 1 })
    await converse(endpoint)
    expect(server.violations).toEqual([])
    expect(server.requests.slice(-3).map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test('a server that takes no ids is asked once', async () => {
    const { server, endpoint } = await start({ script: [call, call, answer], imageCache: 0 })
    await converse(endpoint)
    expect(server.requests.map(({ status }) => status)).toEqual([200, 400, 200, 200])
  })
})

describe('faults', () => {
  const hourMs = 3_600_000
  afterEach(() => void vi.useRealTimers())

  test.each([
    ['a storm of 429', [{ status: 429, headers: { 'retry-after': '0' } }, { status: 429 }, { status: 503 }], 3],
    ['a connection that breaks amid the reply', [{ fault: 'cut' }], 1],
    ['a reply that never comes', [{ fault: 'hang' }], 1],
    ['an empty body', [{ fault: 'empty' }], 1],
    [
      'a body that is no completion',
      [
        { status: 200, body: '<html>' },
        { status: 200, body: {} },
      ],
      2,
    ],
  ] as const)('%s: tried again, and the search goes on', async (_, faults, retries) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const onHang = (): void => void vi.advanceTimersByTime(hourMs)
    const { server, endpoint } = await start({ script: [...faults, call, answer], onHang }, { timeoutMs: hourMs })
    expect(await converse(endpoint)).toEqual([call, answer])
    expect(server.violations).toEqual([])
    expect(endpoint.spent().retries).toBe(retries)
  })

  test('tries are counted, and the last error says what it was', async () => {
    const { server, endpoint } = await start({ script: () => ({ status: 429, body: 'slow down' }) }, { maxTries: 3 })
    const error = await failure(ask(endpoint))
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({ code: 'endpoint-busy', message: expect.stringContaining('last of 3 tries') })
    expect(server.requests.length).toBe(3)
  })

  test('Retry-After is heeded, up to the longest wait', async () => {
    const busy = (seconds: string) => ({ status: 429, headers: { 'retry-after': seconds } })
    const { endpoint } = await start({ script: [busy('0.3'), busy('3600'), answer] }, { maxWaitMs: 400 })
    const waits: number[] = []
    const startedMs = performance.now()
    await ask(endpoint, question(), {
      onNews: (news) => news.kind === 'waiting' && waits.push(news.waitMs ?? Number.NaN),
    })
    // As long as it says at least; how much longer is the machine's.
    expect(performance.now() - startedMs).toBeGreaterThan(690)
    expect(waits[0]).toBeGreaterThanOrEqual(300)
    expect(waits[0]).toBeLessThanOrEqual(330)
    expect(waits.slice(1)).toEqual([400])
  })

  test('a reply of 50 MB is not read, and not asked for again', async () => {
    const { server, endpoint } = await start({ script: () => ({ fault: 'huge' }) })
    const error = await failure(ask(endpoint))
    expect(error).toMatchObject({ code: 'reply-too-large' })
    expect(server.requests.length).toBe(1)
    // Each is an error of its own, with the place where it was made.
    expect(await failure(ask(endpoint))).not.toBe(error)
  })

  test.each([
    ['while it waits for the reply', { fault: 'hang' }],
    ['between tries', { status: 503, headers: { 'retry-after': '3600' } }],
  ] as const)('an abort ends a request at once, %s', async (_, step) => {
    const controller = new AbortController()
    const abort = (): void => controller.abort()
    const { endpoint } = await start(
      { script: [step, answer], onHang: abort },
      { maxWaitMs: hourMs, timeoutMs: hourMs },
    )
    const asked = ask(endpoint, question(), {
      signal: controller.signal,
      // Told before the wait begins.
      onNews: ({ kind }) => kind === 'waiting' && setImmediate(abort),
    })
    expect(await failure(asked)).toMatchObject({ code: 'aborted' })
  })

  test('one hundred requests at once, each with its own reply', async () => {
    const { server, endpoint } = await start({
      script: ({ messages, attempt }) =>
        attempt === 1 ? { status: 429 } : `<answer>${messages.at(-1)!.text}</answer>`,
    })
    const texts = await Promise.all(
      Array.from({ length: 100 }, (_, n) => ask(endpoint, [encodeMessage({ role: 'user', content: `n${n}` })])),
    )
    expect(texts.map(({ text }) => text)).toEqual(Array.from({ length: 100 }, (_, n) => `<answer>n${n}</answer>`))
    expect(server.violations).toEqual([])
  })
})

describe('refusals', () => {
  test.each(['flat', 'nested'] as const)(
    'too many pictures: the flag of the server is named (%s error)',
    async (errors) => {
      const { endpoint } = await start({ script: [call, call, answer], maxImages: 2, errors })
      const error = await failure(converse(endpoint))
      expect(error).toBeInstanceOf(UserError)
      expect(error.message).toContain('accepts 2 pictures per prompt, and this one has 3')
      expect(error.message).toContain(`--limit-mm-per-prompt '{"image": 32}'`)
      expect(error.message).toContain('--max-images 2')
    },
  )

  test('a conversation that does not fit', async () => {
    const { endpoint } = await start({ script: [answer], maxContext: 20 })
    expect(await failure(ask(endpoint))).toBeInstanceOf(ContextLengthError)
  })

  test('near the end of the context a reply may be shorter', async () => {
    const { server, endpoint } = await start({ script: [answer], maxContext: 1_000 })
    const long = { model: 'test-vlm', messages: question(), maxTokens: 8_192 }
    expect((await endpoint.complete(long)).text).toBe(answer)
    expect(server.requests.at(-1)!.body.max_tokens).toBeLessThan(1_000)
  })

  test('a model that is not there: the nearest are named', async () => {
    const models = ['Qwen/Qwen3-VL-8B', 'llava', 'test-vlm'].map((id) => ({ id }))
    const { endpoint } = await start({ script: [answer], models })
    const error = await failure(endpoint.complete({ model: 'qwen3-vl-8', messages: question() }))
    expect(error).toMatchObject({ code: 'model-unknown', exitCode: 2 })
    expect(error.message).toContain('Qwen/Qwen3-VL-8B, ')
  })

  test.each([
    [413, 'request-too-large', 'request size limit'],
    [402, 'quota-spent', 'credit'],
    [307, 'endpoint-moved', 'redirects'],
    [404, 'no-chat-endpoint', '/v1'],
    [418, 'request-refused', 'short and stout'],
  ])('status %d is not tried again', async (status, code, message) => {
    const { server, endpoint } = await start({ script: () => ({ status, body: 'short\u0007 and\n stout' }) })
    const error = await failure(ask(endpoint))
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(error.message).not.toContain('\u0007')
    expect(server.requests.length).toBe(1)
  })
})
