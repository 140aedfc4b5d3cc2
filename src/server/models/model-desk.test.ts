/** Models connected from the page: tried with pictures before they can be asked, over real servers on the loopback, and by nobody else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { Asked, ScriptedEndpoint, ScriptedOptions, Step } from '../../../test/scripted-endpoint.ts'
import { rememberZoom, rememberedZoom } from '../../discover/remembered.ts'
import { profileFrom } from '../../endpoint/try/zoom-settings.ts'
import { profiles } from '../../protocol/profile.ts'
import type { ConnectingRow, ListedModels, ModelsFound } from '../api/types.ts'
import { startServer } from '../http/start-server.ts'
import type { RunningServer } from '../http/start-server.ts'
import { SearchQueue } from '../search-queue.ts'
import { connectRoutes, noConnectRoutes } from './connect-routes.ts'
import { openModelDesk } from './model-desk.ts'
import type { ModelDesk } from './model-desk.ts'

/** Sees the colours that `doctor` asks for. */
const sees = ({ messages }: Asked): Step => {
  const { text, images } = messages.at(-1)!
  if (text.includes('the first picture')) return 'blue'
  if (images.length === 0) return 'I see none.'
  const first = messages.find((message) => message.images.length > 0)!.images[0]!.sha256
  return images[0]!.sha256 === (blue ??= first) ? 'blue' : 'yellow'
}
/** The first picture of all that is ever sent. */
let blue: string | undefined

const stop = new AbortController()
const faults: unknown[] = []
const models: ScriptedEndpoint[] = []
let desk: ModelDesk
let server: RunningServer
let url: string

beforeAll(async () => {
  const queue = new SearchQueue({ atOnce: 1, waiting: 1 })
  const onFault = (error: unknown): void => void faults.push(error)
  const taken = (): string[] => ['chat:taken', ...desk.searchers.map(({ name }) => name)]
  desk = openModelDesk({
    queue,
    limits: { temperature: 0 },
    chosen: {},
    profileOf: profileFrom,
    taken,
    onFault,
    signal: stop.signal,
  })
  const routes = connectRoutes(desk, stop.signal)
  server = await startServer({ host: '127.0.0.1', port: 0, routes, onFault })
  url = server.url
})
beforeEach(() => void (blue = undefined))
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(models.splice(0).map((model) => model.close()))
})
afterAll(async () => {
  stop.abort()
  await desk.close()
  await server.close()
})

