import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkProbe } from './check.ts'
import { buildProbe } from './dataset.ts'
import type { ProbeRow } from './dataset.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-shapes-'))
  await buildProbe({ out: folder, train: 90, test: 30, seed: 3, pictures: false })
})
afterAll(() => rm(folder, { recursive: true }))

/** What the check finds when the rows of a split were changed, after which they are put back. */
async function after(split: 'train' | 'test', change: (rows: ProbeRow[]) => readonly unknown[]) {
  const path = join(folder, `${split}.json`)
  const before = await readFile(path, 'utf8')
  await writeFile(path, JSON.stringify(change(JSON.parse(before) as ProbeRow[])))
  const found = await checkProbe(folder)
  await writeFile(path, before)
  return found
}

describe('checkProbe', () => {
  it('finds nothing wrong in a set as it was built: on easy the overview tells all, on hard next to nothing', async () => {
    const { faults, problems, pictures, byFamily, byLevel } = await checkProbe(folder)
    expect({ faults, problems, pictures }).toEqual({ faults: [], problems: { train: 90, test: 30 }, pictures: 0 })
    expect(byFamily).toEqual({ read: { problems: 120, commonestAnswer: 0.1 } })
    expect(byLevel.hard).toMatchObject({ problems: 40, blind: expect.closeTo(0.1), crops: 1 })
    expect(byLevel.hard!.overview).toBeCloseTo(0.1)
    expect(byLevel.easy!.meanTargetShare).toBeGreaterThan(byLevel.hard!.meanTargetShare * 10)
  })

  it.each([
    ['another question', { problem: '<image>\nWhich digit is on the red moon?' }, 'asks something other'],
    ['another target', { target_box: [0, 0, 0.1, 0.1] }, 'target box'],
    ['another difficulty', { difficulty: undefined }, 'another difficulty'],
    ['another level', { level: 'medium' }, 'another name or level'],
  ])('finds a row with %s', async (_, change, words) => {
    const { faults } = await after('test', ([first, ...rest]) => [{ ...first!, ...change }, ...rest])
    expect(faults.length).toBe(1)
    expect(faults[0]).toMatch(/^test\.json, row 1 /)
    expect(faults[0]).toContain(words)
  })

  it('finds that there are fewer problems than were to be built', async () => {
    const { faults } = await after('test', (rows) => rows.slice(1))
    expect(faults).toEqual(['test.json: 29 rows can be read instead of 30'])
  })

  it('finds answers that are not balanced, what is drawn too small, and rows that cannot be read', async () => {
    const ones = await after('train', (rows) => rows.map((row) => ({ ...row, solution: '1' })))
    expect(ones.faults.join('\n')).toContain('one answer is right in')
    const tiny = await after('test', (rows) => rows.map((row) => ({ ...row, side_px: 64 })))
    expect(tiny.faults.join('\n')).toContain('even with crops')
    const broken = await after('test', (rows) => [{ ...rows[0]!, scene: { kind: 'shapes', seed: -1 } }])
    expect(broken.faults.join('\n')).toContain('test.json, row 1: scene.seed')
  })
})
