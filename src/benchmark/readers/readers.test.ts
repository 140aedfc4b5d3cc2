import { mkdir, mkdtemp, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  delimited,
  hrBenchRows,
  huggingFaceParquet,
  mmeBase64Item,
  mmeItem,
  parquet,
  put,
  scenePicture,
  vstarQuestions,
  writeVisualProbe,
  writeVstar,
} from '../../../test/benchmark-fixtures.ts'
import { readBenchmark } from '../benchmark.ts'
import type { ReadBenchmarkOptions } from '../benchmark.ts'
import { benchmarkNamed } from '../catalog.ts'
import type { BenchmarkEntry } from '../entry.ts'

let base: string
beforeEach(async () => void (base = await mkdtemp(join(tmpdir(), 'benchmark-'))))
afterEach(() => rm(base, { recursive: true }))

const read = (name: string, path = base, options?: ReadBenchmarkOptions): Promise<BenchmarkEntry[]> =>
  readBenchmark(benchmarkNamed(name), path, options)
const sizes = (entries: readonly BenchmarkEntry[]): Promise<number[]> =>
  Promise.all(entries.map(async (entry) => (await entry.openPicture()).width))
const bom = '\uFEFF'

describe('VisualProbe', () => {
  it('is read from the folder in which the levels lie side by side, and from its own', async () => {
    await writeVisualProbe(base)
    const entries = await read('visualprobe-hard')
    expect(entries[0]).toMatchObject({
      problem: {
        docId: 'visual_probe_hard_1',
        question: 'Which digit is on the red star?',
        answer: 'Seven.',
        level: 'hard',
      },
      slices: { level: 'hard' },
    })
    expect(await sizes(entries)).toEqual([96, 96])
    expect(await entries[0]!.checkPicture()).toBeUndefined()
    expect(await read('visualprobe-hard', join(base, 'VisualProbe_Hard'))).toHaveLength(2)
    await expect(read('visualprobe-easy')).rejects.toMatchObject({ code: 'data-not-found', exitCode: 2 })
  })
})

