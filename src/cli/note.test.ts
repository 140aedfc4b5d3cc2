/** `mini-o3 note`: which search it means, and what it says where it cannot write. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../../test/run-command.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import { readFilter } from '../protocol/filter/filter.ts'
import { openRuns } from '../server/runs/runs.ts'
import { addNote } from './note.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'note-'))
  const searches = [0, 1, 2].map((sampleIndex) => storedSearch({ seed: 1, sampleIndex, right: true }))
  await writeRun(join(folder, 'eval'), { command: 'eval', samples: 3 }, { 'trajectories.jsonl': jsonLines(searches) })
})
afterEach(() => rm(folder, { recursive: true }))

const note = (...words: string[]) => runCommand([addNote], 'note', join(folder, 'eval'), ...words)

test('--sample counts as filters and messages do, from 1', async () => {
  expect((await note('--sample', '2', '--star')).stdout).toContain(', sample 2: ★')
  expect(JSON.parse((await note('--json')).stdout)).toMatchObject({ notes: [{ sample: 2, starred: true }] })
  const { items } = await openRuns(folder).matching(
    'eval',
    readFilter('starred and sample = 2'),
    new AbortController().signal,
  )
  expect(items.map(({ sampleIndex }) => sampleIndex)).toEqual([1])
  await expect(note('--sample', '4', '--star')).rejects.toThrow('There is no sample 4')
  await expect(note('--sample', '4', '--star')).rejects.toThrow('name one of 1, 2, 3 with --sample')
})

test('a run whose notes cannot be written is for the user to mend', async () => {
  await mkdir(join(folder, 'eval', 'notes.jsonl'))
  await expect(note('--star')).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/notes\.jsonl cannot be written: .* Earlier notes are kept\.$/) as unknown,
  })
})
