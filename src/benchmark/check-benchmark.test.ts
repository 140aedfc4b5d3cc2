import { createHash } from 'node:crypto'
import { mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  delimited,
  hrBenchRows,
  mmeBase64Item,
  parquet,
  put,
  vstarQuestions,
  writeVisualProbe,
  writeVstar,
} from '../../test/benchmark-fixtures.ts'
import { benchmarkNamed, benchmarks } from './catalog.ts'
import { checkBenchmark } from './check-benchmark.ts'
import type { Benchmark } from './benchmark.ts'

let base: string
beforeEach(async () => void (base = await mkdtemp(join(tmpdir(), 'check-'))))
afterEach(() => rm(base, { recursive: true }))

const small = (name: string, expected: Benchmark['expected']): Benchmark => ({
  ...benchmarkNamed(name),
  ...(expected && { expected }),
})
const lite = async () => {
  const item = await mmeBase64Item()
  return { ...item, 'multi-choice options': `['${item['multi-choice options'].join("', '")}']` }
}
const messages = async (benchmark: Benchmark, options = {}) =>
  (await checkBenchmark(benchmark, base, options)).findings.map(({ message }) => message)

describe('checkBenchmark', () => {
  it('finds nothing in a whole set', async () => {
    await writeVstar(base)
    const whole = {
      problems: 2,
      labels: { A: 1, B: 1 },
      slices: { category: { direct_attributes: 1, relative_position: 1 } },
    }
    expect(await checkBenchmark(small('vstar', whole), base)).toEqual({
      problems: 2,
      labels: { A: 1, B: 1 },
      verified: [],
      notes: [],
      findings: [],
    })
    expect(await messages(small('vstar', whole), { optionOrder: 'unshuffled' })).toEqual([])
  })

  it('tells of each problem whose picture was decoded', async () => {
    await writeVstar(base)
    const told: number[] = []
    await checkBenchmark(small('vstar', { problems: 2 }), base, { onPicture: (total) => told.push(total) })
    expect(told).toEqual([2, 2])
  })

  it('says which counts differ', async () => {
    await writeVstar(base)
    expect(await messages(benchmarkNamed('vstar'))).toEqual([
      '2 problems instead of 191.',
      'right answers: 1 of A instead of 71.',
      'right answers: 1 of B instead of 70.',
      'right answers: 0 of C instead of 27.',
      'right answers: 0 of D instead of 23.',
      'category: 1 of direct_attributes instead of 115.',
      'category: 1 of relative_position instead of 76.',
    ])
  })

  it('takes any count between those that sources name, and no other', async () => {
    await writeVstar(base)
    expect(await messages(small('vstar', { problems: [1, 2] }))).toEqual([])
    expect(await messages(small('vstar', { problems: [3, 4] }))).toEqual(['2 problems instead of 3 to 4.'])
  })

  it('lists every broken row and picture instead of stopping at the first', async () => {
    const [first, second] = vstarQuestions
    const folder = await writeVstar(base, [
      { ...first, label: 'E' },
      { ...second, image: 'relative_position/gone.jpg' },
      second!,
      second!,
      first!,
    ])
    await truncate(join(folder, 'relative_position', 'sa_17.jpg'), 1000)
    const found = await checkBenchmark(small('vstar', { problems: 2 }), base)
    expect(found.findings.map(({ code, message }) => [code, /line \d|sa_17.json/.exec(message)?.[0]])).toEqual([
      ['row', 'line 1'],
      ['row', 'line 2'],
      ['row', 'line 4'],
      ['picture', 'line 3'],
    ])
    expect(found.findings.at(-1)!.message).toContain('the picture is truncated')
    expect(await messages(small('vstar', { problems: 2 }), { pictures: false })).toHaveLength(3)
  })

  it('tells broken rows of VisualProbe, and pictures that are missing', async () => {
    await writeVisualProbe(base, (row, at) => (at === 0 ? { ...row, images: ['VisualProbe_Hard/data/gone.jpg'] } : row))
    const [gone] = await messages(small('visualprobe-hard', { problems: 1 }))
    expect(gone).toMatch(/val\.json, row 1, field images: there is no file VisualProbe_Hard\/data\/gone\.jpg/)
    await writeVisualProbe(base, (row) => ({ ...row, doc_id: 'same' }))
    expect(await messages(small('visualprobe-hard', { problems: 1 }))).toEqual([
      expect.stringContaining('already used by row 1'),
    ])
  })

  it('sees when the presentations of a question do not belong together', async () => {
    const rows = await hrBenchRows()
    rows[2]!['C'] = 'something else'
    await put(join(base, 'hr_bench_4k.tsv'), delimited(rows))
    const expected = { problems: 8, slices: { category: { single: 4, cross: 4 } } }
    const { tsvMd5: _, ...own } = small('hr-bench-4k', expected)
    expect(await messages(own)).toEqual([expect.stringMatching(/line 4: has different choices from .* line 2/)])
  })

  it('compares a TSV with its published MD5, and no other file', async () => {
    const text = delimited(await hrBenchRows())
    const file = await put(join(base, 'HR-Bench', 'hr_bench_4k.tsv'), text)
    const tsvMd5 = createHash('md5').update(text).digest('hex')
    const expected = { problems: 8 }
    const own = { ...small('hr-bench-4k', expected), tsvMd5 }
    expect(await checkBenchmark(own, base)).toMatchObject({ verified: [file], findings: [] })
    expect(await messages(small('hr-bench-4k', expected))).toEqual([
      `${file} has the MD5 ${tsvMd5} instead of f6b041b03d49543494b8a56d2e35be65.`,
    ])
    await put(join(base, 'mme_realworld_lite.tsv'), delimited([await lite()]))
    expect((await checkBenchmark(small('mme-realworld-lite', { problems: 1 }), base)).findings).toMatchObject([
      { code: 'checksum' },
    ])
    await put(join(base, 'HR-Bench', 'hr_bench_4k.parquet'), parquet(await hrBenchRows()))
    expect(await checkBenchmark(own, base)).toMatchObject({ verified: [], findings: [] })
  })

  it('still throws when there is nothing to look through', async () => {
    await expect(checkBenchmark(benchmarkNamed('hr-bench-8k'), base)).rejects.toMatchObject({ code: 'data-not-found' })
  })
})

