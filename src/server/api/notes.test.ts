/** Notes over the API of the pages: who may take them, what is refused, and what a second page sees. */
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLines, storedSearch, writeRun } from '../../../test/stored-searches.ts'
import type { NoteChange } from '../../protocol/note.ts'
import { startServer } from '../http/start-server.ts'
import type { RunningServer } from '../http/start-server.ts'
import { viewRoutes } from './run-routes.ts'
import type { RunNotes } from './note-types.ts'
import type { ErrorBody, RunDetails, RunFigures, RunsDiff } from './types.ts'

let folder: string
let server: RunningServer
const searches = [1, 2, 3].map((seed) => storedSearch({ seed, right: seed === 1 }))
const log = 'trajectories.jsonl'

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notes-api-'))
  for (const name of ['a', 'b']) {
    await writeRun(join(folder, name), { command: 'eval', maxTurns: 8 }, { [log]: jsonLines(searches) })
  }
  const routes = viewRoutes(folder, 'ada')
  server = await startServer({ host: '127.0.0.1', port: 0, routes, onFault: (error) => expect.fail(String(error)) })
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${server.url}/api/runs/${path}`)).json()) as T
const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${server.url}/api/runs/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

async function note(index: number, change: NoteChange, run = 'a'): Promise<RunNotes> {
  const { log: name } = await get<RunDetails>(run)
  const response = await post(`${run}/items/${index}/note`, { log: name, change })
  expect(response.status).toBe(200)
  return (await response.json()) as RunNotes
}

test('a note comes back with the run, changes its figures, and is sent again only after a change', async () => {
  const before = await get<RunDetails>('a')
  expect(before.notes).toEqual({ version: '', items: [], lost: 0, unreadable: 0, author: 'ada' })
  const { version } = await note(1, { starred: true, tag: ['label'], verdict: 'right', comment: 'It is 9.' })
  const after = await get<RunDetails>('a')
  expect(after.items.map(({ verdict }) => verdict)).toEqual(['correct', 'wrong', 'wrong'])
  expect(after.notes).toMatchObject({
    version,
    items: [
      {
        index: 1,
        verdict: 'correct',
        asJudged: 'wrong',
        note: { starred: true, tags: ['label'], verdict: 'right', comment: 'It is 9.', author: 'ada' },
      },
    ],
  })
  const known = `a?after=3&log=${after.log}&notes=${encodeURIComponent(version)}`
  expect(await get<RunDetails>(known)).not.toHaveProperty('notes')
  expect((await get<RunFigures>('a/figures')).scores).toMatchObject({ corrected: 1, avgAtK: 2 / 3 })
  const { corrected, rows } = await get<RunsDiff>('b/diff/a')
  expect([corrected, rows.map(({ change }) => change)]).toEqual([
    [0, 1],
    ['right', 'gained', 'wrong'],
  ])
  expect(rows[1]!.sides.map(({ item }) => item.note?.tags)).toEqual([undefined, ['label']])
  await note(1, { starred: false, untag: ['label'], verdict: 'as-judged', comment: '' })
  expect((await get<RunDetails>(known)).notes).toMatchObject({ items: [] })
  expect((await readFile(join(folder, 'a', 'notes.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(2)
})

test('pages that note at once keep each other’s changes, and what another process notes is seen', async () => {
  const tags = Array.from({ length: 12 }, (_, index) => `tag ${index}`)
  await Promise.all(tags.map((tag, index) => note(index % 3, { tag: [tag] })))
  const line = (await readFile(join(folder, 'a', 'notes.jsonl'), 'utf8')).split('\n').find((one) => one !== '')!
  await appendFile(
    join(folder, 'a', 'notes.jsonl'),
    `${JSON.stringify({ ...JSON.parse(line), tag: ['elsewhere'] })}\ntorn\n`,
  )
  const { notes } = await get<RunDetails>('a')
  expect(notes!.items.flatMap((item) => item.note!.tags).toSorted()).toEqual([...tags, 'elsewhere'].toSorted())
  expect(notes!.unreadable).toBe(1)
})

test('a comment does not replace one that its writer has not seen; of several at once, one is stored', async () => {
  const { log: name } = await get<RunDetails>('a')
  const comment = (text: string, from: string): Promise<Response> =>
    post('a/items/0/note', { log: name, change: { comment: text }, from })
  const stored = async () => (await get<RunDetails>('a')).notes?.items[0]?.note?.comment
  const texts = ['one', 'two', 'three', 'four']
  const responses = await Promise.all(texts.map((text) => comment(text, '')))
  expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409])
  const won = texts[responses.findIndex(({ status }) => status === 200)]!
  expect(await stored()).toBe(won)
  const refused = responses.find(({ status }) => status === 409)!
  expect(((await refused.json()) as ErrorBody).error.code).toBe('comment_changed')
  // What it says is stored already, or it began from what is stored.
  for (const [text, from] of [
    [won, ''],
    ['next', won],
    ['', 'next'],
  ] as const) {
    expect((await comment(text, from)).status).toBe(200)
    expect((await stored()) ?? '').toBe(text)
  }
})

test('a note about a search that was made again is told as lost; one about a growing log stays', async () => {
  await note(0, { starred: true })
  await note(2, { tag: ['kept'] })
  await appendFile(join(folder, 'a', log), jsonLines([storedSearch({ seed: 9, right: true })]))
  expect((await get<RunDetails>('a')).notes).toMatchObject({ items: [{ index: 0 }, { index: 2 }], lost: 0 })
  const { log: before } = await get<RunDetails>('a')
  await rm(join(folder, 'a', log))
  await writeFile(join(folder, 'other'), '')
  await writeFile(
    join(folder, 'a', log),
    jsonLines([storedSearch({ seed: 1, right: true, thought: 'Now here.' }), searches[2]]),
  )
  expect((await get<RunDetails>('a')).notes).toMatchObject({ items: [{ index: 1, note: { tags: ['kept'] } }], lost: 1 })
  const { log: now } = await get<RunDetails>('a')
  const stale = await post('a/items/0/note', { log: now === before ? 'another' : before, change: { starred: true } })
  expect([stale.status, ((await stale.json()) as ErrorBody).error.code]).toEqual([409, 'log_replaced'])
})

test('only the own page and programs may note; other pages, forms and nonsense are refused', async () => {
  const { log: name } = await get<RunDetails>('a')
  const body = { log: name, change: { starred: true } }
  const path = 'a/items/0/note'
  const refusals: readonly (readonly [Promise<Response>, number, string])[] = [
    [post(path, body, { 'sec-fetch-site': 'same-site' }), 403, 'foreign_origin'],
    [post(path, body, { origin: 'http://elsewhere.example' }), 403, 'foreign_origin'],
    [post(path, body, { 'content-type': 'text/plain' }), 403, 'foreign_origin'],
    [post(path, { log: name, change: { verdict: 'maybe' } }), 400, 'invalid_request'],
    [post(path, { log: name, change: { tag: ['two\nlines'] } }), 400, 'invalid_request'],
    [post(path, { log: name, change: { comment: 'x'.repeat(4001) } }), 400, 'invalid_request'],
    [post(path, { log: name, change: {} }), 400, 'note-empty'],
    [post(path, 'nonsense'), 400, 'invalid_request'],
    [post('a/items/77/note', body), 404, 'no_search'],
    [post('none/items/0/note', body), 404, 'no_run'],
    [post('..%2f..%2fetc/items/0/note', body), 404, 'no_run'],
    [post('a/items/0/delete', body), 404, 'not_found'],
  ]
  for (const [asked, status, code] of refusals) {
    const response = await asked
    expect([response.status, ((await response.json()) as ErrorBody).error.code]).toEqual([status, code])
  }
  expect((await get<RunDetails>('a')).notes?.items).toEqual([])
})

test('a disk that takes no notes is told, with the reason', async () => {
  // A folder of that name cannot be written by anybody, not even by an administrator.
  await mkdir(join(folder, 'a', 'notes.jsonl'))
  await chmod(join(folder, 'a', 'notes.jsonl'), 0o500)
  const { log: name } = await get<RunDetails>('a')
  const response = await post('a/items/0/note', { log: name, change: { starred: true } })
  const { error } = (await response.json()) as ErrorBody
  expect([response.status, error.code]).toEqual([409, 'note_not_saved'])
  expect(error.message).toMatch(/notes\.jsonl cannot be written: .*Earlier notes are kept\./)
})
