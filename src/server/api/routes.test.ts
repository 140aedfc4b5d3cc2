/** What the pages ask of the server, over real sockets with the policy that ships. */
import { request } from 'node:http'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedSampler } from '../../policy/embedded/embedded-policy.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { openAsks } from './asks.ts'
import { openPictures } from './pictures.ts'
import type { Pictures } from './pictures.ts'
import { askRoutes } from './ask-routes.ts'
import { openRuns } from '../runs/runs.ts'
import { runRoutes } from './run-routes.ts'
import type { AskEvent, AskRequest, ErrorBody, RunDetails, RunFigures, RunRow, Setup } from './types.ts'
import { embeddedSearcher } from '../openai/embedded-routes.ts'
import type { Routes } from '../http/router.ts'
import { AbortedError } from '../../shared/errors.ts'
import { sharedCache } from '../../vision/cache.ts'
import { SearchQueue } from '../search-queue.ts'
import { startServer } from '../http/start-server.ts'
import type { RunningServer } from '../http/start-server.ts'

const stop = new AbortController()
const faults: unknown[] = []
let embedded: Awaited<ReturnType<typeof openEmbeddedSampler>>
let pictures: Pictures
let server: RunningServer
let routes: Routes
let folder: string
let ended: Trajectory

beforeAll(async () => {
  embedded = await openEmbeddedSampler({})
  folder = await mkdtemp(join(tmpdir(), 'api-'))
  const queue = new SearchQueue({ atOnce: 2, waiting: 2 })
  const all = [embeddedSearcher(embedded.sampler, queue)]
  const searchers = () => all
  pictures = openPictures()
  const runs = join(folder, 'runs')
  const { signal } = stop
  const onFault = (error: unknown): void => void faults.push(error)
  const asks = openAsks({ searchers, pictures, queue, onFault, signal })
  routes = { ...askRoutes({ searchers, pictures, asks, archives: false, signal }), ...runRoutes(openRuns(runs)) }
  server = await startServer({ host: '127.0.0.1', port: 0, routes, onFault })
})
afterAll(async () => {
  stop.abort()
  await server.close()
  await embedded.close()
  await pictures.close()
  await rm(folder, { recursive: true, force: true })
})

const url = (path: string): string => `${server.url}${path}`
const json = async <T>(path: string): Promise<T> => (await (await fetch(url(path))).json()) as T
const post = (path: string, body: unknown): Promise<Response> =>
  fetch(url(path), { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
const upload = (body: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(url('/api/pictures'), { method: 'POST', body, headers: { 'content-type': 'image/png' } })
const refusal = async (response: Response): Promise<readonly [number, string]> => [
  response.status,
  ((await response.json()) as ErrorBody).error.code,
]

/** A small file that unpacks to a picture of that size. */
function pngOf(width: number, height: number): Uint8Array<ArrayBuffer> {
  const chunk = (name: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(name), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, check])
  }
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]) // one bit a pixel, grey
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  const rows = deflateSync(Buffer.alloc(height * (Math.ceil(width / 8) + 1)))
  const parts = [chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]
  return new Uint8Array(Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]))
}

// Made before the server listens: seconds of deflating on a busy machine are enough for it to drop the connection that is kept open.
const bomb = pngOf(30_000, 30_000)

async function easyAsk(): Promise<AskRequest> {
  const { scenes } = await json<Setup>('/api/setup')
  const scene = scenes.find(({ level }) => level === 'easy')!
  return { picture: scene.id, question: scene.question, policy: 'embedded', maxTurns: 6, samples: 1 }
}

