import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataIn } from '../../../test/page-file.ts'
import type { ProblemsData } from '../../page/page-data.ts'
import { probeSheet, worldProblem } from '../../page/probe-sheet.ts'
import { countParquetRows, readParquet } from '../../shared/parquet-read.ts'
import { readProblems } from '../../benchmark/readers/mini-o3-json.ts'
import { checkProbe } from '../check.ts'
import type { ProbeOptions } from '../dataset.ts'
import { readRows } from './check.ts'
import { buildWorlds, scenePath, worldRefs } from './dataset.ts'
import { levelCounts } from '../card.ts'
import { setColumns, writeProbeParquet } from '../parquet.ts'
import { worldsCard } from './card.ts'
import type { WorldRow } from './row.ts'

let base: string
let out: string
/** Large enough for easy worlds to be read. */
const small = { train: 3, test: 6, seed: 7, sidePx: 2000, level: 'easy', jobs: 1 } as const
const build = (folder: string, options: Partial<ProbeOptions> = {}) =>
  buildWorlds({ ...small, ...options, out: join(base, folder) })

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'worlds-'))
  out = join(base, 'set')
  await build('set')
})
afterAll(() => rm(base, { recursive: true }))

async function filesIn(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await readdir(folder, { recursive: true })).toSorted()) {
    const bytes = await readFile(join(folder, name)).catch(() => undefined)
    if (bytes) files[name] = bytes.toString('base64')
  }
  return files
}

const rowsIn = async (folder: string, split: string): Promise<WorldRow[]> =>
  JSON.parse(await readFile(join(folder, `${split}.json`), 'utf8')) as WorldRow[]

describe('worldRefs', () => {
  it('deals out levels, families and what is balanced, and shares no seed between splits', () => {
    const refs = worldRefs('test', 18 * 24, 1)
    for (const family of ['read', 'count', 'compare'] as const) {
      const own = refs.filter((ref) => ref.family === family && ref.level === 'hard')
      expect(own.map(({ draw }) => draw).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, n) => n))
    }
    const train = new Set(worldRefs('train', 18 * 24, 1).map(({ seed }) => seed))
    expect(refs.some(({ seed }) => train.has(seed))).toBe(false)
    expect(worldRefs('test', 40, 1)).toEqual(refs.slice(0, 40))
  })
})

describe('buildWorlds', () => {
  it('writes rows that the reader of problems takes, with pictures of the size they say', async () => {
    const entries = await readProblems(out)
    expect(entries.length).toBe(6)
    const rows = await rowsIn(out, 'test')
    for (const [n, { problem, openPicture: open }] of entries.entries()) {
      expect(problem.answer).toBe(rows[n]!.solution)
      expect(problem.targetBoxRel).toEqual(rows[n]!.target_box)
      const picture = await open('displayed')
      expect([picture.width, picture.height]).toEqual([rows[n]!.width, rows[n]!.height])
      expect(Math.max(picture.width, picture.height)).toBe(2000)
    }
  })

  it('gives the same bytes from the same seed, also when it was stopped half-way and torn files were left', async () => {
    const stop = new AbortController()
    const halted = build('again', { signal: stop.signal, onPicture: (done) => done === 4 && stop.abort() })
    await expect(halted).rejects.toMatchObject({ code: 'aborted' })
    const again = join(base, 'again')
    const drawn = await readdir(join(again, 'pictures'))
    expect(drawn.length).toBeGreaterThanOrEqual(4)
    expect(drawn.length).toBeLessThan(9)
    await writeFile(join(again, 'pictures', 'world_easy_1.jpg.1.tmp'), 'torn')
    expect((await build('again')).drawn).toBe(9 - drawn.length)
    expect(await filesIn(again)).toEqual(await filesIn(out))
  })

  it('refuses what would be another set, and worlds without pictures', async () => {
    await expect(build('set', { seed: 8 })).rejects.toMatchObject({ code: 'probe-config-differs' })
    await expect(build('bare', { pictures: false })).rejects.toMatchObject({ code: 'probe-options' })
  })
})

