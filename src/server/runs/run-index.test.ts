/** The log of a run as it is read on: what grows, what is torn, what is foreign, and what is another file. */
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, storedSearch } from '../../../test/stored-searches.ts'
import { RunIndex } from './run-index.ts'

let folder: string
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'run-index-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const searches = [1, 2, 3].map((seed) => storedSearch({ seed, right: true, thought: 'ä€😀' }))

test('a line that is appended in pieces is read once it is whole, and found again by its place', async () => {
  const file = join(folder, 'pieces.jsonl')
  const index = new RunIndex(file)
  await index.update()
  expect(index.items).toEqual([])
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
  expect(index.items.map((item) => item.index)).toEqual([0, 1, 2])
  expect(index.unreadable).toBe(0)
  for (const [at, search] of searches.entries()) expect(await index.trajectory(at)).toEqual(search)
  await expect(index.trajectory(3)).rejects.toMatchObject({ code: 'no_search' })
})

test('what is no search is passed over, however long its line', async () => {
  const file = join(folder, 'foreign.jsonl')
  await writeFile(file, `[]\n"text"\n${'x'.repeat(40 * 1024 ** 2)}`)
  const index = new RunIndex(file)
  await index.update()
  await appendFile(file, `${'x'.repeat(1000)}\n${jsonLines(searches.slice(0, 1))}`)
  await index.update()
  expect(index.unreadable).toBe(3)
  expect(await index.trajectory(0)).toEqual(searches[0])
})

test('another file of the same name is read anew, also when it is longer; none holds nothing', async () => {
  const file = join(folder, 'replaced.jsonl')
  await writeFile(file, jsonLines(searches.slice(0, 1)))
  const index = new RunIndex(file)
  await index.update()
  const { log } = index
  await writeFile(`${file}.new`, jsonLines(searches.toReversed()))
  await rename(`${file}.new`, file)
  await index.update()
  expect(index.log).not.toBe(log)
  expect(await index.trajectory(0)).toEqual(searches[2])
  await rm(file)
  await index.update()
  expect(index.items).toEqual([])
})

test('of a search that was done again the last counts; steps of training are kept apart', async () => {
  const file = join(folder, 'again.jsonl')
  const failed = storedSearch({ seed: 1, right: false, end: 'failed' })
  const atStep = (step: number): object => ({ step, advantage: 0.5, trajectory: searches[1] })
  await writeFile(file, jsonLines([failed, searches[0], atStep(1), atStep(2), atStep(2)]))
  const index = new RunIndex(file)
  await index.update()
  expect(index.items).toHaveLength(5)
  expect(index.searches.map(({ item }) => [item.index, item.step, item.verdict])).toEqual([
    [1, undefined, 'correct'],
    [2, 1, 'correct'],
    [4, 2, 'correct'],
  ])
})
