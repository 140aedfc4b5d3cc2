import { mkdir, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scenePicture } from '../../../test/benchmark-fixtures.ts'
import { readerKit, sizesOf } from '../../../test/reader-kit.ts'
import { createParquet } from '../../shared/parquet.ts'
import { benchmarkNamed } from '../catalog.ts'
import { checkBenchmark } from '../check-benchmark.ts'

const kit = readerKit()
const whole = ['num_subplots', 'subplot_row', 'subplot_col', 'reasoning_q_source', 'reasoning_a_type'] as const
const parts = [1, 2, 3, 4]
const names = (stem: string) => parts.map((part) => `${stem}${part}`)
const columns = {
  ...Object.fromEntries(
    [
      'category',
      'year',
      'original_id',
      'figure_path',
      'subplot_loc',
      'reasoning_q',
      'reasoning_a',
      ...names('descriptive_a'),
    ].map((name) => [name, 'string' as const]),
  ),
  ...Object.fromEntries([...whole, ...names('descriptive_q')].map((name) => [name, 'int64' as const])),
  image: 'image' as const,
}

function withWholeNumbers(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? BigInt(value) : value]),
  )
}

async function write(...changes: readonly object[]): Promise<string> {
  const file = join(kit.base, 'CharXiv', 'val.parquet')
  await mkdir(join(kit.base, 'CharXiv'), { recursive: true })
  const picture = await scenePicture(9)
  const parquet = createParquet(file, columns)
  parquet.write(
    changes
      .map((change, at) => ({
        category: 'cs',
        year: '20',
        original_id: '2004.10956',
        figure_path: `images/${at}.jpg`,
        num_subplots: 2,
        subplot_row: 1,
        subplot_col: 2,
        reasoning_q: 'Which curve is above “λ”?',
        reasoning_q_source: 2,
        reasoning_a: 'P-101',
        reasoning_a_type: 1,
        ...Object.fromEntries(parts.map((part, index) => [`descriptive_q${part}`, [7, 13, 11, 18][index]])),
        ...Object.fromEntries(
          parts.map((part, index) => [`descriptive_a${part}`, ['60', 'A, B', 'Yes', '1 by 2'][index]]),
        ),
        image: { bytes: picture, path: 'a.jpg' },
        ...change,
      }))
      .map(withWholeNumbers),
  )
  parquet.finish()
  return file
}

describe('CharXiv', () => {
  it.each([
    [{}, /separated by commas/, 'Text-in-Chart'],
    [{ reasoning_a_type: 2 }, /one of the options/, 'Text-in-General'],
    [{ reasoning_a_type: 3, reasoning_a: '12' }, /a number that is written/, 'Number-in-Chart'],
    [{ reasoning_a_type: 4, reasoning_a: '12' }, /a whole number\.$/, 'Number-in-General'],
    [{ reasoning_a_type: 4, reasoning_a: '0.25' }, /a number with 2 decimals\.$/, 'Number-in-General'],
  ])('asks its reasoning question %j with a request for the form of the answer', async (change, request, category) => {
    await write(change)
    const [entry] = await kit.read('charxiv-reasoning')
    expect(entry!.problem.question).toMatch(/^Which curve is above “λ”\?\nAnswer /)
    expect(entry!.problem.question).toMatch(request)
    expect(entry).toMatchObject({
      problem: { docId: '0', dataSource: 'charxiv', grading: { question: 'Which curve is above “λ”?' } },
      slices: { category, subject: 'cs', subplots: '2-4' },
    })
    expect(entry!.problem.grading!.name).toMatch(/^charxiv-reasoning-[1-4]$/)
    expect(await sizesOf([entry!])).toEqual([96])
  })

  it('asks its four descriptive questions by their templates, of the subplot that they are about', async () => {
    await write({}, { num_subplots: 1, subplot_row: 0, subplot_col: 0 }, { subplot_loc: 'the bottom subplot' })
    const entries = await kit.read('charxiv-descriptive')
    expect(entries.map(({ problem }) => problem.docId)).toEqual(
      ['0', '1', '2'].flatMap((figure) => [0, 1, 2, 3].map((part) => `${figure}_${part}`)),
    )
    const starts = entries.map(({ problem }) => problem.question.split(',', 1)[0])
    expect([starts[0], starts[4], starts[8]]).toEqual([
      'For the subplot in row 1 and column 2',
      'For this plot',
      'For the bottom subplot',
    ])
    expect(entries[3]!.problem).toMatchObject({
      question: expect.stringMatching(/^How are the subplots/),
      answer: '1 by 2',
    })
    expect(entries.slice(0, 4).map(({ slices, problem }) => [slices['category'], problem.grading?.name])).toEqual([
      ['Information Extraction', 'charxiv-descriptive-7'],
      ['Enumeration', 'charxiv-descriptive-13'],
      ['Pattern Recognition', 'charxiv-descriptive-11'],
      ['Pattern Recognition', 'charxiv-descriptive-18'],
    ])
    expect(new Set(await sizesOf(entries))).toEqual(new Set([96]))
  })

  it.each([
    ['charxiv-reasoning', { reasoning_a_type: 5 }, 'reasoning_a_type is 5 instead of 1, 2, 3 or 4'],
    ['charxiv-reasoning', { reasoning_a_type: 2 ** 62 }, 'reasoning_a_type is 4611686018427387904'],
    ['charxiv-reasoning', { reasoning_a: undefined }, 'reasoning_a is missing: the answers of the test figures'],
    ['charxiv-reasoning', { reasoning_q: '' }, 'reasoning_q is missing'],
    ['charxiv-reasoning', { figure_path: 'images/0.jpg' }, 'the name 0 is already used by'],
    ['charxiv-descriptive', { descriptive_q3: 20 }, 'descriptive_q3 is not one of the 19 templates'],
    ['charxiv-descriptive', { descriptive_q3: undefined }, 'descriptive_q3 is missing'],
    ['charxiv-descriptive', { descriptive_a4: undefined }, 'descriptive_a4 is missing'],
    ['charxiv-descriptive', { subplot_row: undefined }, 'subplot_row is missing'],
  ])('%s names the row with %o', async (name, change, words) => {
    const file = await write({}, change)
    await expect(kit.read(name)).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
    await expect(kit.read(name)).rejects.toThrow(`${file}, row 2: ${words}`)
  })

  it('tells what is not as published, and a file that is cut off', async () => {
    const file = await write({}, { image: undefined })
    const { findings } = await checkBenchmark(benchmarkNamed('charxiv-reasoning'), kit.base)
    expect(findings.map(({ message }) => message)).toEqual([
      '2 problems instead of 1000.',
      'category: 2 of Text-in-Chart instead of 440.',
      'category: 0 of Text-in-General instead of 99.',
      'category: 0 of Number-in-Chart instead of 232.',
      'category: 0 of Number-in-General instead of 229.',
      `${file}, row 2: there is no picture.`,
    ])
    await truncate(file, (await readFile(file)).length - 9)
    await expect(kit.read('charxiv-descriptive')).rejects.toMatchObject({ code: 'parquet-unreadable', exitCode: 2 })
  })
})