describe('checkProbe', () => {
  /** The faults of a set in which something was changed. */
  const faultsAfter = async (name: string, change: (folder: string) => Promise<void>): Promise<readonly string[]> => {
    const folder = join(base, name)
    await cp(out, folder, { recursive: true })
    await change(folder)
    return (await checkProbe(folder)).faults
  }
  const changeRows = async (folder: string, split: string, change: (rows: WorldRow[]) => WorldRow[]): Promise<void> =>
    writeFile(join(folder, `${split}.json`), JSON.stringify(change(await rowsIn(folder, split))))

  it('finds nothing wrong in a set as it was built, and says what it is worth', async () => {
    const { faults, problems, byLevel, byFamily } = await checkProbe(out)
    expect(faults).toEqual([])
    expect(problems).toEqual({ train: 3, test: 6 })
    expect(byLevel.easy).toMatchObject({ problems: 9, crops: 1 })
    expect(Object.keys(byFamily).length).toBe(6)
  })

  it('finds a scene that is in both splits', async () => {
    const shared = (await rowsIn(out, 'test'))[0]!
    const faults = await faultsAfter('overlap', (folder) => changeRows(folder, 'train', (rows) => [...rows, shared]))
    expect(
      faults.some((fault) => fault.startsWith('test.json, row 1') && fault.includes('the scene of train.json')),
    ).toBe(true)
  })

  it('finds a wrong answer', async () => {
    const faults = await faultsAfter('wrong', (folder) =>
      changeRows(folder, 'test', ([first, ...rest]) => [{ ...first!, solution: 'nothing' }, ...rest]),
    )
    expect(faults.some((fault) => fault.includes('row 1') && fault.includes('says nothing'))).toBe(true)
  })

  it('finds a missing picture, one that is cut off, and a row that cannot be read', async () => {
    const faults = await faultsAfter('pictures', async (folder) => {
      const [first, second] = await rowsIn(folder, 'test')
      await rm(join(folder, first!.images[0]))
      await truncate(join(folder, second!.images[0]), 30_000)
      await changeRows(folder, 'train', (rows) => [{ ...rows[0]!, family: 'guess' as never }, ...rows.slice(1)])
    })
    expect(faults.some((fault) => fault.includes('test.json, row 1') && /missing|no such/i.test(fault))).toBe(true)
    expect(faults.find((fault) => fault.includes('test.json, row 2'))).toContain('truncated')
    expect(faults.some((fault) => fault.startsWith('train.json, row 1: family'))).toBe(true)
  })

  it('finds a scene that was changed so that another thing fits the question', async () => {
    const faults = await faultsAfter('ambiguous', async (folder) => {
      const row = (await rowsIn(folder, 'test')).find(({ family }) => family === 'read')!
      const path = scenePath(folder, row.doc_id)
      const stored = JSON.parse(await readFile(path, 'utf8'))
      stored.world.exhibits.push({
        ...stored.world.exhibits.find((e: { sign?: { text: string } }) => e.sign?.text === row.solution),
      })
      await writeFile(path, JSON.stringify(stored))
    })
    expect(faults.some((fault) => fault.includes('has 2 answers'))).toBe(true)
    expect(faults.some((fault) => fault.includes('another scene'))).toBe(true)
  })

  it('says that a set is drawn too small to be read', async () => {
    await build('tiny', { sidePx: 300, train: 0, test: 2 })
    expect((await checkProbe(join(base, 'tiny'))).faults.join()).toContain('even with crops')
  })
})

describe('writeParquet', () => {
  it('holds every row with the bytes of its picture, and a card that names licences and counts', async () => {
    const rows = { train: await readRows(out, 'train', []), test: await readRows(out, 'test', []) }
    const paths = await writeProbeParquet(out, rows, setColumns.world)
    expect(paths.map((path) => path.slice(out.length + 1))).toEqual([
      'data/train-00000-of-00001.parquet',
      'data/test-00000-of-00001.parquet',
    ])
    expect(await countParquetRows(paths[1]!)).toBe(6)
    let n = 0
    for await (const row of readParquet(paths[1]!)) {
      const own = rows.test[n++]!
      const { bytes } = row.image as { bytes: Uint8Array }
      expect(Buffer.from(bytes).equals(await readFile(join(out, own.images[0])))).toBe(true)
      expect(row).toMatchObject({ solution: own.solution, choices: own.choices, width: BigInt(own.width) })
      expect((row.target_boxes_px as bigint[][]).length).toBe(own.difficulty.targets)
      expect(row).toMatchObject({ looks: own.difficulty.looks, target_share: own.difficulty.target_share })
    }
    const card = worldsCard({ seed: 7, command: 'mini-o3 probe build', counts: levelCounts(rows) })
    const licences = ['Fluent Emoji Flat', 'MIT', 'Noto Emoji', 'Apache-2.0', 'Maki', 'CC0-1.0', 'Open Font License']
    const metadata = 'license: [apache-2.0, cc-by-4.0, cc0-1.0, mit, ofl-1.1]'
    for (const word of [...licences, metadata, 'Getty', '| easy | 3 | 6 | 8 | 0 | 1 |', 'split: test']) {
      expect(card).toContain(word)
    }
    await rm(join(out, 'data'), { recursive: true })
  })
})

describe('probeSheet', () => {
  it('shows each problem with its answer and target, and escapes what a row says', async () => {
    const rows = (await readRows(out, 'test', [])).slice(0, 2)
    const hostile = { ...rows[0]!, problem: '<image>\n<script>alert(1)</script>?' }
    const page = await probeSheet(
      out,
      [hostile, rows[1]!].map((row) => worldProblem(out, row)),
    )
    expect(page).not.toContain('<script>')
    const { problems } = dataIn<ProblemsData>(page)
    expect(problems[0]!.question).toBe('<script>alert(1)</script>?')
    expect(problems.map(({ targets }) => targets)).toEqual([rows[0]!.target_boxes, rows[1]!.target_boxes])
    const right = problems[1]!.answers.filter((answer) => answer.right)
    expect(right).toEqual([{ text: `${rows[1]!.choice}. ${rows[1]!.solution}`, right: true }])
    for (const { picture, closeUps, targets } of problems) {
      expect(closeUps).toHaveLength(targets.length)
      for (const url of [picture, ...closeUps]) expect(url).toMatch(/^data:image\/jpeg;base64,/)
    }
  })
})