async function startModel(options: Partial<ScriptedOptions> = {}): Promise<ScriptedEndpoint> {
  const model = await startScriptedEndpoint({ script: sees, ...options })
  models.push(model)
  return model
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

/** Of a model that is connected, once that has ended. */
async function connected(body: object): Promise<ConnectingRow> {
  const { id } = (await (await post('/api/models', body)).json()) as ConnectingRow
  return vi.waitUntil(
    async () => {
      const rows = (await (await fetch(`${url}/api/models`)).json()) as ConnectingRow[]
      return rows.find((row) => row.id === id && row.state !== 'connecting')
    },
    { timeout: 120_000 },
  )
}

test('a model that sees can be asked from then on; the same name is not connected twice', async () => {
  const { baseUrl, violations, requests } = await startModel()
  expect(await connected({ baseUrl, model: 'test-vlm' })).toMatchObject({ policy: 'chat:test-vlm', state: 'connected' })
  expect(requests.length).toBeGreaterThan(2)
  expect(violations).toEqual([])
  expect(desk.searchers.map(({ name }) => name)).toEqual(['chat:test-vlm'])
  expect((await post('/api/models', { baseUrl, model: 'test-vlm' })).status).toBe(400)
})

describe('how a connected model zooms', () => {
  const folder = mkdtempSync(join(tmpdir(), 'desk-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  /** Of the mark of the trial, in thousandths. */
  const call = '<tool_call>{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": [600, 350, 700, 500], "img_idx": 0}}'
  const zooms = (asked: Asked): Step => (asked.messages.at(-1)!.text.startsWith('There is one') ? call : sees(asked))

  test('is tried, shown, kept for --policy auto, and what it is searched with', async () => {
    vi.stubEnv('XDG_CACHE_HOME', folder)
    const { baseUrl } = await startModel({ script: zooms, models: [{ id: 'my-finetune' }] })
    const row = await connected({ baseUrl, model: 'my-finetune' })
    expect(row).toMatchObject({ state: 'connected', text: 'It accepts pictures, and zooms in the format of qwen3-vl.' })
    const searcher = desk.searchers.find(({ name }) => name === 'chat:my-finetune')
    expect(searcher?.profile).toEqual(profiles['qwen3-vl'])
    expect(searcher?.note).toContain('It zooms in the format of qwen3-vl.')
    expect(await rememberedZoom({ baseUrl, model: 'my-finetune' })).toEqual({ profile: 'qwen3-vl' })
  })

  test('is found out again where the cache cannot be read or written', async () => {
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'broken'))
    mkdirSync(join(folder, 'broken', 'mini-o3'), { recursive: true })
    writeFileSync(join(folder, 'broken', 'mini-o3', 'models.json'), '[{"baseUrl": 1}]')
    const served = { baseUrl: 'http://127.0.0.1:9/v1', model: 'm' }
    expect(await rememberedZoom(served)).toBeUndefined()
    await rememberZoom(served, { coordinates: 'pixel', maxPixels: 500_000 })
    await rememberZoom({ ...served, model: 'n' }, {})
    expect(await rememberedZoom(served)).toEqual({ coordinates: 'pixel', maxPixels: 500_000 })
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'broken', 'mini-o3', 'models.json'))
    await rememberZoom(served, {})
    expect(await rememberedZoom(served)).toBeUndefined()
  })
})

test.each<[string, Partial<ScriptedOptions>, object, RegExp]>([
  [
    'sees nothing',
    { script: () => 'A grey sky.' },
    {},
    /^The pictures do not arrive, or the model cannot see them: it calls blue "A grey sky\." and yellow "A grey sky\."\. [A-Z]/,
  ],
  ['is not there', {}, { model: 'other' }, /has no model "other"/],
  ['has a server that wants a key', { apiKey: 'k' }, {}, /key/],
  [
    'has a server that refuses pictures',
    { script: () => ({ status: 400, body: { error: { message: 'no images' } } }) },
    {},
    /./,
  ],
])('a model that %s is not offered, and why stands in its row', async (_, options, more, why) => {
  const { baseUrl } = await startModel({ models: [{ id: 'blind' }], ...options })
  const before = desk.searchers.length
  const row = await connected({ baseUrl, model: 'blind', ...more })
  expect(row).toMatchObject({ state: 'failed', text: expect.stringMatching(why) as string })
  expect(desk.searchers).toHaveLength(before)
})

test('one that hangs is cancelled', async () => {
  const { baseUrl, requests } = await startModel({ models: [{ id: 'slow' }], script: () => ({ fault: 'hang' }) })
  const { id } = (await (await post('/api/models', { baseUrl, model: 'slow' })).json()) as ConnectingRow
  await vi.waitUntil(() => requests.length > 0, { timeout: 120_000 })
  await post(`/api/models/${id}/cancel`, {})
  await vi.waitUntil(() => desk.rows().find((row) => row.id === id)?.state === 'cancelled', { timeout: 120_000 })
})

test('which models a server has, and what is there', async () => {
  const { baseUrl } = await startModel({ models: [{ id: 'a' }, { id: 'b' }] })
  const listed = (await (
    await post('/api/models/list', { baseUrl: baseUrl.replace('/v1', '') })
  ).json()) as ListedModels
  expect(listed).toEqual({ baseUrl, models: ['a', 'b'] })
  vi.stubEnv('MINI_O3_PORTS', new URL(baseUrl).port)
  const found = (await (await post('/api/models/found', {})).json()) as ModelsFound
  expect(found.servers).toMatchObject([{ title: 'vLLM', baseUrl, models: [{ id: 'a', sees: 'unknown' }, { id: 'b' }] }])
})

