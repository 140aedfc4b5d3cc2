/** Which searches of a run are shown and counted. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, storedSearch } from '../../../test/stored-searches.ts'
import { rolloutLog, searchLog } from '../../runs/searches.ts'
import { latest, runIndex } from './items.ts'

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
