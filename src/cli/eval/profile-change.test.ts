/** What becomes of a run whose profile a later version has changed. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeVstar } from '../../../test/benchmark-fixtures.ts'
import { folder, mini, onBenchmark, server, setUpEvalKit } from '../../../test/eval-kit.ts'

setUpEvalKit()

test('a run of an earlier form of official is reported as one, and not gone on with', async () => {
  await writeVstar(folder)
  await onBenchmark('vstar', 'run', '--limit', '1', '--profile', 'official')
  const path = join(folder, 'run', 'config.json')
  const config = JSON.parse(await readFile(path, 'utf8')) as object
  await writeFile(path, JSON.stringify({ ...config, profile: `fe72c8fd8e36${'0'.repeat(52)}` }))

  const asked = server.requests.length
  await expect(onBenchmark('vstar', 'run', '--limit', '1', '--profile', 'official')).rejects.toMatchObject({
    code: 'profile-changed',
    message: expect.stringContaining('since then pictures are read as Pillow does') as string,
  })
  expect(server.requests).toHaveLength(asked)

  await mini('report', join(folder, 'run'), '--out', join(folder, 'scores'))
  const told = await readFile(join(folder, 'scores', 'report.md'), 'utf8')
  expect(told).toContain(
    'profile official (fe72c8fd; an earlier form of it: since then pictures are read as Pillow does, and a reply',
  )
})
