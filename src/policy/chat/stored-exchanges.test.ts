/** Requests and replies of a search as they are stored: each message once, pictures by hash, nothing secret, within bounds. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { Step } from '../../../test/scripted-endpoint.ts'
import { openEndpoint } from '../../endpoint/open-endpoint.ts'
import { exchangeRecorder, exchangesKey, wholeRequest } from '../../protocol/exchange.ts'
import type { SearchExchanges } from '../../protocol/exchange.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { keepExchanges, readExchanges } from '../../runs/exchanges.ts'
import { openRun } from '../../runs/run-folder.ts'
import { searchToEnd } from '../../search/search-many.ts'
import { openPicture } from '../../vision/open.ts'
import { chatPolicy } from './chat-policy.ts'

const profile = profiles.default
const problem = { docId: 'p1', dataSource: 'test', question: 'Which colour?', answer: 'red' }
const zoom = '<think>Closer.</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'
const answer = '<think>Seen.</think><answer>red</answer>'
const key = 'sk-very"secret/123456'

let folder: string
const closing: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exchanges-'))
  vi.stubEnv('TEST_API_KEY', key)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true, force: true })
})

async function recorded(baseUrl: string, apiKeyEnv?: string, live = false) {
  const create = { width: 250, height: 200, channels: 3, background: '#c33' } as const
  const picture = await openPicture(await sharp({ create }).png().toBuffer())
  const endpoint = await openEndpoint({ baseUrl, apiKeyEnv, backoffMs: 1, maxTries: 2 })
  const policy = chatPolicy({ endpoint, model: 'test-vlm', profile })
  let kept: { search: Trajectory; exchanges: SearchExchanges } | undefined
  const onExchanges = (search: Trajectory, exchanges: SearchExchanges) => void (kept = { search, exchanges })
  await searchToEnd({ picture, problem }, policy, { profile, live, onExchanges })
  return kept!
}

async function play(script: readonly Step[], live = false) {
  const server = await startScriptedEndpoint({ script, ownedBy: 'somebody' })
  closing.push(() => server.close())
  return { server, ...(await recorded(server.baseUrl, undefined, live)) }
}

it.each([false, true])(
  'each request has only what is new, and all of it can be put together again; streamed: %s',
  async (live) => {
    const busy: Step = { status: 503, body: 'loading' }
    const { server, exchanges } = await play([zoom, busy, answer], live)
    expect(
      exchanges.exchanges.map(({ turn, from, status, messages }) => [turn, from, status, messages.length]),
    ).toEqual([
      [1, 0, 200, 2],
      [2, 2, 503, 2],
      [2, 4, 200, 0],
    ])
    const request = wholeRequest(exchanges, 2)
    expect(request.fields).toMatchObject({ model: 'test-vlm', ...(live && { stream: true }) })
    expect(request.messages.map((message) => (message as { role: string }).role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
    ])
    const images = server.requests.at(-1)!.messages.flatMap((message) => message.images)
    expect(request.pictures.map(({ bytes }) => bytes)).toHaveLength(images.length)
    for (const { sha256 } of request.pictures) expect(JSON.stringify(request.messages)).toContain(`"sha256:${sha256}"`)
    expect(JSON.stringify(exchanges)).not.toContain('base64')
    // A stream is stored as the completion that its events add up to.
    expect(JSON.parse(exchanges.exchanges[2]!.body!).choices[0].message.content).toBe(answer)
  },
)

it('the key is nowhere, also where the server repeats it in headers, in errors and in replies', async () => {
  const forms = [key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)]
  let asked = 0
  const server = createServer((request, response) => {
    if (request.method === 'GET') return response.end(JSON.stringify({ object: 'list', data: [{ id: 'test-vlm' }] }))
    const headers = { 'set-cookie': `session=${key}`, 'x-request-id': `id ${key}`, 'x-api-key': key }
    const given = request.headers.authorization
    const status = asked++ === 0 ? 503 : 200
    const message = { role: 'assistant', content: `${answer} ${given} http://x/?key=${encodeURIComponent(key)}` }
    const body = status === 503 ? { error: { message: `overloaded for ${given}` } } : { choices: [{ message }] }
    return response.writeHead(status, headers).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => void server.close(resolve)))
  const { port } = server.address() as AddressInfo
  const { search, exchanges } = await recorded(`http://127.0.0.1:${port}/v1`, 'TEST_API_KEY')
  expect(exchanges).toMatchObject({ keyEnv: 'TEST_API_KEY', exchanges: [{ status: 503 }, { status: 200 }] })
  const run = await openRun(join(folder, 'run'), { command: 'ask' })
  await keepExchanges(run, search, exchanges)
  await run.close()
  const stored = await readFile(join(folder, 'run', 'exchanges.jsonl'), 'utf8')
  for (const form of forms) expect(stored).not.toContain(form)
  expect(stored).not.toMatch(/set-cookie|x-api-key|Bearer sk/)
  expect(stored).toContain('[key]')
  expect(await readExchanges(join(folder, 'run'), search)).toMatchObject(exchanges)
})

it('of several searches of a run, each has its own; those of earlier versions have none', async () => {
  const { search, exchanges } = await play([answer])
  const run = await openRun(join(folder, 'run'), { command: 'ask' })
  const other = { ...search, startedMs: search.startedMs! + 1 }
  await keepExchanges(run, search, exchanges)
  await keepExchanges(run, other, { ...exchanges, leftOut: 7 })
  await run.close()
  expect(await readExchanges(join(folder, 'run'), search)).not.toHaveProperty('leftOut')
  expect(await readExchanges(join(folder, 'run'), other)).toMatchObject({ leftOut: 7 })
  const { startedMs: _startedMs, ...earlier } = search
  expect(exchangesKey(earlier)).toBeUndefined()
  expect(await readExchanges(join(folder, 'run'), earlier)).toBeUndefined()
  expect(await readExchanges(folder, search)).toBeUndefined()
})

it('bounds long replies and long searches, and says how much is left out', () => {
  const recorder = exchangeRecorder()
  const sent = { url: 'http://127.0.0.1/v1', fields: {}, messages: ['"a"'], body: 'x'.repeat(70_000) }
  for (let turn = 1; turn <= 40; turn++) recorder.add(turn, sent)
  const { exchanges, leftOut } = recorder.recorded()!
  expect(exchanges[0]).toMatchObject({ cutBy: 70_000 - 64 * 1024 })
  expect(exchanges.length + leftOut!).toBe(40)
  expect(JSON.stringify(exchanges).length).toBeLessThan(2.2 * 1024 ** 2)
})
