/** What a long run leaves on a server: its last two checkpoints, and it never ends over the older ones. */
import { access, readdir } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { tinyFolder, tinyRun } from '../../../test/tinker-runs.ts'
import { startTinkerServer, type TinkerServerOptions } from '../../../test/tinker-server.ts'
import { serveToyModel } from '../../../test/tinker-toy-model.ts'
import { special } from '../../model/tokenizer.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { keepCheckpoint } from '../../train/run-log.ts'
import { tinkerEngine } from './tinker-engine.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close()
})

/** Saves after each of six steps; returns the notes that are left here and the checkpoints there. */
async function sixCheckpoints(fault?: TinkerServerOptions['fault']): Promise<{ here: string[]; there: string[] }> {
  const folder = await tinyFolder()
  const server = await startTinkerServer({ make: serveToyModel, holdMs: 20, folder, fault })
  opened.push(server)
  const engine = await tinkerEngine({ url: server.url, endTokens: [special.end], patience: { pollEveryMs: 1 } })
  opened.push(engine)
  const opening = await tinyRun({})
  opened.push(opening)
  // A log that is read again at each save costs the square of its length.
  const run: RunFolder = { ...opening, read: () => expect.unreachable('The log was read to save a checkpoint.') }
  for (let step = 1; step <= 6; step++) await keepCheckpoint(engine, run, 'rl', step)
  const here = (await readdir(run.path)).filter((name) => name.startsWith('checkpoint-'))
  for (const note of here) await access(run.file(note))
  const names = await readdir(folder, { recursive: true })
  const there = names.flatMap((name) => /checkpoint-rl-\d/.exec(name)?.[0] ?? [])
  expect(server.violations).toEqual([])
  return { here: here.toSorted(), there: there.toSorted() }
}

test('however many there were, the last two are left, here and there', async () => {
  const { here, there } = await sixCheckpoints()
  expect(here).toEqual(['checkpoint-rl-5.json', 'checkpoint-rl-6.json'])
  expect(there).toEqual(['checkpoint-rl-5', 'checkpoint-rl-6'])
})

test('a server that refuses to delete ends no run; what it kept is noted, and deleted when it lets us', async () => {
  const deletes = (path: string): boolean => path.startsWith('training_runs/')
  const never = await sixCheckpoints((path) => (deletes(path) ? { status: 403 } : undefined))
  expect(never.here).toHaveLength(6)
  let asked = 0
  const later = await sixCheckpoints((path) => (deletes(path) && asked++ < 2 ? { status: 500 } : undefined))
  expect(later.here).toEqual(['checkpoint-rl-5.json', 'checkpoint-rl-6.json'])
})
