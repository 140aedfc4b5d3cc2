/** Which searches of a run are exported, and how those of several runs are told apart. */
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, storedSearch } from '../../../test/stored-searches.ts'
import { takeNote } from '../../runs/notes.ts'
import { readChosenSearches, withOwnNames } from './chosen-searches.ts'

let folder: string
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'chosen-'))))
afterAll(() => rm(folder, { recursive: true }))

const log = (): string => join(folder, 'trajectories.jsonl')

test('the right ones, or all that did not fail, of those that match; of the same search the last line', async () => {
  const [before, right] = [false, true].map((is) => storedSearch({ seed: 1, right: is }))
  const wrong = storedSearch({ seed: 2, right: false, turns: 4 })
  const failed = storedSearch({ seed: 3, right: false, end: 'failed' })
  const overTurn = storedSearch({ seed: 4, right: true, end: 'over-turn', turns: 4 })
  await writeFile(log(), jsonLines([before, wrong, failed, overTurn, right]))
  await appendFile(log(), '{"version":99}\n')
  const written = await readFile(log())
  expect(await readChosenSearches(folder, { all: false })).toEqual({
    searches: [right],
    leftOut: { 'wrong answer': 1, failed: 1, 'no answer before a limit': 1 },
    matched: 4,
    of: 4,
  })
  const all = await readChosenSearches(folder, { all: true })
  expect(all.searches.map(({ problem }) => problem.docId)).toEqual(
    [right, wrong, overTurn].map((one) => one!.problem.docId),
  )
  const long = await readChosenSearches(folder, { all: true, matches: ({ turns }) => turns.length > 3 })
  expect(long).toEqual({ searches: [wrong, overTurn], leftOut: {}, matched: 2, of: 4 })
  expect(await readChosenSearches(folder, { all: false, matches: ({ turns }) => turns.length > 3 })).toMatchObject({
    searches: [],
    matched: 2,
  })
  expect(await readFile(log())).toEqual(written)
})

test('searches of several asks about one problem are several searches', async () => {
  const search = storedSearch({ seed: 1, right: true })
  await writeFile(
    log(),
    jsonLines([
      { ...search, ask: 1 },
      { ...search, ask: 2 },
      { ...search, ask: 2 },
    ]),
  )
  const { searches } = await readChosenSearches(folder, { all: false })
  expect(searches.map(({ ask }) => ask)).toEqual([1, 2])
  const [own] = withOwnNames([{ path: '', settings: {}, searches }])
  expect(own!.searches.map(({ sampleIndex }) => sampleIndex)).toEqual([0, 1])
})

test('searches of the same name in several runs get other numbers, and the first keeps its own', () => {
  const [one, other] = [0, 1].map((sampleIndex) => storedSearch({ seed: 1, right: true, sampleIndex }))
  const run = (...searches: (typeof one)[]) => ({ path: '', settings: {}, searches: searches.map((search) => search!) })
  const named = withOwnNames([run(one, other), run(one), run(other)])
  expect(named.map(({ searches }) => searches.map(({ sampleIndex }) => sampleIndex))).toEqual([[0, 1], [2], [3]])
})

test('numbers for tens of thousands of searches of one name are found in time', () => {
  const search = storedSearch({ seed: 1, right: true })
  const searches = Array.from({ length: 30_000 }, () => search)
  const [named] = withOwnNames([{ path: '', settings: {}, searches }])
  expect(new Set(named!.searches.map(({ sampleIndex }) => sampleIndex)).size).toBe(searches.length)
})

test('what is left out is counted by its reason, also where a verdict was corrected by hand', async () => {
  const noted = await mkdtemp(join(folder, 'noted-'))
  const right = storedSearch({ seed: 1, right: true })
  const limited = storedSearch({ seed: 2, right: false, end: 'over-turn' })
  const cut = storedSearch({ seed: 3, right: false, end: 'void' })
  const late = { ...storedSearch({ seed: 4, right: true }), end: 'over-turn' as const }
  const plain = { kind: 'answer', text: '4', plain: true } as const
  const prose = storedSearch({ seed: 5, right: true, turns: 1 })
  const prosaic = { ...prose, turns: prose.turns.map((turn) => ({ ...turn, action: plain })) }
  const { verdict: _verdict, ...unjudged } = storedSearch({ seed: 6, right: true })
  await writeFile(join(noted, 'trajectories.jsonl'), jsonLines([right, limited, cut, late, prosaic, unjudged]))
  for (const trajectory of [limited, cut])
    await takeNote(noted, { search: { trajectory }, before: undefined, change: { verdict: 'right' } })
  const always = {
    'no answer before a limit': 1,
    'no answer': 1,
    'answered beyond a limit': 1,
    'no verdict': 1,
  }
  expect((await readChosenSearches(noted, { all: false })).leftOut).toEqual(always)
  const chosen = await readChosenSearches(noted, { all: false, learnable: true })
  expect(chosen.leftOut).toEqual({ ...always, 'answered in plain prose': 1 })
  expect(chosen.searches).toEqual([right])
})
