/** The official MCP client against the tools: in memory, and over HTTP. Pictures are real, so is the policy. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedSampler } from '../../policy/embedded/embedded-policy.ts'
import type { Policy } from '../../policy/policy.ts'
import { drawScene } from '../../probe/draw.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { pixelBox } from '../../protocol/box.ts'
import { profiles } from '../../protocol/profile.ts'
import { dataUrl, encodePng } from '../../vision/encode.ts'
import { openPicture } from '../../vision/open.ts'
import { embeddedSearcher, usualQueue } from '../openai/embedded-routes.ts'
import { mcpRefusal, mcpRoutes } from './routes.ts'
import { mcpServer } from './server.ts'
import type { Searcher, SentSearch } from '../searcher.ts'
import { SearchQueue } from '../search-queue.ts'
import { startServer } from '../http/start-server.ts'
import type { RunningServer } from '../http/start-server.ts'

const scene = makeScene(4, 'easy')
const { question } = makeProblem(scene)
const pixels = drawScene(scene, [0, 0, 1, 1], { width: 768, height: 768 })
const faults: unknown[] = []
const onFault = (error: unknown): void => void faults.push(error)

const kept: SentSearch[] = []
const keep = async (search: SentSearch) => {
  kept.push(search)
  return { page: '/#/ask/1', trajectory: '/api/asks/1/trajectory' }
}

let folder: string
let file: string
let url: string
let searcher: Searcher
let closeSampler: () => Promise<void>
let server: RunningServer
beforeAll(async () => {
  const png = await encodePng(pixels)
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-mcp-'))
  file = join(folder, 'scene.png')
  url = dataUrl(png, 'png')
  await writeFile(file, png)
  const { sampler, close } = await openEmbeddedSampler({ workers: 1 })
  closeSampler = close
  searcher = embeddedSearcher(sampler, new SearchQueue(usualQueue))
  const refusals = { '/mcp': mcpRefusal }
  const routes = mcpRoutes({ searcher, keep, onFault })
  server = await startServer({ host: '127.0.0.1', port: 0, routes, refusals, onFault })
})
afterAll(async () => {
  await server.close()
  await closeSampler()
  await rm(folder, { recursive: true })
})

async function connected(transport: Transport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  return client
}

async function inMemory(from: Searcher = searcher): Promise<Client> {
  const [near, far] = InMemoryTransport.createLinkedPair()
  await mcpServer({ searcher: from, files: true, onFault }).connect(far)
  return connected(near)
}

const overHttp = (): Promise<Client> => connected(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)))

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<CallToolResult> {
  return (await client.callTool({ name, arguments: args })) as CallToolResult
}

const words = ({ content }: CallToolResult) => content.flatMap((one) => (one.type === 'text' ? [one.text] : []))
const pictures = ({ content }: CallToolResult) =>
  content.flatMap((one) => (one.type === 'image' ? [Buffer.from(one.data, 'base64')] : []))

describe.each([
  ['in memory', () => inMemory(), () => file],
  ['over HTTP', overHttp, () => url],
])('%s', (_, open, image) => {
  test('the tools say what they take', async () => {
    const client = await open()
    const { tools } = await client.listTools()
    expect(tools.map(({ name, inputSchema }) => [name, inputSchema.required])).toEqual([
      ['visual_search', ['image', 'question']],
      ['zoom', ['image', 'box']],
    ])
    await client.close()
  })

  test('a search brings the answer and its crops', async () => {
    const client = await open()
    const found = await call(client, 'visual_search', { image: image(), question })
    const { answer, end, turns, boxes } = found.structuredContent as {
      answer: string
      end: string
      turns: number
      boxes: number[][]
    }
    expect(end).toBe('answered')
    expect(words(found)[0]).toBe(answer)
    expect(boxes.length).toBeGreaterThan(0)
    expect(boxes.length).toBeLessThan(turns)
    const crops = pictures(found)
    expect(crops.length).toBe(Math.min(8, boxes.length))
    for (const crop of crops) expect((await openPicture(crop)).width).toBeGreaterThan(64)
    await client.close()
  })

  test('a zoom shows the very pixels', async () => {
    const client = await open()
    const zoomed = await call(client, 'zoom', { image: image(), box: [0.25, 0.5, 0.75, 1] })
    expect(words(zoomed)).toEqual(['384 x 384 pixels at [192, 384, 576, 768] of 768 x 768'])
    const crop = await openPicture(pictures(zoomed)[0]!)
    expect([crop.width, crop.height]).toEqual([384, 384])
    const at = pixelBox(100, 100, 101, 101)
    const { data } = await crop.region(at, { width: 1, height: 1 }, 'nearest')
    const offset = ((384 + 100) * 768 + 192 + 100) * 3
    for (const channel of [0, 1, 2]) expect(Math.abs(data[channel]! - pixels.data[offset + channel]!)).toBeLessThan(24)
    await client.close()
  })
})

describe('mistakes are results that say what to do', () => {
  test.each([
    ['no such file', 'zoom', { image: 'nowhere.png', box: [0, 0, 1, 1] }, /no file nowhere\.png/],
    ['no picture', 'zoom', { image: 'data:image/png;base64,AAAA', box: [0, 0, 1, 1] }, /not a picture/],
    ['an empty box', 'zoom', { box: [0.5, 0.5, 0.5, 0.9] }, /box|width/i],
    ['a box outside', 'zoom', { box: [0, 0, 2, 1] }, /box/],
    ['a box of three', 'zoom', { box: [0, 0, 1] }, /box/],
    ['no question', 'visual_search', { question: ' ' }, /question/],
    ['a question of its own', 'visual_search', { question: 'What is it?' }, /only knows generated scenes/],
    ['another tool', 'enhance', {}, /enhance/],
  ])('%s', async (_, name, args, message) => {
    const client = await inMemory()
    const result = await call(client, name, { image: file, ...args })
    expect([result.isError, words(result).join()]).toEqual([true, expect.stringMatching(message)])
    await client.close()
  })

  test.each([
    ['a folder', { image: tmpdir() }, /not a file/],
    ['a picture elsewhere', { image: 'data:text/html;base64,AAAA' }, /not a picture/],
    ['an address', { image: 'https://example.com/a.jpg' }, /not fetched/],
    ['a file of another machine', { image: 'file://elsewhere/a.jpg' }, /is not the URL of a file/],
    ['corners the wrong way round', { box: [0.9, 0.9, 0.1, 0.1] }, /box|x0|left/i],
    ['words for a box', { box: ['a', 0, 1, 1] }, /box/],
  ])('%s', async (_, args, message) => {
    const client = await inMemory()
    const result = await call(client, 'zoom', { image: file, box: [0, 0, 1, 1], ...args })
    expect([result.isError, words(result).join()]).toEqual([true, expect.stringMatching(message)])
    await client.close()
  })

  test.each([0, 101, 1.5, 'ten'])('%j turns', async (turns) => {
    const client = await inMemory()
    const result = await call(client, 'visual_search', { image: file, question, max_turns: turns })
    expect([result.isError, words(result).join()]).toEqual([true, expect.stringMatching(/max_turns/)])
    await client.close()
  })

  test('what is no message of the protocol, over HTTP', async () => {
    const post = (body: string) => fetch(`${server.url}/mcp`, { method: 'POST', body, headers: accepted })
    const accepted = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }
    const bodies: [string, number][] = [
      ['{', 400],
      ['{"jsonrpc":"2.0"}', 400],
      ['"text"', 400],
      ['['.repeat(200), 400],
      [`"${'x'.repeat(33 * 1024 ** 2)}"`, 413],
    ]
    for (const [body, status] of bodies) {
      const response = await post(body)
      expect([body.slice(0, 20), response.status]).toEqual([body.slice(0, 20), status])
      const refusal = {
        jsonrpc: '2.0',
        id: null,
        error: { message: expect.any(String) as string, code: expect.any(Number) as number },
      }
      expect(await response.json()).toMatchObject(refusal)
    }
    expect((await fetch(`${server.url}/mcp`)).status).toBe(405)
  })

  test('a path over HTTP', async () => {
    const client = await overHttp()
    const result = await call(client, 'zoom', { image: file, box: [0, 0, 1, 1] })
    expect([result.isError, words(result).join()]).toEqual([true, expect.stringMatching(/data: URL/)])
    await client.close()
  })

  test('a long path, of which only the start is repeated', async () => {
    const client = await inMemory(searcher)
    const result = await call(client, 'zoom', { image: 'x'.repeat(500_000), box: [0, 0, 1, 1] })
    expect([result.isError, words(result).join().length < 10_000]).toEqual([true, true])
    await client.close()
  })

  test('a full queue', async () => {
    const client = await inMemory({ ...searcher, queue: new SearchQueue({ atOnce: 0, waiting: 0 }) })
    const result = await call(client, 'visual_search', { image: file, question })
    expect([result.isError, words(result).join()]).toEqual([true, expect.stringMatching(/Try again/)])
    await client.close()
  })

  test('a fault of ours is told to the terminal only', async () => {
    const broken = new Error('a secret of the house')
    const client = await inMemory({
      ...searcher,
      policy: () => {
        throw broken
      },
    })
    const result = await call(client, 'visual_search', { image: file, question })
    expect([result.isError, words(result).join()]).toEqual([true, expect.not.stringContaining('secret')])
    expect(faults).toEqual([broken])
    await client.close()
  })
})

test('a file may be named by its file: URL', async () => {
  const client = await inMemory()
  const zoomed = await call(client, 'zoom', { image: pathToFileURL(file).href, box: [0, 0, 1, 1] })
  expect(words(zoomed)).toEqual(['768 x 768 pixels at [0, 0, 768, 768] of 768 x 768'])
  await client.close()
})

test('over HTTP a search is kept, and its result links the page', async () => {
  const client = await overHttp()
  const found = await call(client, 'visual_search', { image: url, question, max_turns: 1 })
  expect(found.structuredContent).toMatchObject({ page: `${server.url}/#/ask/1` })
  expect(words(found).at(-1)).toBe(`Turn by turn: ${server.url}/#/ask/1`)
  expect(kept.at(-1)!.trajectory).toMatchObject({ maxTurns: 1, problem: { question } })
  expect(dataUrl(kept.at(-1)!.pictures[0]!.encoded, 'png')).toBe(url)
  await client.close()
})

test.each([
  ['in memory', () => inMemory(), () => file],
  ['over HTTP', overHttp, () => url],
])('whoever asks for progress hears of every turn, %s', async (_, open, image) => {
  const client = await open()
  const turns: string[] = []
  const args = { name: 'visual_search', arguments: { image: image(), question } }
  const found = await client.callTool(args, undefined, { onprogress: ({ message }) => turns.push(message!) })
  expect(turns.length).toBe((found.structuredContent as { turns: number }).turns)
  expect(turns[0]).toMatch(/^Turn 1\. /)
  await client.close()
})

test('the description tells who searches, and what it knows', async () => {
  const client = await overHttp()
  const { tools } = await client.listTools()
  expect(tools[0]!.description).toMatch(/Policy: embedded\. The embedded policy only knows generated scenes/)
  await client.close()
})

/** Looks into the picture eight times, and writes more than anybody reads. */
const talker: Policy = {
  name: 'talker',
  open: () => ({
    take: async (_, { turn }) => ({
      text: turn > 8 ? `<answer>${'9'.repeat(50_000)}</answer>` : noisyLook(turn),
      finish: 'stop',
      usage: { promptTokens: 1, imageTokens: 0, replyTokens: 1 },
    }),
    close: () => {},
  }),
}

