/** The log of a run as it is read on: what grows, what is torn, what is foreign, and what is another file. */
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { jsonLines, storedSearch } from '../../test/stored-searches.ts'
import { keyOf, rolloutLog, searchLog } from './searches.ts'
import { indexSearches, SearchIndex } from './search-index.ts'

let base: string
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), 'search-index-'))))
afterAll(() => rm(base, { recursive: true, force: true }))

const searches = [1, 2, 3].map((seed) => storedSearch({ seed, right: true, thought: 'ä€😀' }))

async function logOf(text: string | Buffer): Promise<{ folder: string; file: string; index: SearchIndex<number> }> {
  const folder = await mkdtemp(join(base, 'run-'))
  const file = join(folder, 'trajectories.jsonl')
  await writeFile(file, text)
  const index = new SearchIndex(folder, searchLog, (search) => search.index)
  await index.update()
  return { folder, file, index }
}

const wholeOf = (index: SearchIndex<unknown>): Promise<unknown[]> =>
  Promise.all(index.entries.map((entry) => index.read(entry)))

test('a line that is appended in pieces is read once it is whole, and found again by its place', async () => {
  const { file, index } = await logOf('')
  expect(index.entries).toEqual([])
  const bytes = Buffer.from(jsonLines(searches))
  // Inside of a character of several bytes, too.
  const cut = bytes.indexOf('😀') + 2
  for (const [from, to] of [
    [0, cut],
    [cut, cut + 1],
    [cut + 1, bytes.length - 1],
    [bytes.length - 1, bytes.length],
  ]) {
    await appendFile(file, bytes.subarray(from, to))
    await index.update()
  }
  expect(index.entries.map(({ key, kept }) => [key, kept])).toEqual(searches.map((one, at) => [keyOf(one), at]))
  expect(index.unreadable).toBe(0)
  expect(await wholeOf(index)).toEqual(searches)
})

test('a search without a summary is not in the index', async () => {
  const { folder, index } = await logOf(jsonLines(searches))
  expect(index.entries).toHaveLength(searches.length)
  const last = searches.at(-1)!
  const some = await indexSearches(folder, ({ key }) => (key === keyOf(last) ? 'kept' : undefined))
  expect(some.entries.map(({ key }) => key)).toEqual([keyOf(last)])
  const read: unknown[] = []
  for await (const search of some.readAll(searches.map(keyOf))) read.push(search)
  expect(read).toEqual([last])
})

test('what is no search is passed over and named, however long its line', async () => {
  const long = 'x'.repeat(40 * 1024 ** 2)
  const { folder, file, index } = await logOf(`[]\n"text"\n${long}`)
  await appendFile(file, `${'x'.repeat(1000)}\n${jsonLines(searches.slice(0, 1))}`)
  await index.update()
  expect(index.unreadable).toBe(3)
  expect(await wholeOf(index)).toEqual([searches[0]])
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  await indexSearches(folder, () => undefined)
  expect(warned.mock.calls.map(([text]) => text)).toEqual([expect.stringContaining(`${file}:3 (not valid JSON)`)])
  warned.mockRestore()
})

test('another file of the same name is read anew, also when it is longer; none holds nothing', async () => {
  const { file, index } = await logOf(jsonLines(searches.slice(0, 1)))
  const { log } = index
  await writeFile(`${file}.new`, jsonLines(searches.toReversed()))
  await rename(`${file}.new`, file)
  await index.update()
  expect(index.log).not.toBe(log)
  expect(await wholeOf(index)).toEqual(searches.toReversed())
  const [gone] = index.entries
  await writeFile(file, '')
  expect(await index.read(gone!)).toBeUndefined()
  await rm(file)
  await index.update()
  expect(index.entries).toEqual([])
})

test('searches of training are read with their steps', async () => {
  const folder = await mkdtemp(join(base, 'run-'))
  const lines = [1, 2].map((step) => ({ step, advantage: 0.5, trajectory: searches[step] }))
  await writeFile(join(folder, 'rollouts.jsonl'), jsonLines(lines))
  const index = new SearchIndex(folder, rolloutLog, ({ step }) => step)
  await index.update()
  expect(index.entries.map(({ kept }) => kept)).toEqual([1, 2])
  expect(await wholeOf(index)).toEqual(searches.slice(1))
})

test('the first searches of a long log are there before the rest was read', async () => {
  const folder = await mkdtemp(join(base, 'run-'))
  const line = jsonLines(searches.slice(0, 1))
  await writeFile(join(folder, 'trajectories.jsonl'), line.repeat(2000))
  const index = new SearchIndex(folder, searchLog, (search) => search.index)
  const firsts = await Promise.all([index.reach(1), index.reach(10), index.reach(5000)])
  expect(firsts).toEqual([false, false, true])
  expect(index.entries).toHaveLength(2000)
  expect(index.readBytes).toBe(Buffer.byteLength(line) * 2000)
  const other = new SearchIndex(folder, searchLog, (search) => search.index)
  expect(await other.reach(1)).toBe(false)
  expect(other.entries.length).toBeLessThan(2000)
  expect(await other.reach(Infinity)).toBe(true)
  // Nothing new: no more is there than asked for, and all was read.
  expect(await other.reach(2001)).toBe(true)
})
