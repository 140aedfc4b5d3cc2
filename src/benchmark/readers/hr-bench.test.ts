import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { delimited, hrBenchRows, huggingFaceParquet, parquet, put } from '../../../test/benchmark-fixtures.ts'
import { byteOrderMark, readerKit, sizesOf } from '../../../test/reader-kit.ts'

const kit = readerKit()

describe('HR-Bench', () => {
  const bytesOf = (row: Record<string, string | number>) => Buffer.from(String(row['image']), 'base64')
  const layouts: readonly [string, (rows: Record<string, string | number>[]) => string | Uint8Array, string][] = [
    ['TSV', (rows) => delimited(rows), 'hr_bench_4k.tsv'],
    [
      'TSV with a byte order mark and Windows line ends',
      (rows) => byteOrderMark + delimited(rows, '\t', '\r\n'),
      'HRBench4K.tsv',
    ],
    ['parquet with base64', (rows) => parquet(rows), 'hr_bench_4k.parquet'],
    [
      'parquet with bytes',
      (rows) => parquet(rows.map((row) => ({ ...row, image: bytesOf(row) }))),
      'hr_bench_4k.parquet',
    ],
    [
      'parquet with pictures as Hugging Face stores them',
      (rows) => huggingFaceParquet(rows.map((row) => ({ ...row, image: bytesOf(row) }))),
      'hrbench_4k-00000-of-00001.parquet',
    ],
    [
      'TSV that repeats no picture',
      (rows) => delimited(rows.map((row, at) => (at % 4 === 0 ? row : { ...row, image: at - (at % 4) }))),
      'hr_bench_4k.tsv',
    ],
  ]
  it.each(layouts)('is read from %s', async (_, content, name) => {
    const rows = await hrBenchRows()
    await put(join(kit.base, 'HR-Bench', name), content(rows))
    const entries = await kit.read('hr-bench-4k')
    expect(entries.map(({ label }) => label)).toEqual(['A', 'B', 'C', 'D', 'A', 'B', 'C', 'D'])
    expect(entries[5]).toMatchObject({
      problem: {
        docId: '5',
        dataSource: 'hr_bench_4k',
        answer: '(B) left',
        choices: ['behind', 'left', 'right', 'neither'],
      },
      slices: { category: 'cross', cycle: 'cycle_1', question: '2' },
    })
    expect(entries[5]!.problem.question).toBe(
      'Is the car left of,\nor behind the tree?\nA. behind\nB. left\nC. right\nD. neither\nAnswer with the letter of the right option.',
    )
    expect(entries[0]!.problem.question).toContain('What is the number on the "blue" bus?')
    expect(await sizesOf(entries)).toEqual(Array(8).fill(96))
    expect(await Promise.all(entries.map((entry) => entry.checkPicture()))).toEqual(Array(8).fill(undefined))
    const hashes = await Promise.all(entries.map(async (entry) => (await entry.openPicture('displayed')).sha256))
    expect(new Set(hashes).size).toBe(2)
  })

  it('names file and line of a row that cannot be used, and goes on when somebody listens', async () => {
    const rows = await hrBenchRows()
    rows[2]!['answer'] = 'F'
    rows[6]!['index'] = 0
    const { B: _, ...gap } = rows[7]!
    const file = await put(
      join(kit.base, 'hr_bench_8k.tsv'),
      delimited([...rows.slice(0, 7), { ...gap }]) + 'torn\tline',
    )
    await expect(kit.read('hr-bench-8k')).rejects.toThrow(`${file}, line 4: the answer "F" is not one of A, B, C, D`)
    const messages: string[] = []
    const entries = await kit.read('hr-bench-8k', kit.base, { report: ({ message }) => messages.push(message) })
    expect(entries).toHaveLength(5)
    // The second question takes two lines.
    expect(messages.map((message) => message.slice(file.length))).toEqual([
      ', line 4: the answer "F" is not one of A, B, C, D. Correct or remove the row.',
      `, line 10: the name 0 is already used by ${file}, line 2. Correct or remove the row.`,
      ', line 12: choice B is missing. Correct or remove the row.',
      ', line 14: has 2 cells instead of 10: it may be cut off. Correct or remove the row.',
    ])
  })

  it('says that base64 is cut off, or a picture, or that there is none', async () => {
    const rows = await hrBenchRows()
    const image = String(rows[0]!['image'])
    const broken = [
      image.slice(0, -5),
      image.slice(0, image.length / 2 - ((image.length / 2) % 4)),
      '',
      `${image.slice(0, 200)}!${image.slice(201)}`,
      '99',
    ]
    await put(join(kit.base, 'hr_bench_4k.tsv'), delimited(broken.map((own, at) => ({ ...rows[at]!, image: own }))))
    const entries = await kit.read('hr-bench-4k')
    expect(await Promise.all(entries.map((entry) => entry.checkPicture()))).toEqual([
      `the base64 of the picture is truncated after ${image.length - 5} characters`,
      'the picture is truncated',
      'there is no picture',
      'the picture is not base64',
      'there is no row 99 with its picture',
    ])
    await expect(entries[0]!.openPicture('displayed')).rejects.toMatchObject({
      code: 'picture-unreadable',
      exitCode: 2,
    })
    await expect(entries[1]!.openPicture('displayed')).rejects.toThrow(`${entries[1]!.place}: `)
  })

  it('keeps every whole row of a file that is cut off anywhere, and says what became of the last', async () => {
    const rows = await hrBenchRows()
    const file = join(kit.base, 'hr_bench_4k.tsv')
    const whole = delimited(rows)
    const ends = rows.map((_, at) => delimited(rows.slice(0, at + 1)).length)
    for (const share of [0.03, 0.1, 0.3, 0.501, 0.7, 0.9, 0.95, 0.9999]) {
      const cut = whole.slice(0, Math.floor(whole.length * share))
      await put(file, cut)
      const findings: string[] = []
      const entries = await kit.read('hr-bench-4k', kit.base, { report: ({ message }) => findings.push(message) })
      const pictures = await Promise.all(entries.map((entry) => entry.checkPicture()))
      const usable = pictures.filter((what) => what === undefined).length
      expect(usable).toBe(ends.filter((end) => end <= cut.length).length)
      expect(findings.length + pictures.length - usable).toBe(1)
    }
  })

  it('says that a parquet file is none, and that a table has no pictures', async () => {
    await put(join(kit.base, 'hr_bench_4k.parquet'), 'PAR1 but not more of it')
    await expect(kit.read('hr-bench-4k')).rejects.toMatchObject({ code: 'parquet-unreadable', exitCode: 2 })
    await put(join(kit.base, 'hr_bench_4k.parquet'), parquet([{ index: 1, question: 'Where?' }]))
    await expect(kit.read('hr-bench-4k')).rejects.toMatchObject({ code: 'data-columns' })
    await put(join(kit.base, 'hr_bench_8k.tsv'), delimited([{ index: 1, image_path: 'a.jpg' }]))
    await expect(kit.read('hr-bench-8k')).rejects.toThrow(
      'has no column of pictures (image, bytes, images, decoded_image, picture, crop_image) but index, image_path.',
    )
  })
})