describe('benchmarks', () => {
  it('have the counts of the paper, and say what to fetch under which licence', () => {
    const rows = benchmarks.map(({ name, samples, expected }) => [name, samples, expected?.problems])
    expect(rows).toEqual([
      ['visual-probe', 1, undefined],
      ['problems', 1, undefined],
      ['visualprobe-easy', 32, 141],
      ['visualprobe-medium', 32, 268],
      ['visualprobe-hard', 32, 106],
      ['vstar', 32, 191],
      ['hr-bench-4k', 8, 800],
      ['hr-bench-8k', 8, 800],
      ['mme-realworld', 1, [23512, 23609]],
      ['mme-realworld-lite', 1, 1919],
      ['mme-realworld-cn', 1, [5462, 5917]],
      ['zoombench', 1, 845],
      ['zoombench-crop', 1, 845],
      ['treebench', 1, 405],
      ['o3-bench', 3, undefined],
      ['infovqa', 1, 2801],
      ['charxiv-reasoning', 1, 1000],
      ['charxiv-descriptive', 1, 4000],
    ])
    for (const { expected, download, layout, licence } of benchmarks) {
      expect([download, layout, licence].every((words) => words.length > 3)).toBe(true)
      for (const counts of [expected?.labels, ...Object.values(expected?.slices ?? {})]) {
        if (counts) expect(Object.values(counts).reduce((sum, own) => sum + own)).toBe(expected!.problems)
      }
    }
  })
})
