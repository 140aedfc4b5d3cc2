/** One filter chooses the same searches in the table of the page, in `export`, `view` and `report`. Needs `npm run build` for the pages. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { jsonLines, storedSearch, writeRun } from '../../../test/stored-searches.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { ItemRow } from '../../server/api/types.ts'
import { readFilter } from '../../protocol/filter/filter.ts'
import { openRuns } from '../../server/runs/runs.ts'
import { program } from '../program.ts'
import { readCollection } from './read-collection.ts'

let folder: string
let searches: readonly Trajectory[]

/** 12 problems with two searches each, of 1 to 6 turns; every third search is wrong, one is noted. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'where-'))
  searches = Array.from({ length: 24 }, (_, index) =>
    storedSearch({
      seed: Math.floor(index / 2),
      sampleIndex: index % 2,
      right: index % 3 !== 0,
      turns: 1 + (index % 6),
      thought: index % 4 === 0 ? 'A café, "here"?' : 'It may be there.',
    }),
  )
  const settings = { command: 'eval', policy: 'embedded', samples: 2, maxTurns: 8, seed: 1, benchmark: 'vstar' }
  await writeRun(join(folder, 'eval'), settings, { 'trajectories.jsonl': jsonLines(searches) })
  await mini('note', run(), '--problem', idOf(3), '--star', '--tag', 'to check', '--verdict', 'right')
})
afterAll(() => rm(folder, { recursive: true }))

const idOf = (index: number): string => searches[index * 2]!.problem.docId
const run = (): string => join(folder, 'eval')

/** What the command prints on stdout. */
async function mini(...words: string[]): Promise<string> {
  let said = ''
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((said += String(text))))
  try {
    await (await program(words)).exitOverride().parseAsync(words, { from: 'user' })
    return said
  } finally {
    spy.mockRestore()
  }
}

const nameOf = ({ problem, sampleIndex }: Trajectory): string => `${problem.dataSource}/${problem.docId} ${sampleIndex}`

async function inTable(where: string): Promise<string[]> {
  const { items } = await openRuns(folder).matching('eval', readFilter(where), new AbortController().signal)
  return items.map(({ problem, sampleIndex }) => `${problem} ${sampleIndex}`).toSorted()
}

test.each([
  ['correct and turns > 3', 8],
  ['not correct', 7],
  ['"CAFÉ, \\"here\\"" and turns:2..6', 4],
  ['starred and tag:"to check" and corrected', 1],
  ['looked = 0 or looked > 0', 24],
  ['benchmark = vstar and run:eval and level = easy and pattern != backtrack and sample = 2', 4],
])('%s chooses %i searches everywhere', async (where, count) => {
  const table = await inTable(where)
  expect(table).toHaveLength(count)

  const made = await mkdtemp(join(folder, 'made-'))
  const site = join(made, 'site')
  await mini('view', run(), '--where', where, '--export', site)
  const page = await readFile(join(site, 'index.html'), 'utf8')
  const [, json = ''] = /<script[^>]*application\/json[^>]*>(.*?)<\/script>/s.exec(page) ?? []
  const { details, only } = JSON.parse(json) as { details: { items: ItemRow[] }; only: object }
  expect(details.items.map(({ problem, sampleIndex }) => `${problem} ${sampleIndex}`).toSorted()).toEqual(table)
  expect(only).toEqual({ where, of: 24 })

  const report = JSON.parse(await mini('report', run(), '--where', where, '--json')) as { runs: Reported[] }
  expect(report.runs).toMatchObject([{ chosen: { where, searches: count, of: 24 }, failures: { of: count } }])
  expect(report.runs[0]!.protocol).toContain(`only ${count} of 24 searches (${where})`)

  // A set has the right ones of them.
  const set = ['--to', 'collection', '--out', join(made, 'set')]
  const right = await inTable(`(${where}) and correct and end:answered`)
  if (right.length === 0) {
    const why = /no search with the right answer within its limits among the \d+ search.+ left out: .+ \(\d+\)/
    await expect(mini('export', run(), '--where', where, ...set)).rejects.toThrow(why)
  } else {
    const exported = JSON.parse(await mini('export', run(), '--where', where, ...set, '--json')) as object
    expect(exported).toMatchObject({ rows: right.length, matched: count, of: 24 })
    expect((await readCollection(join(made, 'set'))).map(nameOf).toSorted()).toEqual(right)
  }
})