/** Those that are kept: each has an id. */
async function news(id: string, headers: Record<string, string> = {}): Promise<AskEvent[]> {
  const text = await (await fetch(url(`/api/asks/${id}/events`), { headers })).text()
  return [...text.matchAll(/^id: \d+\ndata: (\{"sample".*)$/gm)].map(([, data]) => JSON.parse(data!) as AskEvent)
}

describe('asking', () => {
  test('a scene is searched to its answer, judged, and its pictures are there', async () => {
    const { id } = (await (await post('/api/asks', await easyAsk())).json()) as { id: string }
    const events = await news(id)
    expect(events.map(({ kind }) => kind).slice(0, 3)).toEqual(['began', 'observed', 'acted'])
    const last = events.at(-1)!
    expect(last.kind).toBe('ended')
    ended = (last as { trajectory: Trajectory }).trajectory
    expect(ended.end).toBe('answered')
    expect(ended.verdict?.kind).toMatch(/correct|wrong/)
    // Who comes again gets what was missed, and no more.
    expect(await news(id, { 'last-event-id': '0' })).toEqual(events.slice(1))
    for (const last of ['-1', '1.5', '1e9', 'abc', String(events.length)]) {
      const refused = await fetch(url(`/api/asks/${id}/events`), { headers: { 'last-event-id': last } })
      expect([last, ...(await refusal(refused))]).toEqual([last, 400, 'bad_event_id'])
    }
    const view = await sharp(await (await fetch(url(`/api/asks/${id}/view?observation=0`))).arrayBuffer()).metadata()
    expect([view.format, view.width, view.height]).toEqual(['png', 64, 64])
    const region = await fetch(url(`/api/asks/${id}/region?box=0,0,400,200&side=100`))
    const { width, height } = await sharp(await region.arrayBuffer()).metadata()
    expect([width, height]).toEqual([100, 50])
    expect(await refusal(await fetch(url(`/api/asks/${id}/region?box=0,0,9999,10`)))).toEqual([400, 'bad_region'])
  })

  test('regions may be kept by a browser where their address names the picture by its hash, and nothing else may', async () => {
    const { id } = (await (await post('/api/asks', await easyAsk())).json()) as { id: string }
    const [{ search }] = (await news(id)) as [Extract<AskEvent, { kind: 'began' }>]
    const { sha256 } = search.picture
    const caching = async (path: string) => (await fetch(url(path))).headers.get('cache-control')
    const kept = 'private, max-age=31536000, immutable'
    expect(await caching(`/api/asks/${id}/region?side=50&picture=${sha256}`)).toBe(kept)
    expect(await caching(`/api/pictures/${sha256}/region?side=50`)).toBe(kept)
    for (const path of [
      `asks/${id}/region?side=50`,
      `asks/${id}/region?side=50&picture=${'0'.repeat(64)}`,
      `asks/${id}/view?observation=0&picture=${sha256}`,
      'pictures/scene-1/region?side=50',
      'setup',
      `asks/${id}/trajectory`,
    ]) {
      expect([path, await caching(`/api/${path}`)]).toEqual([path, 'no-store'])
    }
  })

  test('more searches than the queue holds are told to come again', async () => {
    const response = await post('/api/asks', { ...(await easyAsk()), samples: 5 })
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refusal(response)).toEqual([429, 'busy'])
    // Nothing of it was begun: what fits is still taken.
    const { id } = (await (await post('/api/asks', { ...(await easyAsk()), samples: 3 })).json()) as { id: string }
    await post(`/api/asks/${id}/stop`, {})
    expect((await news(id)).at(-1)!.kind).toMatch(/broken|ended/)
  })

  test.each([
    [{ question: ' ' }, 'invalid_request'],
    [{ maxTurns: 0 }, 'invalid_request'],
    [{ policy: 'chat:other' }, 'invalid_request'],
    [{ baseUrl: 'http://evil.example' }, 'invalid_request'],
    [{ question: 'What is this?' }, 'question-unknown'],
  ])('%j is refused', async (change, code) => {
    expect(await refusal(await post('/api/asks', { ...(await easyAsk()), ...change }))).toEqual([400, code])
  })

  test('pages of other sites are kept out', async () => {
    const status = (headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = request(url('/api/runs'), { headers }, (response) => resolve(response.resume().statusCode!))
        asked.on('error', reject).end()
      })
    expect(await status({})).toBe(200)
    expect(await status({ host: 'evil.example' })).toBe(403)
    expect(await status({ origin: 'http://evil.example' })).toBe(403)
  })
})

describe('pictures', () => {
  test('an upload can be looked at; text is none', async () => {
    const white = { create: { width: 300, height: 200, channels: 3, background: '#fff' } } as const
    const png = await sharp(white).png().toBuffer()
    const answer = (await (await upload(new Uint8Array(png))).json()) as { id: string; width: number }
    expect(answer.width).toBe(300)
    expect((await fetch(url(`/api/pictures/${answer.id}/region?side=50`))).headers.get('content-type')).toBe(
      'image/jpeg',
    )
    expect(await refusal(await upload(new TextEncoder().encode('<svg onload="alert(1)"/>')))).toEqual([
      400,
      'picture-not-an-image',
    ])
    expect(await refusal(await fetch(url('/api/pictures/..%2F..%2Fetc/region')))).toEqual([404, 'no_picture'])
  })

  test('of a client that has left is not decoded', async () => {
    const png = await sharp({ create: { width: 30, height: 20, channels: 3, background: '#123' } })
      .png()
      .toBuffer()
    const before = sharedCache.decodes
    const sent = { headers: { 'content-type': 'image/png' }, url: '/api/pictures', signal: AbortSignal.abort() }
    const upload = async (): Promise<unknown> =>
      routes['POST /api/pictures']!(png, { ...sent, explain: () => expect.unreachable() })
    await expect(upload()).rejects.toThrow(AbortedError)
    expect(sharedCache.decodes).toBe(before)
  })

  test('a bomb is refused by its header, and what announces to be too long before it is sent', async () => {
    expect(await refusal(await upload(bomb))).toEqual([400, 'picture-too-large'])
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'image/png', 'content-length': String(2 * 1024 ** 3) }
      const sent = request(url('/api/pictures'), { method: 'POST', agent: false, headers }, (response) => {
        resolve(response.statusCode)
        sent.destroy()
      })
      sent.on('error', reject)
      sent.write('x')
    })
    expect(status).toBe(413)
  })
})

