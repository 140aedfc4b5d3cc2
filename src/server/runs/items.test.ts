/** Which searches of a run are shown and counted. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, storedSearch } from '../../../test/stored-searches.ts'
import { rolloutLog, searchLog } from '../../runs/searches.ts'
import { problemGroup, latest, runIndex } from './items.ts'

let folder: string
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'items-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

test('of a search that was done again the last counts; steps of training are kept apart', async () => {
  const failed = storedSearch({ seed: 1, right: false, end: 'failed' })
  const [first, second] = [1, 2].map((seed) => storedSearch({ seed, right: true }))
  const atStep = (step: number): object => ({ step, advantage: 0.5, trajectory: second })
  await writeFile(join(folder, 'trajectories.jsonl'), jsonLines([failed, first]))
  await writeFile(join(folder, 'rollouts.jsonl'), jsonLines([atStep(1), atStep(2), atStep(2)]))
  const shown = []
  for (const log of [searchLog, rolloutLog]) {
    const index = runIndex({ path: folder, log })
    await index.update()
    shown.push(latest(index, new Map()).map(({ item }) => [item.index, item.step, item.verdict]))
  }
  expect(shown).toEqual([
    [[1, undefined, 'correct']],
    [
      [0, 1, 'correct'],
      [2, 2, 'correct'],
    ],
  ])
})

test('beside a search stand the others of its problem, in order, and of very many only itself', async () => {
  const own = join(folder, 'group')
  await mkdir(own)
  const search = (sampleIndex: number, seed = 1) => storedSearch({ seed, right: true, sampleIndex })
  const many = Array.from({ length: 17 }, (_, sampleIndex) => search(sampleIndex, 3))
  await writeFile(join(own, 'trajectories.jsonl'), jsonLines([search(1), search(0), search(0, 2), search(1), ...many]))
  const index = runIndex({ path: own, log: searchLog })
  await index.update()
  const beside = (at: number): number[] => problemGroup(index, at).map((item) => item.index)
  expect([0, 1, 2, 3, 4, 99].map(beside)).toEqual([[1, 0], [1, 3], [2], [1, 3], [4], []])
})
