/** The official client of OpenAI's against the endpoint, with the policy that ships. */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sampler } from '../../engine/engine.ts'
import { openEmbeddedSampler } from '../../policy/embedded/embedded-policy.ts'
import { drawScene } from '../../probe/draw.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { trajectorySchema } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { dataUrl, encodeJpeg, encodePng } from '../../vision/encode.ts'
import { openAsks } from '../api/asks.ts'
import { openPictures } from '../api/pictures.ts'
import type { Pictures } from '../api/pictures.ts'
import { askRoutes } from '../api/ask-routes.ts'
import { embeddedRoutes } from './embedded-routes.ts'
import { SearchQueue } from '../search-queue.ts'
import { startServer } from '../http/start-server.ts'
import type { RunningServer } from '../http/start-server.ts'

type Messages = OpenAI.Chat.ChatCompletionMessageParam[]

/** What the answer of a search carries beside OpenAI's fields. */
interface Extra {
  readonly mini_o3: { readonly end: string; readonly turns: number; readonly page: string; readonly trajectory: string }
}

const scene = makeScene(4, 'easy')
const { question } = makeProblem(scene)
const token = 'let-me-in-if-you-please'

let sampler: Sampler
let closeSampler: () => Promise<void>
let server: RunningServer
let client: OpenAI
let picture: string
let smallView: string
let pictures: Pictures

function onFault(error: unknown): never {
  throw error
}

async function open(queue: SearchQueue): Promise<{ server: RunningServer; client: OpenAI }> {
  const searchers = () => []
  const { signal } = new AbortController()
  const asks = openAsks({ searchers, pictures, queue, onFault, signal })
  const routes = {
    ...askRoutes({ searchers, pictures, asks, archives: false, signal }),
    ...embeddedRoutes(sampler, { queue, keep: asks.keep }),
  }
  const opened = await startServer({
    host: '127.0.0.1',
    port: 0,
    token,
    routes,
    onFault,
  })
  return { server: opened, client: new OpenAI({ baseURL: `${opened.url}/v1`, apiKey: token, maxRetries: 0 }) }
}

beforeAll(async () => {
  const opened = await openEmbeddedSampler({ workers: 1 })
  sampler = opened.sampler
  closeSampler = opened.close
  pictures = openPictures()
  ;({ server, client } = await open(new SearchQueue({ atOnce: 4, waiting: 4 })))
  picture = dataUrl(await encodeJpeg(drawScene(scene, [0, 0, 1, 1], { width: 768, height: 768 })), 'jpeg')
  smallView = dataUrl(await encodePng(drawScene(scene, [0, 0, 1, 1], { width: 64, height: 64 })), 'png')
})
afterAll(async () => {
  await server.close()
  await pictures.close()
  await closeSampler()
})

const asking = (text = question, url = picture): Messages => [
  {
    role: 'user',
    content: [
      { type: 'image_url', image_url: { url } },
      { type: 'text', text },
    ],
  },
]
type Search = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming
const searching = (): Search => ({ model: 'search:embedded', messages: asking(), seed: 3, temperature: 0 })

const authorization = `Bearer ${token}`

function reasoningOf(message: object): string {
  return (message as { reasoning_content?: string }).reasoning_content ?? ''
}

async function trajectoryOf({ mini_o3: { trajectory } }: Extra): Promise<Trajectory> {
  const page = await fetch(trajectory, { headers: { authorization: `Bearer ${token}` } })
  return trajectorySchema.parse(await page.json())
}

test('the models, and a turn of the embedded policy, whole and streamed', async () => {
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['embedded', 'search:embedded'])
  const request = { model: 'embedded', messages: asking(question, smallView), seed: 1, temperature: 0 }
  const whole = await client.chat.completions.create(request)
  const { content } = whole.choices[0]!.message
  expect(content).toMatch(/<\/(grounding|answer)>$/)

  const stream = client.chat.completions.stream({ ...request, stream_options: { include_usage: true } })
  const streamed = await stream.finalChatCompletion()
  expect(streamed.choices[0]!.message.content).toBe(content)
  expect(streamed.choices[0]!.finish_reason).toBe('stop')
  expect(streamed.usage).toEqual(whole.usage)
})