describe('runs', () => {
  const line = (change: Partial<Trajectory>): string => `${JSON.stringify({ ...ended, ...change })}\n`
  const log = (name: string): string => join(folder, 'runs', name, 'trajectories.jsonl')

  test('a long run comes in parts: 500 searches, then 2,000 at a time', async () => {
    await mkdir(join(folder, 'runs', 'long'), { recursive: true })
    await writeFile(join(folder, 'runs', 'long', 'config.json'), '{"command":"eval","maxTurns":6}')
    const lines = Array.from({ length: 3001 }, (_, sampleIndex) => line({ sampleIndex, turns: [], observations: [] }))
    await writeFile(log('long'), lines.join(''))
    // The first ones come before the log has been read to its end, and so does a search among them.
    const first = await json<RunDetails>('/api/runs/long')
    expect(first.items.map(({ index }) => index)).toEqual(Array.from({ length: 500 }, (_, index) => index))
    expect(await json<Trajectory>('/api/runs/long/items/7')).toMatchObject({ sampleIndex: 7 })
    let known: RunDetails = first
    const items = [...first.items]
    while (items.length < known.total || known.read !== undefined) {
      known = await json<RunDetails>(`/api/runs/long?after=${items.length}&log=${first.log}`)
      expect(known.items.length).toBeLessThanOrEqual(2000)
      expect(known.read ?? 1).toBeLessThanOrEqual(1)
      items.push(...known.items)
    }
    expect(items.map(({ sampleIndex }) => sampleIndex)).toEqual(Array.from({ length: 3001 }, (_, index) => index))
  })

  test('are listed, read, read on as they grow, and scored', async () => {
    await mkdir(join(folder, 'runs', 'recipe', 'eval'), { recursive: true })
    await writeFile(join(folder, 'runs', 'recipe', 'eval', 'config.json'), '{"command":"eval","maxTurns":6}')
    await writeFile(log('recipe/eval'), `${line({})}not JSON\n${line({ sampleIndex: 1 }).slice(0, 50)}`)
    const [row] = await json<RunRow[]>('/api/runs')
    expect(row).toMatchObject({ name: 'recipe/eval', command: 'eval', live: false })
    const path = `/api/runs/${encodeURIComponent('recipe/eval')}`
    const before = await json<RunDetails>(path)
    expect(before).toMatchObject({ total: 1, unreadable: 1 })
    expect(await json<RunFigures>(`${path}/figures`)).toMatchObject({ scores: { problems: 1, samples: 1 } })
    await writeFile(log('recipe/eval'), `${line({})}not JSON\n${line({ sampleIndex: 1 })}`)
    const grown = await json<RunDetails>(`${path}?after=1&log=${before.log}`)
    expect(grown).toMatchObject({ total: 2, items: [{ index: 1, sampleIndex: 1 }] })
    const figures = await json<RunFigures>(`${path}/figures`)
    expect(figures.scores).toMatchObject({ samples: 2 })
    expect(figures.charts[0]!.summary).toContain('at 6')
    expect(figures.reasons).toEqual([])
    const failure = (message: string) => ({ end: 'failed', failure: { code: 'connection-cut', message } }) as const
    const failed = [2, 3].map((sampleIndex) => line({ sampleIndex, ...failure(`cut ${sampleIndex}`) })).join('')
    await writeFile(log('recipe/eval'), `${line({})}not JSON\n${line({ sampleIndex: 1 })}${failed}`)
    expect((await json<RunFigures>(`${path}/figures`)).reasons).toEqual([
      { text: 'failed (connection-cut): cut 2', count: 2, index: 2 },
    ])
    expect(await (await fetch(url(`${path}/charts/limits`))).text()).toMatch(/^<svg /)
    expect(await json<Trajectory>(`${path}/items/1`)).toMatchObject({ sampleIndex: 1, answer: ended.answer })
    // Its scene is drawn again, since the run keeps no picture.
    expect((await fetch(url(`${path}/items/1/region?side=40`))).status).toBe(200)
    expect(await refusal(await fetch(url(`${path}/items/7`)))).toEqual([404, 'no_search'])
  })

  test('nothing outside of their folder is reached, by dots or by links', async () => {
    await mkdir(join(folder, 'secret'))
    await writeFile(join(folder, 'secret', 'config.json'), '{"command":"secret"}')
    await symlink(join(folder, 'secret'), join(folder, 'runs', 'link'))
    for (const name of [
      '..%2Fsecret',
      '%2e%2e%2fsecret',
      'link',
      'recipe%2F..%2F..%2Fsecret',
      '%00',
      'recipe%2Feval%00',
    ]) {
      expect(await refusal(await fetch(url(`/api/runs/${name}`)))).toEqual([404, 'no_run'])
    }
    expect(JSON.stringify(await json('/api/runs'))).not.toContain('secret')
  })
})

test('none of this was a fault of the server', () => {
  expect(faults).toEqual([])
})