describe('V*', () => {
  it('takes the published order of options from test_questions.jsonl', async () => {
    await writeVstar(base)
    const [entry, other] = await read('vstar')
    expect(entry).toMatchObject({
      problem: {
        docId: 'direct_attributes/sa_4690',
        question: vstarQuestions[0]!.text,
        answer: '(B) red',
        choices: ['blue', 'red', 'white', 'green'],
      },
      slices: { category: 'direct_attributes' },
      label: 'B',
    })
    expect(other).toMatchObject({ slices: { category: 'relative_position' }, label: 'A' })
    expect(await sizes([entry!, other!])).toEqual([96, 96])
  })

  it('takes the unshuffled order, in which A is right, from the files beside the pictures', async () => {
    const folder = await writeVstar(base)
    const entries = await read('vstar', base, { optionOrder: 'unshuffled' })
    expect(entries.map(({ label }) => label)).toEqual(['A', 'A'])
    expect(entries[0]!.problem).toMatchObject({ answer: '(A) red', choices: ['red', 'blue', 'white', 'green'] })
    await unlink(join(folder, 'test_questions.jsonl'))
    expect(await read('vstar', folder, { optionOrder: 'unshuffled' })).toHaveLength(2)
    await expect(read('vstar')).rejects.toMatchObject({ code: 'option-order', exitCode: 2 })
  })

  it('shuffles by the seed alone, alike from both layouts, and keeps the answer right', async () => {
    const folder = await writeVstar(base)
    const order = async (seed: number) =>
      (await read('vstar', base, { optionOrder: { seed } })).map(({ problem, label }) => [
        problem.choices,
        problem.answer,
        label,
      ])
    const orders = await Promise.all([1, 2, 3, 4, 5, 6].map(order))
    expect(new Set(orders.map((own) => JSON.stringify(own))).size).toBeGreaterThan(2)
    for (const [[, answer, label] = []] of orders) expect(answer).toBe(`(${String(label)}) red`)
    await unlink(join(folder, 'test_questions.jsonl'))
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(order))).toEqual(orders)
  })

  it.each([
    [{ label: 'E' }, 'the answer "E" is none of A, B, C, D'],
    [{ label: 'C', text: 'Which?\n(A) one\n(B) two' }, 'the answer "C" is none of A, B'],
    [{ text: 'No options at all' }, 'has 0 choices'],
    [{ text: '(A) one\n(B) two' }, 'the question is empty'],
    [{ text: 'Which?\n(B) one\n(A) two' }, 'its options are not lettered'],
    [{ image: 'direct_attributes/gone.jpg' }, 'there is no picture direct_attributes/gone.jpg'],
    [{ image: '../outside.jpg' }, 'there is no picture'],
    [{ text: 7 }, 'field text'],
    [{ image: vstarQuestions[1]!.image }, 'relative_position/sa_17 is already the name of'],
  ])('names file and line of %j', async (change, words) => {
    const folder = await writeVstar(base, [vstarQuestions[1]!, { ...vstarQuestions[0]!, ...change }])
    const place = `${join(folder, 'test_questions.jsonl')}, line 2: `
    await expect(read('vstar')).rejects.toThrow(place)
    await expect(read('vstar')).rejects.toThrow(words)
    await expect(read('vstar')).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
  })

  it('names the file beside a picture that is broken', async () => {
    const folder = await writeVstar(base)
    const file = join(folder, 'direct_attributes', 'sa_4690.json')
    const unshuffled = () => read('vstar', base, { optionOrder: 'unshuffled' })
    await put(file, '{"question": "Which?"')
    await expect(unshuffled()).rejects.toThrow(`${file}: field question`)
    await put(file, `${bom}{"question": "Which?",\r\n "options": ["one", "two"]}\r\n`)
    expect((await unshuffled())[0]!.problem.choices).toEqual(['one', 'two'])
    await unlink(join(folder, 'direct_attributes', 'sa_4690.jpg'))
    await expect(unshuffled()).rejects.toThrow('there is no picture direct_attributes/sa_4690.jpg')
  })

  it('takes a byte order mark and Windows line ends', async () => {
    const folder = await writeVstar(base)
    const text = bom + vstarQuestions.map((row) => JSON.stringify(row)).join('\r\n') + '\r\n'
    await put(join(folder, 'test_questions.jsonl'), text)
    expect((await read('vstar')).map(({ label }) => label)).toEqual(['B', 'A'])
  })
})