describe('search:embedded', () => {
  test('searches to the end within one completion; the trajectory can be read', async () => {
    const found = await client.chat.completions.create(searching())
    const extra = found as unknown as Extra
    const trajectory = await trajectoryOf(extra)
    expect(trajectory.end).toBe('answered')
    expect(extra.mini_o3).toMatchObject({ end: 'answered', turns: trajectory.turns.length })
    expect(found.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: trajectory.answer } })
    expect(trajectory.answer).toMatch(/^\d$/)
    const { promptTokens, replyTokens } = trajectory.usage
    expect(found.usage).toMatchObject({ prompt_tokens: promptTokens, completion_tokens: replyTokens })
    expect(trajectory.picture).toMatchObject({ width: 768, height: 768 })
    // What the page asks for: the search as news, and its pictures.
    const [, ask] = /^http:\/\/127\.0\.0\.1:\d+\/#\/(ask\/[\w-]+)$/.exec(extra.mini_o3.page)!
    const headers = { authorization: `Bearer ${token}` }
    const news = await fetch(`${server.url}/api/${ask!.replace('ask', 'asks')}/events`, { headers })
    expect(await news.text()).toMatch(/^id: 0\ndata: \{"sample":0,"kind":"ended"/)
    const view = await fetch(`${server.url}/api/${ask!.replace('ask', 'asks')}/view?observation=1`, { headers })
    expect(view.headers.get('content-type')).toMatch(/^image\//)
  })

  test('streamed: a thought for every turn, then the answer, then how it ended', async () => {
    const whole = await client.chat.completions.create(searching())
    const reasonings: string[] = []
    let content = ''
    let extra: Extra['mini_o3'] | undefined
    let tokens: number | undefined
    for await (const chunk of await client.chat.completions.create({
      ...searching(),
      stream: true,
      stream_options: { include_usage: true },
    })) {
      const delta = chunk.choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined
      if (delta?.reasoning_content !== undefined) {
        expect(content).toBe('')
        reasonings.push(delta.reasoning_content)
      }
      content += delta?.content ?? ''
      extra = (chunk as Partial<Extra>).mini_o3 ?? extra
      tokens = chunk.usage?.total_tokens ?? tokens
    }
    expect(content).toBe(whole.choices[0]!.message.content)
    const { end, turns } = (whole as unknown as Extra).mini_o3
    expect(extra).toMatchObject({ end, turns })
    expect(reasonings.length).toBe(extra!.turns)
    expect(reasonings[0]).toMatch(/^Turn 1\. /)
    expect(reasonings.slice(0, -1).every((text) => /Zooms into|did not work/.test(text))).toBe(true)
    expect(tokens).toBe(whole.usage!.total_tokens)
  })

  test('a limit on turns is an end, said as such', async () => {
    const short = { ...searching(), max_turns: 1 }
    const cut = await client.chat.completions.create(short as Search)
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } })
    expect((cut as unknown as Extra).mini_o3).toMatchObject({ end: 'over-turn', turns: 1 })
  })
})

