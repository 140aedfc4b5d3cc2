/** `progress.json` of a run on a real disk. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { progressFile } from './progress.ts'
import { openRun } from './run-folder.ts'
import { readRunFile } from './run-file.ts'
import { logStep } from './training.ts'

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'progress-')), 'run')
})
afterEach(() => rm(join(folder, '..'), { recursive: true }))

const stored = () => readRunFile(folder, progressFile)
const counted = (done: number) => ({ unit: 'steps', total: 10, done })

test('a run tells how far it is, what was done before a resume, and how it ended', async () => {
  const run = await openRun(folder, { command: 'sft' })
  run.tell(counted(0))
  await vi.waitFor(async () => expect(await stored()).toMatchObject({ total: 10, done: 0, before: 0 }))
  run.tell(counted(4))
  await logStep(run, { stage: 'sft', step: 4 })
  await run.end({ how: 'failed', reason: 'x'.repeat(5000) })
  await run.abandon()
  expect(await stored()).toMatchObject({ done: 4, before: 0, ended: { how: 'failed', reason: 'x'.repeat(1000) } })

  const again = await openRun(folder, { command: 'sft' })
  again.tell(counted(4))
  await vi.waitFor(async () => expect((await stored())?.ended).toBeUndefined())
  again.tell(counted(10))
  await again.end({ how: 'complete' })
  await again.close()
  expect(await stored()).toMatchObject({ done: 10, before: 4, ended: { how: 'complete' } })
})

test('what is told soon after the last writing is written too, though nothing is told after it', async () => {
  const run = await openRun(folder, { command: 'eval' })
  run.tell(counted(0))
  await vi.waitFor(async () => expect(await stored()).toMatchObject({ done: 0 }))
  run.tell(counted(5))
  run.tell(counted(7))
  await vi.waitFor(async () => expect(await stored()).toMatchObject({ done: 7 }), { timeout: 60_000 })
  await run.close()
})

test('without counts there is no file, and a run that only counted is removed as one without work', async () => {
  const silent = await openRun(folder, { command: 'ask' })
  await silent.end({ how: 'complete' })
  await silent.close()
  expect(await stored()).toBeUndefined()
  const other = join(folder, '..', 'other')
  const run = await openRun(other, { command: 'eval' })
  run.tell(counted(0))
  await run.end({ how: 'failed', reason: 'no server' })
  await run.abandon()
  expect(existsSync(other)).toBe(false)
})

test('nothing is written into a run that another process has taken over', async () => {
  const run = await openRun(folder, { command: 'eval' })
  await writeFile(join(folder, 'lock'), '{}')
  vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] })
  run.tell(counted(3))
  await run.end({ how: 'complete' })
  vi.useRealTimers()
  expect(await stored()).toBeUndefined()
  await run.close()
})
