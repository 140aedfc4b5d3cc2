/** Forks of asks, over real sockets with the policy that ships. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, writeRun } from '../../../test/stored-searches.ts'
import { openEmbeddedSampler } from '../../policy/embedded/embedded-policy.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { startServer } from '../http/start-server.ts'
import type { RunningServer } from '../http/start-server.ts'
import { embeddedSearcher } from '../openai/embedded-routes.ts'
import { SearchQueue } from '../search-queue.ts'
import { openRuns } from '../runs/runs.ts'
import { askRoutes } from './ask-routes.ts'
import { openAsks } from './asks.ts'
import { openPictures } from './pictures.ts'
import type { Pictures } from './pictures.ts'
import { runRoutes } from './run-routes.ts'
import type { SearchFamily } from './one-search.ts'
import type { AskFork, ForkRequest } from './fork-types.ts'
import type { AskEvent, ErrorBody, RecentAsk, RunDetails, RunFigures, Setup } from './types.ts'

const asked = { policy: 'embedded', maxTurns: 8, samples: 1 }
const stop = new AbortController()
const faults: unknown[] = []
let embedded: Awaited<ReturnType<typeof openEmbeddedSampler>>
let pictures: Pictures
let server: RunningServer
let root: string
let parent: { readonly id: string; readonly search: Trajectory }

beforeAll(async () => {
  embedded = await openEmbeddedSampler({ workers: 1 })
  const queue = new SearchQueue({ atOnce: 2, waiting: 2 })
  const all = [embeddedSearcher(embedded.sampler, queue)]
  const searchers = () => all
  pictures = openPictures()
  const { signal } = stop
  const onFault = (error: unknown): void => void faults.push(error)
  root = await mkdtemp(join(tmpdir(), 'forks-'))
  const runs = openRuns(root)
  const asks = openAsks({ searchers, pictures, queue, stored: runs.forkable, onFault, signal })
  const routes = { ...askRoutes({ searchers, pictures, asks, archives: false, signal }), ...runRoutes(runs) }
  server = await startServer({ host: '127.0.0.1', port: 0, routes, onFault })
  const { scenes } = await json<Setup>('/api/setup')
  const { id: picture, question } = scenes.find(({ level }) => level === 'easy')!
  const response = await post('/api/asks', { ...asked, picture, question })
  const { id } = (await response.json()) as { id: string }
  parent = { id, search: await ended(id) }
})
afterAll(async () => {
  stop.abort()
  await server.close()
  await embedded.close()
  await pictures.close()
  await rm(root, { recursive: true, force: true })
})

const json = async <T>(path: string): Promise<T> => (await (await fetch(`${server.url}${path}`)).json()) as T
const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })

async function news(id: string): Promise<AskEvent[]> {
  const text = await (await fetch(`${server.url}/api/asks/${id}/events`)).text()
  return [...text.matchAll(/^id: \d+\ndata: (\{"sample".*)$/gm)].map(([, data]) => JSON.parse(data!) as AskEvent)
}

async function ended(id: string): Promise<Trajectory> {
  const last = (await news(id)).at(-1)!
  expect(last).toMatchObject({ kind: 'ended' })
  return (last as { trajectory: Trajectory }).trajectory
}

const request = (change: Partial<ForkRequest> = {}): ForkRequest => ({
  origin: { ask: parent.id, sample: 0 },
  turn: 1,
  policy: 'embedded',
  ...change,
})

test('a fork with another box is a search of its own that names its parent, and its parent lists it', async () => {
  const started = await post('/api/forks', request({ look: { box: [0.1, 0.6, 0.3, 0.9], source: 0 } }))
  const { id } = (await started.json()) as { id: string }
  const [began] = await news(id)
  const fork = await ended(id)
  expect(began).toMatchObject({
    kind: 'began',
    origin: { ask: parent.id, sample: 0, turn: 1 },
    search: { parent: fork.parent },
  })
  expect(fork.parent).toEqual({ ask: 1, sampleIndex: 0, policy: 'embedded', turn: 1, changed: ['box'] })
  expect(fork.turns[0]).toMatchObject({ byHand: ['box'], action: { boxRel: [0.0625, 0.5625, 0.3125, 0.9375] } })
  expect([fork.seed, fork.maxTurns]).toEqual([parent.search.seed, 8])
  expect(fork.verdict?.kind).toMatch(/correct|wrong/)
  expect(await json<AskFork[]>(`/api/asks/${parent.id}/forks`)).toMatchObject([
    { id, sample: 0, turn: 1, changed: ['box'], startedMs: expect.any(Number) },
  ])
  const view = await fetch(`${server.url}/api/asks/${id}/view?observation=1`)
  expect([view.status, view.headers.get('content-type')]).toEqual([200, 'image/png'])
  // A fork can be forked in turn.
  const again = await post('/api/forks', request({ origin: { ask: id, sample: 0 }, turn: 2, seed: 7 }))
  const grandchild = await ended(((await again.json()) as { id: string }).id)
  expect(grandchild.turns[0]).toMatchObject({ byHand: ['box'] })
  expect(grandchild.parent).toMatchObject({ ask: 1, sampleIndex: 1, turn: 2, changed: ['seed'] })
  // Forks are further searches of the ask that they depart from, so the next question has the next number.
  expect(began).toMatchObject({ ask: 1 })
  expect([fork.sampleIndex, grandchild.sampleIndex]).toEqual([1, 2])
  const { picture } = (await json<RecentAsk[]>('/api/asks'))[0]!
  const { question } = parent.search.problem
  await ended(
    ((await (await post('/api/asks', { ...asked, picture: picture.id, question })).json()) as { id: string }).id,
  )
  expect((await json<RecentAsk[]>('/api/asks')).map(({ number }) => number)).toEqual([2, 1])
})

test('a fork has as many turns as a question or its parent may have, and no more', async () => {
  const refused = await post('/api/forks', request({ maxTurns: 65 }))
  expect([refused.status, ((await refused.json()) as ErrorBody).error.message]).toEqual([
    400,
    'maxTurns: has to be 64 or less.',
  ])
  await writeRun(
    join(root, 'long'),
    { command: 'eval', samples: 1, maxTurns: 100, seed: 1 },
    { 'trajectories.jsonl': jsonLines([{ ...parent.search, maxTurns: 100 }]) },
  )
  const origin = { run: 'long', index: 0 }
  const started = await post('/api/forks', request({ origin, seed: 3, maxTurns: 100 }))
  expect((await ended(((await started.json()) as { id: string }).id)).maxTurns).toBe(100)
  expect((await post('/api/forks', request({ origin, seed: 3, maxTurns: 101 }))).status).toBe(400)
})

test('a fork of a stored search is stored beside its run, whose log and figures stay as they are', async () => {
  const settings = { command: 'eval', samples: 1, maxTurns: 8, seed: 1, judge: { name: 'exact' } }
  const log = jsonLines([parent.search])
  await writeRun(join(root, 'eval'), settings, { 'trajectories.jsonl': log })
  const before = await json<RunFigures>('/api/runs/eval/figures')
  const origin = { run: 'eval', index: 0 }
  const pages: (string | undefined)[] = []
  for (const turn of [1, 1]) {
    const look = { box: [0.5, 0.5, 0.75, 0.75], source: 0 } as const
    const started = await post('/api/forks', { ...request(), origin, turn, look, seed: pages.length })
    const { id } = (await started.json()) as { id: string }
    const [began, ...rest] = await news(id)
    expect(began).not.toHaveProperty('ask')
    const last = rest.at(-1) as { readonly page?: string }
    pages.push(last.page)
    // After its end, the ask has no pictures of its own.
    expect((await fetch(`${server.url}/api/asks/${id}/region?side=50`)).status).toBe(200)
  }
  expect(pages).toEqual(['/#/run/eval%2Fforks/0', '/#/run/eval%2Fforks/1'])
  const { items, run } = await json<RunDetails>('/api/runs/eval%2Fforks')
  expect(run.command).toBe('fork')
  expect(items.map(({ sampleIndex, ask, parent: from }) => [sampleIndex, ask, from?.run, from?.turn])).toEqual([
    [0, undefined, 'eval', 1],
    [1, undefined, 'eval', 1],
  ])
  const search = await json<Trajectory>('/api/runs/eval%2Fforks/items/0')
  expect(search.verdict?.kind).toBe(search.answer === search.problem.answer ? 'correct' : 'wrong')
  expect((await fetch(`${server.url}/api/runs/eval%2Fforks/items/0/region?side=50`)).status).toBe(200)
  expect(await json<SearchFamily>('/api/runs/eval/items/0/family')).toEqual({
    forks: [['box'], ['box', 'seed']].map((changed, index) => ({
      run: 'eval/forks',
      index,
      sampleIndex: index,
      turn: 1,
      policy: 'embedded',
      startedMs: expect.any(Number),
      changed: expect.arrayContaining(changed),
      answer: items[index]!.answer,
      verdict: items[index]!.verdict,
    })),
  })
  // A fork of a fork is beside it.
  const again = await post('/api/forks', { ...request(), origin: { run: 'eval/forks', index: 1 }, turn: 2, seed: 9 })
  expect(await ended(((await again.json()) as { id: string }).id)).toMatchObject({
    parent: { run: 'eval/forks', sampleIndex: 1 },
  })
  expect(await json<SearchFamily>('/api/runs/eval%2Fforks/items/1/family')).toEqual({
    parent: { run: 'eval', index: 0 },
    forks: [expect.objectContaining({ run: 'eval/forks', index: 2, turn: 2 })],
  })
  expect(await json<SearchFamily>('/api/runs/eval%2Fforks/items/2/family')).toEqual({
    parent: { run: 'eval/forks', index: 1 },
    forks: [],
  })
  expect(await readFile(join(root, 'eval', 'trajectories.jsonl'), 'utf8')).toBe(log)
  expect(await json<RunFigures>('/api/runs/eval/figures')).toEqual(before)
  expect((await json<RunFigures>('/api/runs/eval%2Fforks/figures')).scores).toBeNull()
})

test.each<[string, Partial<Record<keyof ForkRequest, unknown>>, number, string]>([
  ['a policy that is not offered', { policy: 'chat:x' }, 400, 'invalid_request'],
  ['a box outside of its source', { look: { box: [0, 0, 2, 1], source: 0 } }, 400, 'invalid_request'],
  ['a box without an inside', { look: { box: [0.5, 0, 0.5, 1], source: 0 } }, 400, 'fork-box-empty'],
  ['a turn that is not there', { turn: 99, seed: 1 }, 400, 'no-such-turn'],
  ['a search that is not there', { origin: { ask: 'none', sample: 0 } }, 404, 'no_ask'],
  ['a sample that is not there', { origin: { ask: '', sample: 5 } }, 409, 'not_ended'],
  ['a run where there are none', { origin: { run: 'none', index: 0 } }, 404, 'no_run'],
])('is refused for %s', async (_, change, status, code) => {
  const { origin } = change as Partial<ForkRequest>
  const named = origin && 'ask' in origin && origin.ask === '' ? { origin: { ...origin, ask: parent.id } } : {}
  const refused = await post('/api/forks', { ...request(), ...change, ...named })
  expect([refused.status, ((await refused.json()) as ErrorBody).error.code]).toEqual([status, code])
})

test('a thought that the policy cannot read is refused with the fix, before there is a fork', async () => {
  const before = await json<AskFork[]>(`/api/asks/${parent.id}/forks`)
  const refused = await post('/api/forks', request({ thought: 'Somewhere on the left, perhaps.' }))
  expect([refused.status, await refused.json()]).toMatchObject([
    400,
    { error: { code: 'turn-not-readable', message: expect.stringContaining('Leave the thought as it is') } },
  ])
  expect(await json<AskFork[]>(`/api/asks/${parent.id}/forks`)).toEqual(before)
  expect(faults).toEqual([])
})
