/** Run folders that came from somebody else: links and pipes are not followed, and pictures are what their names say. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLines, storedSearch, writeRun } from '../../../test/stored-searches.ts'
import { sha256 } from '../../shared/canonical.ts'
import { encodePng } from '../../vision/encode.ts'
import { openRuns } from './runs.ts'

const log = 'trajectories.jsonl'
const evaluation = { command: 'eval', policy: 'embedded', maxTurns: 8 }
const search = storedSearch({ seed: 1, right: true })
let folder: string
let png: Uint8Array
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foreign-files-'))
  png = await encodePng({ width: 8, height: 4, data: new Uint8Array(96) })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = (name: string): string => join(folder, 'runs', name)
const runs = () => openRuns(join(folder, 'runs'))

async function runWith(name: string, sha: string): Promise<string> {
  const picture = { sha256: sha, width: 8, height: 4 }
  await writeRun(run(name), evaluation, { [log]: jsonLines([{ ...search, picture }]) })
  await mkdir(join(run(name), 'images'))
  return join(run(name), 'images', `${sha}.png`)
}

/** Each puts something else in the place of the file. */
const replaced: readonly [string, (file: string) => Promise<void>][] = [
  [
    'a link',
    async (file) => {
      await rename(file, join(folder, 'elsewhere'))
      await symlink(join(folder, 'elsewhere'), file)
    },
  ],
  [
    'a pipe',
    async (file) => {
      await rm(file)
      execFileSync('mkfifo', [file])
    },
  ],
  [
    'a folder',
    async (file) => {
      await rm(file)
      await mkdir(file)
    },
  ],
]

test.each(replaced)('%s is no log, no settings, no list of problems, and no picture', async (kind, replace) => {
  const name = kind.replace(' ', '-')
  const file = await runWith(name, sha256(png))
  await writeFile(file, png)
  expect((await runs().picture(name, 0)).sha256).toBe(sha256(png))
  await replace(file)
  await expect(runs().picture(name, 0)).rejects.toMatchObject({ code: 'no_picture' })

  for (const other of ['metrics.jsonl', 'lock', 'problems.json']) {
    await writeFile(join(run(name), other), '')
    await replace(join(run(name), other))
  }
  expect((await runs().figures(name)).scores).not.toBeNull()
  expect((await runs().diff(name, name)).rows).toHaveLength(1)

  await replace(join(run(name), log))
  await expect(runs().details(name)).rejects.toMatchObject({
    code: 'log_unreadable',
    message: expect.stringContaining('plain'),
  })
  await replace(join(run(name), 'config.json'))
  await expect(runs().details(name)).rejects.toMatchObject({ code: 'no_run' })
  expect(await runs().list()).toEqual([])
})

test('a folder of pictures that is a link is not followed', async () => {
  const file = await runWith('linked', sha256(png))
  await writeFile(file, png)
  await rename(join(run('linked'), 'images'), join(folder, 'pictures'))
  await symlink(join(folder, 'pictures'), join(run('linked'), 'images'))
  await expect(runs().picture('linked', 0)).rejects.toMatchObject({ code: 'no_picture' })
})

test('a picture whose content has another hash than its name is not shown', async () => {
  const file = await runWith('changed', '1'.repeat(64))
  await writeFile(file, png)
  await expect(runs().picture('changed', 0)).rejects.toMatchObject({ status: 404, code: 'picture_changed' })
})

test('data that could not be read are read again when they are back', async () => {
  const data = join(folder, 'data')
  const row = { images: ['a.png'], problem: '<image>\nWhich digit?', solution: '4', doc_id: 'row', data_source: 'set' }
  const problem = { docId: 'row', dataSource: 'set', question: 'Which digit?' }
  const picture = { sha256: sha256(png), width: 8, height: 4 }
  await writeRun(
    run('collected'),
    { ...evaluation, command: 'collect', data },
    {
      [log]: jsonLines([{ ...search, problem, picture }]),
    },
  )
  const open = runs()
  await expect(open.picture('collected', 0)).rejects.toMatchObject({ code: 'no_picture' })
  await mkdir(data)
  await writeFile(join(data, 'train.json'), JSON.stringify([row]))
  await writeFile(join(data, 'a.png'), png)
  expect((await open.picture('collected', 0)).sha256).toBe(sha256(png))
})

test('asks of a server are rows of their own, unscored', async () => {
  const asked = (ask: number, policy: string, sampleIndex = 0) => ({ ...search, ask, policy, sampleIndex })
  const five = [1, 2, 3, 4, 5].map((ask) => asked(ask, `chat:${ask}`))
  await writeRun(run('served'), { command: 'serve' }, { [log]: jsonLines([...five, asked(5, 'chat:5', 1)]) })
  const { items } = await runs().details('served')
  expect(items.map(({ ask, policy }) => [ask, policy])).toEqual([
    [1, 'chat:1'],
    [2, 'chat:2'],
    [3, 'chat:3'],
    [4, 'chat:4'],
    [5, 'chat:5'],
    [5, 'chat:5'],
  ])
  expect((await runs().figures('served')).scores).toBeNull()
  await expect(runs().diff('served', 'served')).rejects.toMatchObject({ code: 'not_comparable' })
})