test('a model is found by its name', async () => {
  expect(await client.models.retrieve('search:embedded')).toMatchObject({ id: 'search:embedded', object: 'model' })
  expect((await fetch(`${server.url}/v1/models/search:embedded`, { headers: { authorization } })).status).toBe(200)
  await expect(client.models.retrieve('gpt')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test('several choices are searches of their own seeds, whole and streamed', async () => {
  const request = { ...searching(), temperature: 5, max_turns: 3 } as Search
  const alone: string[] = []
  for (const seed of [3, 4]) {
    const { choices } = await client.chat.completions.create({ ...request, seed })
    alone.push(reasoningOf(choices[0]!.message))
  }
  expect(alone[0]).not.toBe(alone[1])
  const both = await client.chat.completions.create({ ...request, n: 2 })
  expect(both.choices.map(({ index }) => index)).toEqual([0, 1])
  expect(both.choices.map(({ message }) => reasoningOf(message))).toEqual(alone)
  const pages = both.choices.map((choice) => (choice as unknown as Extra).mini_o3.page)
  expect(new Set(pages).size).toBe(2)
  const streamed = ['', '']
  for await (const chunk of await client.chat.completions.create({ ...request, n: 2, stream: true })) {
    for (const { index, delta } of chunk.choices) streamed[index] += reasoningOf(delta)
  }
  expect(streamed).toEqual(alone)
})

describe('responses', () => {
  const request = (): OpenAI.Responses.ResponseCreateParamsNonStreaming => ({
    model: 'search:embedded',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: question },
          { type: 'input_image', image_url: picture, detail: 'auto' },
        ],
      },
    ],
    temperature: 0,
  })

  test('a search is a response: its turns are reasoning, its answer the text', async () => {
    const chat = await client.chat.completions.create(searching())
    const found = await client.responses.create(request())
    expect(found).toMatchObject({
      object: 'response',
      status: 'completed',
      output_text: chat.choices[0]!.message.content,
    })
    expect(found.output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    const [thought] = found.output as [OpenAI.Responses.ResponseReasoningItem]
    expect(thought.summary[0]!.text).toBe(reasoningOf(chat.choices[0]!.message))
    expect(found.usage!.total_tokens).toBe(chat.usage!.total_tokens)
    expect(await trajectoryOf(found as unknown as Extra)).toMatchObject({ end: 'answered' })
  })

  test("streamed, the client's own bookkeeping puts the same response together", async () => {
    const whole = await client.responses.create(request())
    const stream = client.responses.stream(request() as object)
    const types: string[] = []
    const numbers: number[] = []
    for await (const event of stream) {
      types.push(event.type)
      numbers.push(event.sequence_number)
    }
    const streamed = await stream.finalResponse()
    expect(streamed.output_text).toBe(whole.output_text)
    expect(streamed.usage).toEqual(whole.usage)
    expect(types.slice(0, 3)).toEqual(['response.created', 'response.in_progress', 'response.output_item.added'])
    expect(types.at(-1)).toBe('response.completed')
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  test('a search that meets its limit is incomplete, and says of what cannot be asked why', async () => {
    const cut = await client.responses.create({ ...request(), max_turns: 1 } as never)
    expect(cut).toMatchObject({ status: 'incomplete', output_text: '' })
    for (const more of [{ model: 'gpt' }, { previous_response_id: 'resp_1' }, { input: 'Hello' }]) {
      const error: unknown = await client.responses.create({ ...request(), ...more }).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(OpenAI.APIError)
    }
  })
})

test.each([
  ['POST', '/chat/completions'],
  ['POST', '/responses'],
  ['POST', '/v1/completions'],
  ['POST', '/v1/embeddings'],
  ['GET', '/v1/nope'],
])('%s %s says what there is', async (method, path) => {
  const body = method === 'GET' ? {} : { body: '{}' }
  const answer = await fetch(server.url + path, { method, ...body, headers: { authorization } })
  expect([answer.status, await answer.json()]).toEqual([
    404,
    {
      error: { code: 'not_found', type: 'invalid_request_error', param: null, message: expect.stringContaining('/v1') },
    },
  ])
})

test.each(['/v1/chat/completions/', '/v1//chat/completions', '/v1/chat//completions//'])(
  '%s is the path that is meant',
  async (path) => {
    const answer = await fetch(server.url + path, { method: 'POST', body: '{}', headers: { authorization } })
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('model: ')])
  },
)