describe('HR-Bench', () => {
  const bytesOf = (row: Record<string, string | number>) => Buffer.from(String(row['image']), 'base64')
  const layouts: readonly [string, (rows: Record<string, string | number>[]) => string | Uint8Array, string][] = [
    ['TSV', (rows) => delimited(rows), 'hr_bench_4k.tsv'],
    [
      'TSV with a byte order mark and Windows line ends',
      (rows) => bom + delimited(rows, '\t', '\r\n'),
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
    await put(join(base, 'HR-Bench', name), content(rows))
    const entries = await read('hr-bench-4k')
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
    expect(await sizes(entries)).toEqual(Array(8).fill(96))
    expect(await Promise.all(entries.map((entry) => entry.checkPicture()))).toEqual(Array(8).fill(undefined))
    const hashes = await Promise.all(entries.map(async (entry) => (await entry.openPicture()).sha256))
    expect(new Set(hashes).size).toBe(2)
  })

  it('names file and line of a row that cannot be used, and goes on when somebody listens', async () => {
    const rows = await hrBenchRows()
    rows[2]!['answer'] = 'F'
    rows[6]!['index'] = 0
    const { B: _, ...gap } = rows[7]!
    const file = await put(join(base, 'hr_bench_8k.tsv'), delimited([...rows.slice(0, 7), { ...gap }]) + 'torn\tline')
    await expect(read('hr-bench-8k')).rejects.toThrow(`${file}, line 4: the answer "F" is none of A, B, C, D`)
    const messages: string[] = []
    const entries = await read('hr-bench-8k', base, { report: ({ message }) => messages.push(message) })
    expect(entries).toHaveLength(5)
    // The second question takes two lines.
    expect(messages.map((message) => message.slice(file.length))).toEqual([
      ', line 4: the answer "F" is none of A, B, C, D. Correct the row, or take it out.',
      `, line 10: 0 is already the name of ${file}, line 2. Correct the row, or take it out.`,
      ', line 12: choice B is missing. Correct the row, or take it out.',
      ', line 14: has 2 cells instead of 10: is it cut off?. Correct the row, or take it out.',
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
    await put(join(base, 'hr_bench_4k.tsv'), delimited(broken.map((own, at) => ({ ...rows[at]!, image: own }))))
    const entries = await read('hr-bench-4k')
    expect(await Promise.all(entries.map((entry) => entry.checkPicture()))).toEqual([
      `the base64 of the picture is cut off after ${image.length - 5} characters`,
      'the picture is cut off',
      'there is no picture',
      'the picture is not base64',
      'no row 99 holds its picture',
    ])
    await expect(entries[0]!.openPicture()).rejects.toMatchObject({ code: 'picture-unreadable', exitCode: 2 })
    await expect(entries[1]!.openPicture()).rejects.toThrow(`${entries[1]!.place}: `)
  })

  it('keeps every whole row of a file that is cut off anywhere, and says what became of the last', async () => {
    const rows = await hrBenchRows()
    const file = join(base, 'hr_bench_4k.tsv')
    const whole = delimited(rows)
    const ends = rows.map((_, at) => delimited(rows.slice(0, at + 1)).length)
    for (const share of [0.03, 0.1, 0.3, 0.501, 0.7, 0.9, 0.95, 0.9999]) {
      const cut = whole.slice(0, Math.floor(whole.length * share))
      await put(file, cut)
      const findings: string[] = []
      const entries = await read('hr-bench-4k', base, { report: ({ message }) => findings.push(message) })
      const pictures = await Promise.all(entries.map((entry) => entry.checkPicture()))
      const usable = pictures.filter((what) => what === undefined).length
      expect(usable).toBe(ends.filter((end) => end <= cut.length).length)
      expect(findings.length + pictures.length - usable).toBe(1)
    }
  })

  it('says that a parquet file is none, and that a table has no pictures', async () => {
    await put(join(base, 'hr_bench_4k.parquet'), 'PAR1 but not more of it')
    await expect(read('hr-bench-4k')).rejects.toMatchObject({ code: 'data-not-parquet', exitCode: 2 })
    await put(join(base, 'hr_bench_4k.parquet'), parquet([{ index: 1, question: 'Where?' }]))
    await expect(read('hr-bench-4k')).rejects.toMatchObject({ code: 'data-columns' })
    await put(join(base, 'hr_bench_8k.tsv'), delimited([{ index: 1, image_path: 'a.jpg' }]))
    await expect(read('hr-bench-8k')).rejects.toThrow('has no column image or bytes: index, image_path.')
  })
})

describe('MME-RealWorld', () => {
  it('finds pictures in the folders of its unpacked archives', async () => {
    const folder = join(base, 'MME-RealWorld')
    const twice = { ...mmeItem, Question_id: 'reasoning/monitoring/1', Image: 'deep/poster.png' }
    const file = await put(join(folder, 'MME_RealWorld.json'), JSON.stringify([mmeItem, twice]))
    await put(join(folder, 'ocr_cc', 'poster.png'), await scenePicture(6, 'png'))
    await expect(read('mme-realworld')).resolves.toHaveLength(2)
    await put(join(folder, 'monitoring', 'deep', 'poster.png'), await scenePicture(7, 'png', 64))
    await expect(read('mme-realworld')).rejects.toThrow(`${file}, row 1: there is no single picture poster.png below`)
    await put(join(folder, 'poster.png'), await scenePicture(6, 'png', 80))
    const entries = await read('mme-realworld')
    expect(await sizes(entries)).toEqual([80, 64])
    expect(entries[0]).toMatchObject({
      problem: { docId: mmeItem.Question_id, answer: '(B) Sweet & Sour "Haw"', dataSource: 'mme_realworld' },
      slices: { task: 'Perception', subtask: 'OCR with Complex Context', category: 'book_map_poster' },
      label: 'B',
    })
    expect(entries[0]!.problem.question).toMatch(
      /^Which dish.*\nOptions:\n\(A\) Ribs\n\(B\) [^]*letter alone\.\nBest option:$/,
    )
  })

  it.each([
    ['a Python list', (options: readonly string[]) => `['${options.join("', '")}']`],
    ['announced lines', (options: readonly string[]) => `The choices are listed below:\n${options.join('\n')}`],
  ])('is read from TSV with options as %s', async (_, write) => {
    const { 'multi-choice options': options, ...item } = await mmeBase64Item()
    const row = { ...item, 'multi-choice options': write(options) }
    await put(join(base, 'mme_realworld_lite.tsv'), delimited([row, { ...row, index: 8 }]))
    const entries = await read('mme-realworld-lite')
    expect(entries[1]).toMatchObject({
      problem: { docId: '8', dataSource: 'mme_realworld_lite', answer: '(B) Sweet & Sour "Haw"' },
      slices: { task: 'Reasoning', subtask: 'Monitoring', category: 'person/attribute' },
    })
    expect(entries[0]!.problem.choices).toHaveLength(5)
    expect(await sizes(entries)).toEqual([400, 400])
  })

  it('is read from a folder of JSON files with base64 pictures', async () => {
    const folder = join(base, 'MME-RealWorld-Base64', 'MME-RealWorld-CN')
    await put(join(folder, 'OCR.json'), bom + JSON.stringify([await mmeBase64Item(1), await mmeBase64Item(2)], null, 1))
    await put(join(folder, 'Monitoring.json'), JSON.stringify([await mmeBase64Item(3)]).replaceAll('/', '\\/'))
    const entries = await read('mme-realworld-cn')
    expect(entries.map(({ problem }) => problem.docId)).toEqual(['3', '1', '2'])
    expect(await sizes(entries)).toEqual([400, 400, 400])
    expect(entries[0]!.problem.question).toMatch(/选项：\n\(A\) Ribs\n[^]*答案：$/)
    await expect(read('mme-realworld-lite')).rejects.toMatchObject({ code: 'data-not-found' })
  })

  it('names file and row of a letter without a choice and of a name that is there twice; a picture that is cut off', async () => {
    const item = await mmeBase64Item(1)
    const { image } = item
    const rows = [
      item,
      { ...item, index: 2, answer: 'F' },
      item,
      { ...item, index: 4, image: image.slice(0, -3) },
      { ...item, index: 5, image: '' },
    ]
    const options = `['${item['multi-choice options'].join("', '")}']`
    const json = await put(join(base, 'json', 'MME-RealWorld-Base64', 'OCR.json'), JSON.stringify(rows))
    const table = rows.map((row) => ({ ...row, 'multi-choice options': options }))
    const tsv = await put(join(base, 'mme_realworld_lite.tsv'), bom + delimited(table, '\t', '\r\n'))
    for (const [name, path, file, row] of [
      ['mme-realworld', join(base, 'json'), json, 'row '],
      ['mme-realworld-lite', base, tsv, 'line '],
    ] as const) {
      const found: string[] = []
      const report = ({ message }: { message: string }): void => void found.push(message)
      const entries = await read(name, path, { report })
      const at = (index: number): string => `${file}, ${row}${index + (row === 'line ' ? 1 : 0)}`
      expect(found).toEqual([
        `${at(2)}: the answer "F" is none of A, B, C, D, E. Correct the row, or take it out.`,
        `${at(3)}: 1 is already the name of ${at(1)}. Correct the row, or take it out.`,
      ])
      const pictures = await Promise.all(entries.map((entry) => entry.checkPicture()))
      const cut = `the base64 of the picture is cut off after ${image.length - 3} characters`
      expect(pictures).toEqual([undefined, cut, 'there is no picture'])
      await expect(entries[1]!.openPicture()).rejects.toMatchObject({ code: 'picture-unreadable', exitCode: 2 })
    }
  })

  it('says which item of a JSON file is broken', async () => {
    const file = await put(join(base, 'MME_RealWorld.json'), JSON.stringify([mmeItem]).slice(0, -9))
    await expect(read('mme-realworld')).rejects.toThrow(`${file}, item 1: the file is cut off`)
    await put(file, '[]')
    await expect(read('mme-realworld')).rejects.toMatchObject({ code: 'data-empty' })
  })
})

describe('A folder of problems', () => {
  const rows = [
    { image: 'a.png', question: 'Which digit?', answer: 7 },
    {
      image: 'sub/b.jpg',
      question: 'Which colour?',
      answer: 'red',
      choices: ['blue', 'red'],
      id: 'mine',
      category: 'colour',
    },
  ]
  beforeEach(async () => {
    await put(join(base, 'a.png'), await scenePicture(1, 'png'))
    await put(join(base, 'sub', 'b.jpg'), await scenePicture(1))
  })

  it('is read from problems.jsonl and from problems.csv', async () => {
    await put(join(base, 'problems.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
    const entries = await read('problems')
    expect(entries[0]).toMatchObject({
      problem: { docId: 'problem_1', question: 'Which digit?', answer: '7' },
      slices: {},
    })
    expect(entries[1]).toMatchObject({
      problem: { docId: 'mine', question: 'Which colour?\n(A) blue\n(B) red', answer: '(B) red' },
      slices: { category: 'colour' },
      label: 'B',
    })
    expect(await sizes(entries)).toEqual([96, 96])
    await unlink(join(base, 'problems.jsonl'))
    const csv = rows.map(({ image, question, answer, choices }) => ({
      image,
      question,
      answer,
      choices: choices?.join('|'),
    }))
    await put(join(base, 'problems.csv'), bom + delimited(csv, ',', '\r\n'))
    expect((await read('problems')).map(({ problem }) => problem.answer)).toEqual(['7', '(B) red'])
    await put(join(base, 'problems.jsonl'), bom + rows.map((row) => `${JSON.stringify(row)}\r\n`).join(''))
    expect((await read('problems')).map(({ problem }) => problem.answer)).toEqual(['7', '(B) red'])
    await put(join(base, 'problems.jsonl'), [rows[1], rows[1]].map((row) => JSON.stringify(row)).join('\n'))
    await expect(read('problems')).rejects.toThrow('line 2: mine is already the name of')
  })

  it.each([
    [{ ...rows[0], image: 'gone.png' }, 'there is no picture gone.png'],
    [{ ...rows[0], image: '../a.png' }, 'there is no picture ../a.png'],
    [{ ...rows[0], question: ' ' }, 'field question'],
    [{ ...rows[1], answer: 'C' }, 'the answer "C" is none of A, B'],
    [{ ...rows[1], choices: ['one'] }, 'field choices'],
  ])('names file and line of %j', async (row, words) => {
    await put(join(base, 'problems.jsonl'), `\n${JSON.stringify(row)}\n`)
    await expect(read('problems')).rejects.toThrow(`${join(base, 'problems.jsonl')}, line 2: ${words}`)
  })

  it('says what is missing where there is nothing', async () => {
    await mkdir(join(base, 'empty'))
    await expect(read('problems', join(base, 'empty'))).rejects.toThrow('Check the path')
    await expect(read('problems', join(base, 'none'))).rejects.toMatchObject({ code: 'data-not-found' })
    expect(() => benchmarkNamed('vista')).toThrow('Choose one of visual-probe, problems, visualprobe-easy')
  })
})
