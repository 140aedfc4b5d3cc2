/** Which checkpoints a run keeps, whatever a kill or a damaged log left. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { openRun } from '../runs/run-folder.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { UserError } from '../shared/errors.ts'
import { rolloutLog } from '../runs/searches.ts'
import { readSteps, stepLog } from '../runs/training.ts'
import { searched } from '../../test/searched.ts'
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

test('what is logged behind the checkpoint is removed: it is done and logged again', async () => {
  const log = async (...wanted: number[]): Promise<void> => {
    for (const step of wanted) {
      await run.append(stepLog, { stage: 'rl', step, reward: 0 })
      await run.append(rolloutLog, { step, advantage: 0, trajectory: searched([0]) })
    }
  }
  const logged = async (): Promise<number[][]> => {
    const rollouts: number[] = []
    for await (const { step } of run.read(rolloutLog)) rollouts.push(step)
    return [(await readSteps(run, 'rl')).map(({ step }) => step), rollouts]
  }
  await run.append(stepLog, { stage: 'look', step: 90 })
  await log(1, 2)
  await save(2)
  await log(3, 4)
  await loadCheckpoint(engine, run)
  expect(await logged()).toEqual([
    [1, 2],
    [1, 2],
  ])
  await log(3)
  expect(await logged()).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ])
  expect(await readSteps(run, 'look')).toHaveLength(1)
})
