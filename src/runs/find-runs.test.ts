/** Which folders are listed as runs, and that one broken run neither disappears nor breaks the list. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRun, findRuns, settingsReader } from './find-runs.ts'

let root: string
const folderWith = async (name: string, configuration?: string): Promise<void> => {
  await mkdir(join(root, name), { recursive: true })
  if (configuration !== undefined) await writeFile(join(root, name, 'config.json'), configuration)
}
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'find-runs-'))
  await folderWith('good', '{"command":"eval"}')
  await folderWith('empty folder')
})
afterAll(() => rm(root, { recursive: true, force: true }))

test.each([
  ['empty', '', /^config\.json cannot be read: /],
  ['cut short', '{"command":"eval"', /^config\.json cannot be read: /],
  ['a list', '[]', /^config\.json cannot be read: it: .*expected record/],
  ['null', 'null', /^config\.json cannot be read: it: .*expected record/],
  ['of bytes', '\0\u0001', /^config\.json cannot be read: /],
])('a run whose config.json is %s is listed as unreadable, with the reason and a fix', async (_, text, why) => {
  await folderWith('broken', text)
  for (const read of [undefined, settingsReader()]) {
    const found = new Map((await findRuns(root, read)).map((run) => [run.name, run]))
    expect([...found.keys()].toSorted()).toEqual(['broken', 'good'])
    expect(found.get('good')).toMatchObject({ settings: { command: 'eval' } })
    expect(found.get('good')).not.toHaveProperty('unreadable')
    expect(found.get('broken')?.settings).toEqual({})
    expect(found.get('broken')?.unreadable).toMatch(why)
    expect(found.get('broken')?.unreadable).toMatch(/Restore the file/)
    await expect(findRun(root, 'broken', read)).rejects.toMatchObject({
      code: 'run-config-broken',
      message: expect.stringMatching(why),
    })
  }
  expect(await findRun(root, 'empty folder')).toBeUndefined()
})
