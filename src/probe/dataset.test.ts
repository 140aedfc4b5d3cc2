import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { levels } from '../protocol/problem.ts'
import { openPicture } from '../vision/open.ts'
import { pixelBox } from '../protocol/box.ts'
import { messageOf } from '../shared/errors.ts'
import { readParquet } from '../shared/parquet-read.ts'
import { levelCounts, shapesCard } from './card.ts'
import { buildProbe, sceneRefs } from './dataset.ts'
import { heldOutSeed } from './scene.ts'
import type { ProbeOptions, ProbeRow } from './dataset.ts'
import { publishedShapes, setColumns, writeProbeParquet } from './parquet.ts'
import { sceneFrom } from './problem.ts'
import { scenePicture } from './scene-picture.ts'

let base: string
let out: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'probe-'))
  out = join(base, 'deep', 'set')
})
afterEach(() => rm(base, { recursive: true }))

const small = { train: 4, test: 5, seed: 7, sidePx: 96, jobs: 1 }
const build = (options: Partial<ProbeOptions> = {}) => buildProbe({ out, ...small, ...options })
const rowsIn = async (path: string): Promise<ProbeRow[]> => JSON.parse(await readFile(path, 'utf8')) as ProbeRow[]

/** Every file of a folder with its bytes. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true })
  const files: Record<string, string> = {}
  for (const name of names.toSorted()) {
    const path = join(folder, name)
    if ((await stat(path)).isFile()) files[name] = (await readFile(path)).toString('base64')
  }
  return files
}

describe('sceneRefs', () => {
  it('balances levels and, within each, answers', () => {
    const refs = sceneRefs('test', 1500, 1)
    for (const level of levels) {
      const own = refs.filter((ref) => ref.level === level)
      expect(own.length).toBe(500)
      for (let digit = 0; digit < 10; digit++) expect(own.filter((ref) => ref.digit === digit).length).toBe(50)
    }
    expect(new Set(sceneRefs('train', 15, 1, 'hard').map(({ level }) => level))).toEqual(new Set(['hard']))
  })

  it('shares no scene between train and test, whatever the seeds', () => {
    for (const seed of [0, 1, 2, 99]) {
      expect(sceneRefs('train', 300, seed).every((ref) => ref.seed < heldOutSeed)).toBe(true)
      expect(sceneRefs('test', 300, seed).every((ref) => ref.seed >= heldOutSeed)).toBe(true)
    }
  })

  it('repeats no scene, and begins a longer set with the shorter one', () => {
    const refs = sceneRefs('train', 3000, 5)
    expect(new Set(refs.map(({ level, seed }) => `${level} ${seed}`)).size).toBe(3000)
    expect(sceneRefs('train', 30, 5)).toEqual(refs.slice(0, 30))
  })
})

describe('buildProbe', () => {
  it('writes rows that name their pictures and scenes', async () => {
    const built = await build()
    expect(built).toEqual({ train: join(out, 'train.json'), test: join(out, 'test.json'), pictures: 9, drawn: 9 })
    const rows = [...(await rowsIn(built.train)), ...(await rowsIn(built.test))]
    expect(rows.length).toBe(9)
    expect(new Set(rows.map(({ doc_id }) => doc_id)).size).toBe(9)
    for (const row of rows) {
      const scene = sceneFrom(row.scene)
      const { digit, x, y } = scene.objects[scene.target]!
      expect(row.problem).toMatch(/^<image>\nWhich digit is on the \w+ \w+\?$/)
      expect(row.solution).toBe(String(digit))
      expect(row.data_source).toBe(`visual_probe_shapes_${row.level}`)
      expect(row.images).toEqual([`pictures/${row.doc_id}.jpg`])
      const { target_share: share, look_alikes: lookAlikes, ...rest } = row.difficulty
      expect(rest).toEqual({ targets: 1, looks: 'one', things: scene.objects.length + scene.clutter.length })
      expect(lookAlikes).toBeGreaterThan(0)
      const [x0, y0, x1, y1] = row.target_box
      expect(share).toBeCloseTo((x1 - x0) * (y1 - y0), 4)
      expect(x0 < x && x < x1 && y0 < y && y < y1).toBe(true)
    }
    expect((await readdir(join(out, 'pictures'))).length).toBe(9)
  })

  it('draws the scene that the row names', async () => {
    const built = await build({ format: 'png' })
    const [row] = await rowsIn(built.test)
    const whole = pixelBox(0, 0, 96, 96)
    const size = { width: 96, height: 96 }
    const file = await openPicture(join(out, row!.images[0]))
    const drawn = scenePicture(sceneFrom(row!.scene), row!.side_px)
    expect(Buffer.from((await file.region(whole, size, 'area')).data)).toEqual(
      Buffer.from((await drawn.region(whole, size, 'area')).data),
    )
  })

  it('gives the same bytes for the same seed, and others for another', async () => {
    const [one, two, other] = [join(base, 'one'), join(base, 'two'), join(base, 'other')]
    await build({ out: one })
    await build({ out: two, jobs: 2 })
    await build({ out: other, seed: 8, pictures: false })
    expect(await filesIn(two)).toEqual(await filesIn(one))
    expect((await filesIn(other))['test.json']).not.toBe((await filesIn(one))['test.json'])
  })

  it('goes on after it was stopped, and keeps what was drawn', async () => {
    const stop = new AbortController()
    const stopped = build({ jobs: 1, signal: stop.signal, onPicture: (done) => done === 3 && stop.abort() })
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
    expect((await readdir(out)).toSorted()).toEqual(['dataset.json', 'pictures'])
    const drawn = await readdir(join(out, 'pictures'))
    expect(drawn.length).toBeGreaterThanOrEqual(3)
    expect(drawn.length).toBeLessThan(9)
    await writeFile(join(out, 'pictures', 'shapes_easy_1.jpg.1-0.tmp'), 'torn')
    expect(await build()).toMatchObject({ pictures: 9, drawn: 9 - drawn.length })
    expect(await build()).toMatchObject({ pictures: 9, drawn: 0 })
    expect((await readdir(join(out, 'pictures'))).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('stops while it makes rows', async () => {
    const stop = new AbortController()
    await Promise.all([
      expect(build({ train: 100_000, pictures: false, signal: stop.signal })).rejects.toMatchObject({
        name: 'AbortError',
      }),
      vi.waitUntil(() => existsSync(join(out, 'dataset.json')), { timeout: 60_000 }).then(() => stop.abort()),
    ])
    expect(await readdir(out)).toEqual(['dataset.json'])
  })

  it.runIf(process.platform === 'linux')('says so at once where no folder can be made', async () => {
    await expect(build({ out: '/proc/none' })).rejects.toMatchObject({ code: 'probe-folder-unusable', exitCode: 2 })
  })

  it.runIf(process.platform === 'linux').each([
    ['data set', 4070, 'dataset.json'],
    ['picture', 4055, 'pictures/'],
  ])('names the file of a %s that cannot be written once, and what to do', async (_, length, name) => {
    const deep = join(base, ...Array.from({ length: 19 }, () => 'd'.repeat(200)))
    const built = build({ out: join(deep, 'd'.repeat(length - deep.length - 1)) })
    const [file, why, ...more] = await built.then(
      () => expect.fail('it did not fail'),
      (error: unknown) => messageOf(error).split(' cannot be written: '),
    )
    expect(file).toContain(name)
    expect(why).toMatch(/^ENAMETOOLONG: .*\. Choose a shorter name\.$/)
    expect(more).toEqual([])
  })

  it('writes rows alone when no pictures are wanted', async () => {
    const built = await build({ pictures: false, level: 'hard', train: 12, test: 0 })
    expect(built).toMatchObject({ pictures: 0, drawn: 0 })
    expect((await readdir(out)).toSorted()).toEqual(['dataset.json', 'test.json', 'train.json'])
    expect(await rowsIn(built.test)).toEqual([])
    expect((await rowsIn(built.train)).map(({ level }) => level)).toEqual(Array.from({ length: 12 }, () => 'hard'))
  })

  it.each([
    [{ train: -1 }, 'train is -1'],
    [{ test: 1.5 }, 'test is 1.5'],
    [{ seed: Number.NaN }, 'seed is NaN'],
    [{ train: 0, test: 0 }, 'nothing to build'],
    [{ sidePx: 20_000 }, '64 to 8192'],
    [{ jobs: 0 }, 'jobs is 0'],
    [{ level: 'insane' as 'hard' }, 'easy, medium, hard'],
  ])('refuses %j and writes nothing', async (options, words) => {
    await expect(build(options)).rejects.toMatchObject({ code: 'probe-options', exitCode: 2 })
    await expect(build(options)).rejects.toThrow(words)
    expect(await readdir(base)).toEqual([])
  })

  it('refuses a folder that holds another data set or something else', async () => {
    await build({ pictures: false })
    const before = await filesIn(out)
    const attempt = build({ pictures: false, seed: 8, test: 6 })
    await expect(attempt).rejects.toMatchObject({ code: 'probe-config-differs', exitCode: 2 })
    await expect(attempt).rejects.toThrow('test: 5, now 6; seed: 7, now 8')
    expect(await filesIn(out)).toEqual(before)

    const taken = join(base, 'holiday')
    await mkdir(taken)
    await writeFile(join(taken, 'beach.jpg'), '')
    await expect(build({ out: taken })).rejects.toMatchObject({ code: 'probe-folder-taken' })
    await expect(build({ out: join(taken, 'beach.jpg') })).rejects.toMatchObject({ code: 'probe-folder-unusable' })
    await expect(build({ out: join(taken, 'beach.jpg', 'deep') })).rejects.toMatchObject({
      code: 'probe-folder-unusable',
    })
    expect(await readdir(taken)).toEqual(['beach.jpg'])
  })
})

describe('writeParquet', () => {
  it('writes shapes as Hugging Face reads them, and a card with what the levels measure', async () => {
    const { train, test } = await build()
    const rows = { train: (await rowsIn(train)).map(publishedShapes), test: (await rowsIn(test)).map(publishedShapes) }
    const paths = await writeProbeParquet(out, rows, setColumns.shapes)
    expect(paths.map((path) => path.slice(out.length + 1))).toEqual([
      'data/train-00000-of-00001.parquet',
      'data/test-00000-of-00001.parquet',
    ])
    let n = 0
    for await (const row of readParquet(paths[1]!)) {
      const { doc_id, solution, difficulty, images, target_box: box } = (await rowsIn(test))[n++]!
      const pixels = [box.map((at) => BigInt(Math.round(at * 96)))]
      const things = BigInt(difficulty.things)
      const share = difficulty.target_share
      expect(row).toMatchObject({ doc_id, solution, width: 96n, things, target_share: share, target_boxes_px: pixels })
      const { bytes } = row.image as { bytes: Uint8Array }
      expect(Buffer.from(bytes).equals(await readFile(join(out, images[0])))).toBe(true)
    }
    expect(n).toBe(5)
    const counts = levelCounts(rows)
    const hard = rows.train.concat(rows.test).filter(({ level }) => level === 'hard')
    const alike = hard.map(({ difficulty }) => difficulty.look_alikes)
    expect(counts[2]).toMatchObject({
      level: 'hard',
      lookAlikes: [Math.min(...alike), Math.max(...alike)],
      sizes: ['96x96'],
    })
    const card = shapesCard({ seed: 7, command: 'mini-o3 probe build', counts })
    for (const words of ['license: apache-2.0', 'split: train', '| easy | 2 | 2 |', 'seed 7'])
      expect(card).toContain(words)
  })

  it('names the folder that it cannot write', async () => {
    const { test } = await build({ train: 0 })
    const rows = { train: [], test: (await rowsIn(test)).map(publishedShapes) }
    await writeFile(join(out, 'data'), '')
    await expect(writeProbeParquet(out, rows, setColumns.shapes)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(`${join(out, 'data')} cannot be written: a file has the name of a folder`),
    })
  })
})
