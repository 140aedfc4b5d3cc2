/** Which checkpoints a run keeps, whatever a kill or a damaged log left. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { openRun } from '../runs/run-folder.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { UserError } from '../shared/errors.ts'
import { keepCheckpoint, loadCheckpoint } from './run-log.ts'

let folder: string
let run: RunFolder
const broken = new Set<string>()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-log-'))
  run = await openRun(join(folder, 'run'), { command: 'rl' })
  broken.clear()
})
afterEach(async () => {
  await run.close()
  await rm(folder, { recursive: true })
})

/** Saves empty files. */
const engine = {
  checkpointSuffix: '.json',
  save: (file: string) => writeFile(file, ''),
  load: (file: string) =>
    broken.has(file) ? Promise.reject(new UserError('checkpoint-broken', 'Not whole.')) : Promise.resolve(),
  discard: (file: string) => rm(file),
} as unknown as Engine

const save = (...steps: number[]) =>
  steps.reduce((before, step) => before.then(() => keepCheckpoint(engine, run, 'rl', step)), Promise.resolve())
const stray = (step: number) => writeFile(run.file(`checkpoint-rl-${step}.json`), '')
const steps = async () => {
  const found = (await readdir(run.path)).map((name) => /^checkpoint-rl-(\d+)/.exec(name)?.[1])
  return found.flatMap((step) => (step === undefined ? [] : [Number(step)])).toSorted((a, b) => a - b)
}

test('one that a kill left without its line is never taken for the one before', async () => {
  await save(8, 10)
  await stray(17)
  expect(await loadCheckpoint(engine, run)).toMatchObject({ step: 10 })
  expect(await steps()).toEqual([8, 10])
  await save(20)
  expect(await steps()).toEqual([10, 20])
})

test('what lies ahead of a step that is done again goes once that is saved', async () => {
  await save(10, 20)
  broken.add(run.file('checkpoint-rl-20.json'))
  expect(await loadCheckpoint(engine, run, () => {})).toMatchObject({ step: 10 })
  expect(await steps()).toEqual([10, 20])
  await save(15)
  expect(await steps()).toEqual([10, 15])
})

test('where the log is lost, nothing is discarded before the next step is saved', async () => {
  await stray(10)
  await stray(20)
  expect(await loadCheckpoint(engine, run)).toBeUndefined()
  expect(await steps()).toEqual([10, 20])
})
