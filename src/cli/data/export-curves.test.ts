/** `mini-o3 export --to tensorboard`, from folders that runs leave to files that are read back. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readEvents } from '../../../test/read-events.ts'
import { runCommand } from '../../../test/run-command.ts'
import { storedSearch } from '../../../test/stored-searches.ts'
import { addExport } from './export.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-curves-'))
})
afterEach(() => rm(folder, { recursive: true }))

const out = (): string => join(folder, 'curves')
const file = (...run: string[]): string => join(out(), ...run, 'events.out.tfevents.0.mini-o3')
const exported = async (...words: string[]): Promise<unknown> => {
  const said = await runCommand([addExport], 'export', ...words, '--to', 'tensorboard', '--out', out(), '--json')
  return JSON.parse(said.stdout)
}

async function runOf(name: string, config: object, logs: Readonly<Record<string, readonly object[]>>): Promise<string> {
  const path = join(folder, 'runs', name)
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'config.json'), JSON.stringify(config))
  for (const [log, lines] of Object.entries(logs)) {
    await writeFile(join(path, `${log}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }
  return path
}

const step = (number: number, changes: object = {}): object => ({
  stage: 'rl',
  step: number,
  reward: number / 4,
  ends: { answered: 0.75, 'over-turn': 0.25 },
  lost: ['a search failed', 'another'],
  gradientNorm: null,
  endedMs: 1_000_000 + number * 1000,
  ...changes,
})

test('every figure of a step becomes a scalar at its time, in the groups in which it is logged', async () => {
  const path = await runOf(
    'rl',
    { command: 'rl' },
    { metrics: [{ stage: 'look', step: 1, loss: 2 }, step(1), step(2)] },
  )
  expect(await exported(path)).toMatchObject({ runs: 1, scalars: 1 + 2 * 4, written: 1, out: out() })
  const { scalars, wallTimes } = await readEvents(file())
  expect(scalars).toEqual({
    'look/loss': [[1, 2]],
    'rl/reward': [
      [1, 0.25],
      [2, 0.5],
    ],
    'rl/ends/answered': [
      [1, 0.75],
      [2, 0.75],
    ],
    'rl/ends/over-turn': [
      [1, 0.25],
      [2, 0.25],
    ],
    'rl/lost': [
      [1, 2],
      [2, 2],
    ],
  })
  expect(wallTimes.slice(1)).toEqual([1001, 1002])
})

test('repeated, it writes nothing; what came since is appended; what a resume did otherwise is written anew', async () => {
  const path = await runOf('rl', { command: 'rl' }, { metrics: [step(1), step(2)] })
  await exported(path)
  const before = await readFile(file())
  expect(await exported(path)).toMatchObject({ written: 0 })
  await runOf('rl', { command: 'rl' }, { metrics: [step(1), step(2), step(3)] })
  const { ino } = await stat(file())
  expect(await exported(path)).toMatchObject({ written: 1 })
  const grown = await readFile(file())
  expect(grown.length).toBeGreaterThan(before.length)
  expect(grown.subarray(0, before.length).equals(before)).toBe(true)
  // The very file, for whoever has it open.
  expect((await stat(file())).ino).toBe(ino)
  await runOf('rl', { command: 'rl' }, { metrics: [step(1), step(2, { reward: 1 })] })
  await exported(path)
  expect((await readEvents(file())).scalars['rl/reward']).toEqual([
    [1, 0.25],
    [2, 1],
  ])
})

test('a file that was cut off while it was written is completed', async () => {
  const path = await runOf('rl', { command: 'rl' }, { metrics: [step(1), step(2)] })
  await exported(path)
  const whole = await readFile(file())
  await writeFile(file(), whole.subarray(0, whole.length - 9))
  expect(await exported(path)).toMatchObject({ written: 1 })
  expect((await readFile(file())).equals(whole)).toBe(true)
})

test('a folder of runs: each has a folder of its own, evaluations with their accuracy at every turn limit', async () => {
  await runOf('full/rl-masked', { command: 'rl' }, { metrics: [step(1)] })
  const config = { command: 'eval', samples: 1, maxTurns: 3, seed: 1 }
  const searches = [storedSearch({ seed: 1, right: true, turns: 2 }), storedSearch({ seed: 2, right: false, turns: 3 })]
  await runOf('full/eval-masked', config, { trajectories: searches })
  await runOf('half-done', { ...config, samples: 2 }, { trajectories: searches })
  expect(await exported(join(folder, 'runs'))).toMatchObject({ runs: 2, written: 2 })
  expect((await readEvents(file('full', 'rl-masked'))).scalars['rl/reward']).toEqual([[1, 0.25]])
  const { scalars } = await readEvents(file('full', 'eval-masked'))
  expect(scalars['eval/accuracy by turn limit/all']).toEqual([
    [1, 0],
    [2, 0.5],
    [3, 0.5],
  ])
  expect(scalars).toMatchObject({ 'eval/all/avgAtK': [[0, 0.5]], 'eval/all/meanTurns': [[0, 2.5]] })
})

test('where there is no curve it says so, and options of training sets are refused', async () => {
  await expect(exported(folder)).rejects.toMatchObject({ code: 'export-nothing' })
  const path = await runOf('half-done', { command: 'eval', samples: 2, maxTurns: 3, seed: 1 }, { trajectories: [] })
  await expect(exported(path)).rejects.toMatchObject({ code: 'export-nothing' })
  await expect(exported(path, '--all')).rejects.toThrow(/--all/)
})

test('runs whose config.json is broken are named as left out; the others are exported', async () => {
  await runOf('rl', { command: 'rl' }, { metrics: [step(1)] })
  const torn = await runOf('torn', {}, { metrics: [step(1)] })
  await writeFile(join(torn, 'config.json'), '{"command"')
  const said = await runCommand([addExport], 'export', join(folder, 'runs'), '--to', 'tensorboard', '--out', out())
  expect(said.stderr).toMatch(/Left out: torn: config\.json cannot be read: /)
  expect(await exported(join(folder, 'runs'))).toMatchObject({
    runs: 1,
    unreadable: [{ run: 'torn', why: expect.stringContaining('config.json cannot be read') }],
  })
  await expect(exported(torn)).rejects.toMatchObject({
    code: 'export-nothing',
    message: expect.stringContaining('config.json cannot be read'),
  })
})