interface Reported {
  readonly protocol: string
}

test('a set has verdicts as corrected by hand, and says where it is from; sft and another export take it', async () => {
  const [out, other, both] = ['noted', 'other', 'both'].map((name) => join(folder, name)) as [string, string, string]
  const said = await mini('export', run(), '--where', 'corrected', '--to', 'collection', '--out', out)
  expect(said).toContain('1 of 24 searches match the filter.')
  expect(said).toContain(`Train on it: mini-o3 sft --collection ${out}`)
  expect(await readCollection(out)).toMatchObject([{ verdict: { kind: 'correct', reason: 'corrected by hand' } }])
  expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
    command: 'collect',
    benchmark: 'vstar',
    source: { command: 'eval', runs: [run()], where: 'corrected' },
  })
  const judged = ['--where', 'starred and correct', '--as-judged', '--to', 'collection', '--out', other]
  await expect(mini('export', run(), ...judged)).rejects.toThrow('No search matches the filter')
  expect(await mini('sft', '--collection', out, '--steps', '1', '--plan')).toContain('1 optimiser steps')
  // The same search of two runs becomes two.
  const of = ['--where', 'starred or turns = 1', '--to', 'collection', '--out', both, '--json']
  expect(JSON.parse(await mini('export', run(), out, ...of))).toMatchObject({ of: 25 })
  const names = (await readCollection(both)).map(nameOf)
  expect(new Set(names).size).toBe(names.length)
})

const noMatch = 'No search matches the filter, of 24 searches: turns > 90'
test.each([
  [
    ['export', '--to', 'trl', '--out', 'no', '--where', 'corect'],
    '  corect\n  ^^^^^^\nThere is no field corect. Nearest: correct',
  ],
  [['report', '--where', 'turns > '], 'Expected a value after turns >'],
  [['view', '--where', 'level:hrd'], 'level is never hrd. Nearest: hard'],
  [['export', '--to', 'trl', '--out', 'no', '--where', 'turns > 90'], noMatch],
  [['report', '--where', 'turns > 90'], noMatch],
  [['view', '--export', 'no', '--where', 'turns > 90'], noMatch],
  [['export', '--to', 'inspect', '--out', 'no', '--where', 'correct'], '--where has no effect here'],
  [['export', '--to', 'collection', '--out', 'no', '--all'], '--all has no effect here'],
  [['view', '--figure', 'no.svg', '--where', 'correct'], 'leave out --figure'],
])('what is wrong ends with exit 2, says why and writes nothing: %j', async ([command = '', ...words], why) => {
  const placed = words.map((word) => (word.startsWith('no') ? join(folder, word) : word))
  await expect(mini(command, run(), ...placed)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(why),
  })
  expect((await readdir(folder)).filter((name) => name.startsWith('no') && name !== 'noted')).toEqual([])
})

test('of several runs all are searched, and what is no run or no set is named', async () => {
  await expect(mini('export', run(), run(), '--to', 'tensorboard', '--out', join(folder, 'tb'))).rejects.toThrow(
    'takes one run, not 2',
  )
  await expect(mini('export', run(), folder, '--to', 'trl', '--out', join(folder, 'trl'))).rejects.toThrow(
    /holds several runs|is not a run folder/,
  )
  await expect(mini('sft', '--collection', run(), '--plan')).rejects.toThrow(`mini-o3 export ${run()} --to collection`)
})