describe('keys', () => {
  test.each([
    ['OPENAI_API_KEY', 'https://evil.example/v1', 'is only sent to https://api.openai.com/v1'],
    ['AWS_SECRET_ACCESS_KEY', 'https://evil.example/v1', 'end in API_KEY'],
    ['HOME', 'https://evil.example/v1', 'end in API_KEY'],
    ['VLM_API_KEY', 'http://evil.example/v1', 'only sent over https://'],
  ])('%s does not go to %s', async (apiKeyEnv, baseUrl, why) => {
    vi.stubEnv(apiKeyEnv, 'sk-secret-never-sent')
    for (const path of ['/api/models', '/api/models/list']) {
      const response = await post(path, { baseUrl, apiKeyEnv, ...(path === '/api/models' && { model: 'm' }) })
      expect(response.status).toBe(400)
      const said = await response.text()
      expect(said).toContain(why)
      expect(said).not.toContain('sk-secret')
    }
  })

  test('one that is named for a server of this machine reaches it, and no row', async () => {
    vi.stubEnv('VLM_API_KEY', 'sk-secret-sent-once')
    const { baseUrl } = await startModel({ apiKey: 'sk-secret-sent-once', models: [{ id: 'with-key' }] })
    const row = await connected({ baseUrl, model: 'with-key', apiKeyEnv: 'VLM_API_KEY' })
    expect(row.state).toBe('connected')
    expect(JSON.stringify(row)).not.toContain('sk-secret')
  })

  test('what looks like a key in place of its name is refused, and not repeated', async () => {
    const response = await post('/api/models/list', { baseUrl: 'https://api.example/v1', apiKeyEnv: 'sk-abc123def456' })
    expect(response.status).toBe(400)
    expect(await response.text()).not.toContain('abc123')
  })
})

describe('who may ask for it', () => {
  const connect = { baseUrl: 'http://127.0.0.1:9/v1', model: 'm' }
  const raw = (headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }
      request(`${url}/api/models`, options, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
        .on('error', reject)
        .end(JSON.stringify(connect))
    })

  test.each([
    ['a page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a page of another port of this machine', { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' }],
    ['the same without an origin', { 'sec-fetch-site': 'same-site' }],
    ['a form', { 'content-type': 'text/plain' }],
    ['a foreign name that leads here', { host: 'evil.example' }],
  ])('%s may not', async (_, headers) => {
    const before = desk.rows().length
    expect(await raw(headers)).toBe(403)
    expect(desk.rows()).toHaveLength(before)
  })

  test.each(['/api/models', '/api/models/found', '/api/models/list', '/api/models/x/cancel'])(
    '%s is closed where other machines reach the server',
    async (path) => {
      const open = await startServer({
        host: '0.0.0.0',
        port: 0,
        token: '0123456789abcdef',
        routes: noConnectRoutes(),
        onFault: () => {},
      })
      const { port } = new URL(open.url)
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        body: '{}',
        headers: { authorization: 'Bearer 0123456789abcdef', 'content-type': 'application/json' },
      })
      expect(response.status).toBe(403)
      await open.close()
    },
  )

  test.each([
    [{ baseUrl: 'file:///etc/passwd', model: 'm' }],
    [{ baseUrl: 'http://u:p@127.0.0.1/v1', model: 'm' }],
    [{ baseUrl: '', model: 'm' }],
    [{ baseUrl: 'http://127.0.0.1:9/v1' }],
    [{ ...connect, key: 'sk-1' }],
    [{ ...connect, model: 'taken' }],
    [[]],
  ])('%j is refused', async (body) => {
    const response = await post('/api/models', body)
    expect(response.status).toBe(400)
  })
})

test('whatever went wrong above was expected: none of it is a fault of the program', () => {
  expect(faults).toEqual([])
})