test('a path that exists with another method names it', async () => {
  const answer = await fetch(`${server.url}/v1/chat/completions`, { headers: { authorization } })
  expect([answer.status, await answer.text()]).toEqual([405, expect.stringContaining('POST /v1/chat/completions')])
})

describe('errors come as the client knows them', () => {
  const refused = (more: object) =>
    client.chat.completions.create({ ...searching(), ...more } as Search).catch((error: unknown) => error)

  test.each<[string, () => object, unknown, string]>([
    ['another model', () => ({ model: 'gpt' }), OpenAI.NotFoundError, 'model_not_found'],
    [
      'no picture',
      () => ({ messages: [{ role: 'user', content: question }] }),
      OpenAI.BadRequestError,
      'invalid_messages',
    ],
    ['no question', () => ({ messages: asking(' ') }), OpenAI.BadRequestError, 'invalid_messages'],
    [
      'a picture elsewhere',
      () => ({ messages: asking(question, 'http://127.0.0.1:1/a.png') }),
      OpenAI.BadRequestError,
      'invalid_image_url',
    ],
    ['a question of its own', () => ({ messages: asking('What is it?') }), OpenAI.BadRequestError, 'question-unknown'],
    [
      'no picture in the URL',
      () => ({ messages: asking(question, 'data:image/png;base64,AAAA') }),
      OpenAI.BadRequestError,
      'picture-not-an-image',
    ],
    [
      'a stream that cannot be',
      () => ({ messages: asking('Why?'), stream: true }),
      OpenAI.BadRequestError,
      'question-unknown',
    ],
  ])('%s', async (_, more, kind, code) => {
    const error = await refused(more())
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ code })
  })

  test('a wrong key', async () => {
    const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'wrong', maxRetries: 0 })
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  })

  test('a bomb of a picture is refused by its header', async () => {
    const header = Buffer.from(await encodePng({ width: 1, height: 1, data: new Uint8Array(3) }))
    header.writeUInt32BE(60_000, 16)
    header.writeUInt32BE(60_000, 20)
    const error = await refused({ messages: asking(question, dataUrl(header, 'png')) })
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect((error as { code: string }).code).toMatch(/^picture-/)
  })
})

describe('many at once', () => {
  test('64 asks: each is answered, or told to wait', async () => {
    const asks = Array.from({ length: 64 }, (_, seed) =>
      client.chat.completions.create({ ...searching(), seed, temperature: 1, max_turns: 4 } as Search).then(
        (found) => ({ end: (found as unknown as Extra).mini_o3.end }),
        (error: unknown) => error,
      ),
    )
    const results = await Promise.all(asks)
    const waits = results.filter((result) => result instanceof OpenAI.RateLimitError)
    const answered = results.filter((result) => !(result instanceof Error))
    expect([answered.length + waits.length, waits.length > 0]).toEqual([64, true])
    expect(answered.length).toBeGreaterThanOrEqual(8)
    for (const wait of waits) expect(Number(wait.headers?.get('retry-after'))).toBeGreaterThanOrEqual(1)
    // There is room again.
    expect((await client.chat.completions.create(searching())).choices).toHaveLength(1)
  })

  test('a client that goes, searching or waiting, makes room', async () => {
    const queue = new SearchQueue({ atOnce: 1, waiting: 1 })
    const narrow = await open(queue)
    const leave = new AbortController()
    const long = { ...searching(), temperature: 10, max_turns: 60 }
    const going = Array.from({ length: 2 }, () =>
      narrow.client.chat.completions.create(long as Search, { signal: leave.signal }).catch(() => 'gone'),
    )
    await expect.poll(() => queue.waiting, { interval: 5 }).toBe(1)
    await expect(narrow.client.chat.completions.create(searching())).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    leave.abort()
    expect(await Promise.all(going)).toEqual(['gone', 'gone'])
    await expect.poll(() => queue.waiting, { interval: 5 }).toBe(0)
    expect((await narrow.client.chat.completions.create(searching())).choices).toHaveLength(1)
    await narrow.server.close()
  })
})
