/** Configurations as they are read and compared: whole ones, those of earlier and later versions, and what is none. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { differingSettings, isRun, readConfiguration, readSettings } from './configuration.ts'

let folder: string
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'configuration-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const evaluation = { command: 'eval', benchmark: 'vstar', samples: 2, maxTurns: 6, seed: 1 }

async function stored(text: string): Promise<string> {
  const path = await mkdtemp(join(folder, 'run-'))
  await writeFile(join(path, 'config.json'), text)
  return path
}

test('an evaluation is read whole, with settings that this version does not know and without what an earlier one lacks', async () => {
  const path = await stored(JSON.stringify({ ...evaluation, added: { later: true } }))
  expect(await isRun(path)).toBe(true)
  expect(await readConfiguration(path, 'eval')).toEqual({ ...evaluation, added: { later: true } })
  const early = await stored('{"samples":2,"maxTurns":6,"seed":1}')
  expect(await readConfiguration(early, 'eval')).toMatchObject({ benchmark: 'visual-probe' })
})

test.each([
  ['[]', 'run-config-broken', 'cannot be read'],
  ['{', 'run-config-broken', 'cannot be read'],
  [`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`, 'run-config-broken', 'nested'],
  ['{"command":"eval","samples":"two"}', 'run-config-broken', 'samples'],
  ['{"command":"sft"}', 'run-of-other-command', 'a run of sft. Name the run folder of mini-o3 eval.'],
])('%s is refused in one sentence', async (text, code, why) => {
  const refused = { code, exitCode: 2, message: expect.stringContaining(why) }
  await expect(readConfiguration(await stored(text), 'eval')).rejects.toMatchObject(refused)
})

test('a folder of several runs names them, in numeric order', async () => {
  const sweep = await mkdtemp(join(folder, 'sweep-'))
  for (const name of ['10', '2', 'black']) {
    await mkdir(join(sweep, name))
    await writeFile(join(sweep, name, 'config.json'), JSON.stringify(evaluation))
  }
  await mkdir(join(sweep, 'notes'))
  const message = `${sweep} holds several runs. Name one of them: 2, 10, black.`
  await expect(readConfiguration(sweep, 'eval')).rejects.toMatchObject({ code: 'several-runs', message })
})

test('a folder without a plain file of settings is not a run', async () => {
  const path = join(folder, 'linked')
  await symlink(await stored('{}'), path)
  expect(await isRun(path)).toBe(true)
  const linkInside = await mkdtemp(join(folder, 'inside-'))
  await symlink(join(path, 'config.json'), join(linkInside, 'config.json'))
  for (const none of [linkInside, join(folder, 'nowhere')]) {
    expect(await isRun(none)).toBe(false)
    await expect(readSettings(none)).rejects.toMatchObject({ code: 'run-not-found', exitCode: 2 })
  }
})

test('a resume compares every setting; what an earlier version did not write is what it meant', () => {
  const { benchmark: _, ...early } = evaluation
  expect(differingSettings(early, { ...evaluation, benchmark: 'visual-probe' })).toEqual([])
  expect(differingSettings({ ...evaluation, added: 1 }, { ...evaluation, seed: 2, limit: undefined })).toEqual([
    'seed: 1, now 2',
    'added: 1, now not set',
  ])
  expect(differingSettings({ command: 'own', a: { b: 1 } }, { command: 'own', a: { b: 2 } })).toEqual(['a.b: 1, now 2'])
})
