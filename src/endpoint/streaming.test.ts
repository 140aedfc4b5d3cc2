/** Streams over real HTTP: what is asked for, what is told on the way, and what becomes of streams that go wrong. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { streamedText } from '../../test/scripted-stream.ts'
import type { ReplyNews } from '../shared/reply-news.ts'
import type { Endpoint } from './endpoint.ts'
import { encodeMessage } from './exchange/encode-message.ts'
import { openEndpoint } from './open-endpoint.ts'
import type { EndpointOptions } from './open-endpoint.ts'

const usage = { prompt_tokens: 9, completion_tokens: 2 }
const whole = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'Seen: <answer>7</answer>' }, finish_reason: 'stop' }],
  usage,
}
const stream = streamedText(whole)
const half = stream.slice(0, stream.lastIndexOf('data:', stream.indexOf('7<')))

type Act = (response: ServerResponse, body: Record<string, unknown>) => void

const refuse =
  (status: number, error: object): Act =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
const send =
  (text: string, type = 'text/event-stream'): Act =>
  (response) =>
    void response.writeHead(200, { 'content-type': type }).end(text)
const sendWhole = send(JSON.stringify(whole), 'application/json')
const servesStreams: Act = (response, body) => (body.stream === true ? send(stream) : sendWhole)(response, body)

const opened: (() => void)[] = []
afterEach(() => opened.splice(0).forEach((close) => close()))

/** Acts in turn, the last one again and again. */
async function start(acts: readonly Act[], more: Partial<EndpointOptions> = {}) {
  const bodies: Record<string, unknown>[] = []
  const server: Server = createServer(async (request: IncomingMessage, response) => {
    if (request.method === 'GET') return response.end('{"data":[{"id":"vlm","owned_by":"x"}]}')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
    bodies.push(body)
    return acts[Math.min(bodies.length, acts.length) - 1]!(response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const endpoint = await openEndpoint({ baseUrl, backoffMs: 2, maxWaitMs: 20, timeoutMs: 30_000, ...more })
  opened.push(
    () => server.closeAllConnections(),
    () => server.close(),
    endpoint.close,
  )
  return { bodies, endpoint }
}

const messages = [encodeMessage({ role: 'user', content: 'Which digit?' })]

async function listen(endpoint: Endpoint, signal?: AbortSignal, heard: (news: ReplyNews) => void = () => {}) {
  const news: ReplyNews[] = []
  const onNews = (one: ReplyNews): void => {
    news.push(one)
    heard(one)
  }
  const { text, usage: counted } = await endpoint.complete(
    { model: 'vlm', messages, stop: ['</x>'] },
    { signal, onNews },
  )
  const told = news.map((one) => ('text' in one ? one.text : `(${one.next?.number ?? ''})`)).join('')
  return { text, counted, told, news }
}
const content = whole.choices[0]!.message.content
const counted = { promptTokens: 9, replyTokens: 2 }

test('a stream is asked for only where somebody listens, and gives the same reply', async () => {
  const { endpoint, bodies } = await start([servesStreams])
  const alone = await endpoint.complete({ model: 'vlm', messages })
  const heard = await listen(endpoint)
  expect(heard).toMatchObject({ text: alone.text, counted: alone.usage, told: content })
  expect(heard.news.length).toBeGreaterThan(2)
  expect(bodies.map(({ stream: asked, stream_options: more }) => [asked, more])).toEqual([
    [undefined, undefined],
    [true, { include_usage: true }],
  ])
})

describe('a server that does not stream is asked for whole replies', () => {
  const bare = refuse(500, { message: 'Internal Server Error' })
  test.each([
    ['that names the field', refuse(400, { message: "Unknown parameter: 'stream'.", param: 'stream' })],
    ['in words', refuse(400, { message: 'Streaming is not supported for this model.' })],
    ['as not implemented', refuse(501, { message: 'stream mode is not implemented' })],
    ['as a bare 500', bare],
    [
      'by an account',
      refuse(400, { message: 'Your organization must be verified to stream this model.', param: 'stream' }),
    ],
    ['by a stream without an end', send(half)],
    ['by a stream of something else', send('data: hello\n\ndata: [DONE]\n\n')],
  ])('%s', async (_, refused) => {
    const { endpoint, bodies } = await start([(response, body) => (body.stream ? refused : sendWhole)(response, body)])
    expect(await listen(endpoint)).toMatchObject({ text: content, counted })
    const tries = bodies.length
    expect(await listen(endpoint)).toMatchObject({ text: content })
    expect(bodies.length).toBe(tries + 1)
    expect(bodies.at(-1)).not.toHaveProperty('stream')
    expect(bodies.at(-1)).not.toHaveProperty('stream_options')
    expect(bodies.at(-1)).toHaveProperty('stop')
  })

  test('by cutting every stream off', async () => {
    const cutOff: Act = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(half, () => setImmediate(() => response.destroy()))
    }
    const { endpoint, bodies } = await start([
      (response, body) => (body['stream'] ? cutOff : sendWhole)(response, body),
    ])
    expect(await listen(endpoint)).toMatchObject({ text: content, counted })
    expect(bodies.map((body) => body['stream'])).toEqual([true, true, undefined])
    await listen(endpoint)
    expect(bodies.at(-1)).not.toHaveProperty('stream')
  })

  test('without its options alone where these are refused', async () => {
    const refused = refuse(400, { message: "Unrecognized request argument supplied: 'stream_options'" })
    const { endpoint, bodies } = await start([
      (response, body) => (body.stream_options ? refused : servesStreams)(response, body),
    ])
    expect(await listen(endpoint)).toMatchObject({ told: expect.stringContaining(content) })
    expect(bodies.at(-1)).toMatchObject({ stream: true })
  })

  test('or gives one unasked', async () => {
    const { endpoint } = await start([sendWhole])
    expect(await listen(endpoint)).toMatchObject({ text: content, told: '' })
  })
})

describe('a stream that goes wrong is asked for again, and what was told of it is void', () => {
  const cut: Act = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(half, () => setImmediate(() => response.destroy()))
  }
  const stuck: Act = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(half)
  }
  test.each([
    ['cut', cut, {}],
    ['stuck', stuck, { idleMs: 50 }],
    ['an error within', send(`${half}data: {"error":{"message":"CUDA error","code":500}}\n\n`), {}],
    [
      'the server broke it off',
      send(half + streamedText({ ...whole, choices: [{ ...whole.choices[0]!, finish_reason: 'abort' }] })),
      {},
    ],
    ['a status before it', refuse(503, { message: 'loading the model' }), {}],
  ])('%s', async (name, act, more) => {
    const { endpoint, bodies } = await start([act, servesStreams], more)
    const { text, told, news } = await listen(endpoint)
    expect(text).toBe(content)
    expect(told.endsWith(`(2)${content}`)).toBe(true)
    expect(told.startsWith('Seen: <')).toBe(name !== 'a status before it')
    expect(news.find(({ kind }) => kind === 'waiting')).toMatchObject({ next: { number: 2, of: 6 }, why: /./ })
    expect(bodies.map((body) => body.stream)).toEqual([true, true])
  })

  test('a refusal within a stream is a refusal', async () => {
    const full = { message: "This model's maximum context length is 100 tokens, and your prompt has 200.", code: 400 }
    const { endpoint } = await start([send(`data: ${JSON.stringify({ error: full })}\n\n`)])
    await expect(listen(endpoint)).rejects.toMatchObject({ code: 'context-length' })
  })
})

