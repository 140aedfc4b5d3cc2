/** What a server searched, kept as runs on a real disk, and read as any other run. */
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pixelBox } from '../../protocol/box.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { openRun } from '../../runs/run-folder.ts'
import { encodePng } from '../../vision/encode.ts'
import { openPicture } from '../../vision/open.ts'
import type { KnownPicture } from '../api/pictures.ts'
import { openRuns } from './runs.ts'
import { servedRuns } from './served-runs.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'served-'))
})
afterEach(() => rm(root, { recursive: true }))

type Sent = Required<Pick<KnownPicture, 'picture' | 'encoded'>>

async function sent(grey: number): Promise<Sent> {
  const encoded = await encodePng({ width: 8, height: 4, data: new Uint8Array(96).fill(grey) })
  return { encoded, picture: await openPicture(encoded) }
}

function trajectoryOf({ picture: { sha256, width, height } }: KnownPicture, question: string): Trajectory {
  const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
  const whole = pixelBox(0, 0, width, height)
  return {
    version: 1,
    problem: { docId: question, dataSource: 'ask', question },
    picture: { sha256, width, height },
    policy: 'embedded',
    profile: { name: 'embedded', sha256: '0'.repeat(64) },
    maxTurns: 6,
    seed: 1,
    sampleIndex: 0,
    turns: [{ text: '4', finish: 'stop', action: { kind: 'answer', text: '4' }, usage, ms: 5 }],
    observations: [{ index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: { width, height } }],
    end: 'answered',
    answer: '4',
    usage,
    ms: 10,
  }
}

const served = (): Promise<string[]> => readdir(join(root, 'served')).then((names) => names.toSorted())

test('searches kept at the same time each stand where their links say, with their pictures', async () => {
  const runs = servedRuns(root)
  expect(await readdir(root)).toEqual([])
  const pictures = await Promise.all([10, 20, 10].map(sent))
  const links = await Promise.all(
    pictures.map((picture, index) => runs.keep(trajectoryOf(picture, `q${index}`), [picture.encoded])),
  )
  await runs.close()
  const [name] = await served()
  expect(links.map(({ page }) => page)).toEqual([0, 1, 2].map((index) => `/#/run/served%2F${name}/${index}`))
  const read = openRuns(root)
  await read.details(`served/${name}`, 0)
  for (const [index, { trajectory }] of links.entries()) {
    expect(trajectory).toBe(`/api/runs/served%2F${name}/items/${index}`)
    expect((await read.search(`served/${name}`, index)).problem.question).toBe(`q${index}`)
    expect((await read.picture(`served/${name}`, index)).sha256).toBe(pictures[index]!.picture.sha256)
  }
  await expect(read.search(`served/${name}`, links.length)).rejects.toMatchObject({ status: 404, code: 'no_search' })
  // The same picture is kept once, and whoever comes next finds no lock.
  expect(await readdir(join(root, 'served', name!, 'images'))).toHaveLength(2)
  expect(await readdir(join(root, 'served', name!))).not.toContain('lock')
})

test('a full run is followed by another one, and the oldest are deleted', async () => {
  const runs = servedRuns(root, { searches: 2, pictureBytes: 1024 ** 2, runs: 2 })
  const picture = await sent(0)
  const pages: string[] = []
  // The clock stands still.
  vi.setSystemTime(new Date('2026-01-01'))
  for (let index = 0; index < 7; index++) {
    pages.push((await runs.keep(trajectoryOf(picture, 'q'), [picture.encoded])).page)
  }
  vi.useRealTimers()
  await runs.close()
  const names = await served()
  expect(names).toHaveLength(2)
  expect(pages.slice(4)).toEqual([
    `/#/run/served%2F${names[0]}/0`,
    `/#/run/served%2F${names[0]}/1`,
    `/#/run/served%2F${names[1]}/0`,
  ])
})

test('many bytes of pictures make a run full as well', async () => {
  const picture = await sent(0)
  const runs = servedRuns(root, { searches: 100, pictureBytes: picture.encoded.byteLength, runs: 8 })
  await runs.keep(trajectoryOf(picture, 'q'), [picture.encoded])
  await runs.keep(trajectoryOf(picture, 'q'), [picture.encoded])
  await runs.close()
  expect(await served()).toHaveLength(2)
})

test('what cannot be written is told at once, and the next is kept in the same run', async () => {
  const runs = servedRuns(root)
  const [first, other] = (await Promise.all([10, 20].map(sent))) as [Sent, Sent]
  await runs.keep(trajectoryOf(first, 'q0'), [first.encoded])
  const path = join(root, 'served', (await served())[0]!)
  const images = join(path, 'images')

  await rename(images, join(root, 'away'))
  await writeFile(images, '')
  await expect(runs.keep(trajectoryOf(other, 'q1'), [other.encoded])).rejects.toThrow(/cannot be written/)
  await rm(images)
  await rename(join(root, 'away'), images)

  const { page } = await runs.keep(trajectoryOf(other, 'q4'), [other.encoded])
  await runs.close()
  expect(page).toMatch(/\/1$/)
  expect(await served()).toHaveLength(1)
  const { items } = await openRuns(root).details(`served/${(await served())[0]}`)
  expect(items.map(({ question }) => question)).toEqual(['q0', 'q4'])
})

test('a run with notes stays, also if they are about a fork of one of its searches', async () => {
  const runs = servedRuns(root, { searches: 1, pictureBytes: 1024 ** 2, runs: 1 })
  const picture = await sent(0)
  const keep = async (): Promise<string> => {
    await runs.keep(trajectoryOf(picture, 'q'), [picture.encoded])
    return (await served()).at(-1)!
  }
  const noted = await keep()
  await writeFile(join(root, 'served', noted, 'notes.jsonl'), '')
  const forked = await keep()
  await mkdir(join(root, 'served', forked, 'forks'))
  await writeFile(join(root, 'served', forked, 'forks', 'notes.jsonl'), '')
  const plain = await keep()
  const last = await keep()
  await runs.close()
  expect(await served()).toEqual([noted, forked, last])
  expect(plain).not.toBe(last)
})

test('nothing but runs of a server is deleted', async () => {
  for (const name of ['2020-01-01T-eval', 'mine']) {
    await (await openRun(join(root, 'served', name), { command: 'eval' })).close()
  }
  await openRun(join(root, 'served', '2020-01-02T-other'), { command: 'serve' })
  const runs = servedRuns(root, { searches: 1, pictureBytes: 1024 ** 2, runs: 1 })
  const picture = await sent(0)
  for (let index = 0; index < 3; index++) await runs.keep(trajectoryOf(picture, 'q'), [picture.encoded])
  await runs.close()
  expect(await served()).toEqual(['2020-01-01T-eval', '2020-01-02T-other', expect.stringMatching(/^20/), 'mine'])
})