function noisyLook(turn: number): string {
  const left = turn / 20
  const box = `[${left}, ${left}, ${left + 0.5}, ${left + 0.5}]`
  return `<think>${'so '.repeat(20_000)}</think><grounding>{"bbox_2d": ${box}, "source": "original_image"}</grounding>`
}

test('a result stays below a megabyte, and so does each message of progress, whatever picture and policy', async () => {
  const side = 2400
  const noise = await encodePng({ width: side, height: side, data: new Uint8Array(randomBytes(side * side * 3)) })
  const image = join(folder, 'noise.png')
  await writeFile(image, noise)
  const chatty = { ...searcher, profile: profiles.default, check: () => {}, policy: () => talker }
  const client = await inMemory(chatty)
  const longest = { message: 0 }
  const found = await client.callTool({ name: 'visual_search', arguments: { image, question } }, undefined, {
    onprogress: ({ message }) => (longest.message = Math.max(longest.message, message!.length)),
  })
  expect(pictures(found as CallToolResult)).toHaveLength(8)
  expect(JSON.stringify(found).length).toBeLessThan(900_000)
  expect(longest.message).toBeLessThan(10_000)
  const zoomed = await call(client, 'zoom', { image, box: [0, 0, 1, 1] })
  expect(pictures(zoomed)).toHaveLength(1)
  expect(JSON.stringify(zoomed).length).toBeLessThan(900_000)
  await client.close()
})

test('who gives up makes room, which is not a fault', async () => {
  const before = faults.length
  const queue = new SearchQueue({ atOnce: 1, waiting: 0 })
  const client = await inMemory({ ...searcher, queue })

  const leave = new AbortController()
  const going = client.callTool({ name: 'visual_search', arguments: { image: file, question } }, undefined, {
    signal: leave.signal,
    onprogress: () => leave.abort(),
  })
  await expect(going).rejects.toThrow(/abort/i)
  await expect
    .poll(async () => (await call(client, 'visual_search', { image: file, question, max_turns: 1 })).isError)
    .not.toBe(true)
  expect(faults).toHaveLength(before)
  await client.close()
})