describe('a reply that is compressed though nobody asked for that', () => {
  const compressed =
    (encoding: string, bytes: Buffer): Act =>
    (response) =>
      void response.writeHead(200, { 'content-encoding': encoding }).end(bytes)

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('is read: %s', async (encoding, compress) => {
    const { endpoint } = await start([
      compressed(encoding, compress(stream)),
      compressed(encoding, compress(JSON.stringify(whole))),
    ])
    const told: ReplyNews[] = []
    const streamed = await endpoint.complete({ model: 'vlm', messages }, { onNews: (one) => void told.push(one) })
    expect([streamed.text, told.length > 0]).toEqual(['Seen: <answer>7</answer>', true])
    expect((await endpoint.complete({ model: 'vlm', messages })).text).toBe(streamed.text)
  })

  test('is asked for again where it is damaged, and bounded by what it unfolds to', async () => {
    const { bodies, endpoint } = await start([compressed('gzip', Buffer.from('no gzip')), sendWhole])
    expect((await endpoint.complete({ model: 'vlm', messages })).text).toContain('7')
    expect(bodies).toHaveLength(2)
    const bomb = await start([compressed('gzip', gzipSync(Buffer.alloc(20 * 2 ** 20, ' ')))])
    await expect(bomb.endpoint.complete({ model: 'vlm', messages })).rejects.toMatchObject({ code: 'reply-too-large' })
  })
})

test('a field that a server refuses before it writes is left out without a word', async () => {
  const { bodies, endpoint } = await start([
    refuse(400, { message: 'Unsupported parameter: stop', param: 'stop' }),
    servesStreams,
  ])
  const { news, text } = await listen(endpoint)
  expect(text).toBe(content)
  expect(bodies.map(({ stop }) => stop !== undefined)).toEqual([true, false])
  expect(news.map(({ kind }) => kind)).not.toContain('waiting')
})

test('a connection that stays open behind the end of the stream keeps nobody waiting', async () => {
  const { endpoint } = await start([
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(stream)
    },
  ])
  expect(await listen(endpoint)).toMatchObject({ text: content, counted })
})

test('a server that takes long before its first token is left alone', async () => {
  const { endpoint } = await start(
    [
      (response, body) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(': processing\n\ndata: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n')
        setTimeout(() => response.end(body.stream ? stream : ''), 120)
      },
    ],
    { idleMs: 10 },
  )
  expect(await listen(endpoint)).toMatchObject({ told: content })
})

test('an abort in the middle lets go of the server', async () => {
  let gone: () => void
  const left = new Promise<void>((resolve) => (gone = resolve))
  const { endpoint } = await start([
    (response) => {
      response.on('close', () => gone())
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(half)
    },
  ])
  const controller = new AbortController()
  const work = listen(endpoint, controller.signal, () => controller.abort())
  await expect(work).rejects.toMatchObject({ code: 'aborted' })
  await left
})
