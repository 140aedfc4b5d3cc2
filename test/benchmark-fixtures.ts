/** Benchmarks in the layouts in which they are published, a few problems each, with pictures drawn from our own scenes. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { drawScene } from '../src/probe/draw.ts'
import { makeScene } from '../src/probe/scene.ts'
import { encodeJpeg, encodePng } from '../src/vision/encode.ts'

export async function scenePicture(seed: number, encoding: 'jpeg' | 'png' = 'jpeg', sidePx = 96): Promise<Buffer> {
  const pixels = drawScene(makeScene(seed, 'easy', seed % 10), [0, 0, 1, 1], { width: sidePx, height: sidePx })
  return Buffer.from(await (encoding === 'jpeg' ? encodeJpeg(pixels) : encodePng(pixels)))
}

export async function put(path: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  return path
}

/** As pandas writes it: cells are quoted where they hold the separator, a quote or a line break. */
export function delimited(
  rows: readonly Readonly<Record<string, unknown>>[],
  separator = '\t',
  lineEnd = '\n',
): string {
  const names = Object.keys(rows[0]!)
  const cell = (value: unknown): string => {
    const text = value === undefined ? '' : String(value as string | number)
    return /["\n\r]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [names, ...rows.map((row) => names.map((name) => row[name]))]
    .map((row) => row.map(cell).join(separator) + lineEnd)
    .join('')
}

export async function writeVisualProbe(
  base: string,
  change: (row: Record<string, unknown>, at: number) => object = (row) => row,
) {
  const rows = [1, 2].map((n) => ({
    images: [`VisualProbe_Hard/data/visual_probe_hard_${n}.jpg`],
    problem: '<image>\nWhich digit is on the red star?',
    solution: n === 1 ? 'Seven.' : 'white',
    data_source: 'visual_probe_hard',
    doc_id: `visual_probe_hard_${n}`,
  }))
  for (const { images } of rows) await put(join(base, images[0]!), await scenePicture(1))
  await put(join(base, 'VisualProbe_Hard', 'val.json'), JSON.stringify(rows.map(change)))
}

const closing = "Answer with the option's letter from the given choices directly."

export const vstarQuestions = [
  {
    image: 'direct_attributes/sa_4690.jpg',
    text: `What is the colour of the "flag"?\n(A) blue\n(B) red\n(C) white\n(D) green\n${closing}`,
    category: 'direct_attributes',
    label: 'B',
    question_id: 0,
  },
  {
    image: 'relative_position/sa_17.jpg',
    text: `Is the dog left or right of the bench?\n(A) The dog is left of it.\n(B) The dog is right of it.\n${closing}`,
    category: 'relative_position',
    label: 'A',
    question_id: 1,
  },
]

/** Both layouts, as they lie side by side; in the pictures' own files the right option comes first. */
export async function writeVstar(base: string, questions: readonly object[] = vstarQuestions): Promise<string> {
  const folder = join(base, 'vstar_bench')
  const options = [
    {
      stem: 'direct_attributes/sa_4690',
      question: 'What is the colour of the "flag"?',
      options: ['red', 'blue', 'white', 'green'],
    },
    {
      stem: 'relative_position/sa_17',
      question: 'Is the dog left or right of the bench?',
      options: ['The dog is left of it.', 'The dog is right of it.'],
    },
  ]
  for (const { stem, ...rest } of options) {
    const own = { target_object: ['flag'], bbox: [[10, 20, 5, 5]], ...rest }
    await put(join(folder, `${stem}.json`), JSON.stringify(own))
    await put(join(folder, `${stem}.jpg`), await scenePicture(2))
  }
  await put(join(folder, 'OCR', 'sa_1.json'), '{}')
  await put(join(folder, 'test_questions.jsonl'), questions.map((row) => JSON.stringify(row) + '\n').join(''))
  return folder
}

/** Two questions, four presentations each, with the key at A, B, C and D in turn. */
export async function hrBenchRows(): Promise<Record<string, string | number>[]> {
  const questions = [
    { question: 'What is the number on the "blue" bus?', right: '17', wrong: ['12', '71', '4'], category: 'single' },
    {
      question: 'Is the car left of,\nor behind the tree?',
      right: 'left',
      wrong: ['behind', 'right', 'neither'],
      category: 'cross',
    },
  ]
  const pictures = [await scenePicture(3), await scenePicture(4, 'png')]
  return questions.flatMap(({ question, right, wrong, category }, number) =>
    ['A', 'B', 'C', 'D'].map((letter, cycle) => {
      const choices = wrong.toSpliced(cycle, 0, right)
      return {
        index: number * 4 + cycle,
        question,
        answer: letter,
        category,
        A: choices[0]!,
        B: choices[1]!,
        C: choices[2]!,
        D: choices[3]!,
        cycle_category: `cycle_${cycle}`,
        image: pictures[number]!.toString('base64'),
      }
    }),
  )
}

type TableRows = readonly Readonly<Record<string, unknown>>[]

/** In row groups of two; columns of text, whole numbers or bytes. */
export function parquet(rows: TableRows, rowGroupSize = 2): Uint8Array {
  const columnData = Object.keys(rows[0]!).map((name) => ({ name, data: rows.map((row) => row[name]) }))
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize }))
}

/** The same with `image` and `crop_image` as Hugging Face stores pictures: `{ bytes, path }`; undefined values are null cells. */
export function huggingFaceParquet(rows: TableRows, rowGroupSize = 2): Uint8Array {
  const names = Object.keys(rows[0]!)
  const isPicture = (name: string): boolean => ['image', 'crop_image'].includes(name)
  const optional = { repetition_type: 'OPTIONAL' } as const
  const bytes = { ...optional, type: 'BYTE_ARRAY' } as const
  const textColumn = { ...bytes, converted_type: 'UTF8' } as const
  const schema = names.flatMap((name) =>
    isPicture(name)
      ? [
          { ...optional, name, num_children: 2 },
          { ...bytes, name: 'bytes' },
          { ...textColumn, name: 'path' },
        ]
      : [{ ...textColumn, name }],
  )
  const cell = (name: string, value: unknown) =>
    value === undefined ? undefined : isPicture(name) ? { bytes: value, path: 'picture' } : String(value as string)
  const columnData = names.map((name) => ({ name, data: rows.map((row) => cell(name, row[name])) }))
  const root = { name: 'root', num_children: names.length }
  return new Uint8Array(parquetWriteBuffer({ columnData, schema: [root, ...schema], rowGroupSize }))
}

/** The rows without a column. */
export function withoutColumn(rows: TableRows, column: string): TableRows {
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== column)))
}

/** TreeBench: columns for up to eleven choices, and boxes of the evidence in pixels of the picture, which is 96 wide. */
export async function treeRow(change: object = {}) {
  const choices = { A: 'To the left ', B: 'To the right', C: 'Front right', D: 'Front left' }
  return {
    index: 0,
    question: 'From the "old" tower, where is the sign?',
    ...choices,
    ...Object.fromEntries([...'EFGHIJK'].map((letter) => [letter, ''])),
    'multi-choice options': 'A. To the left \nB. To the right\nC. Front right\nD. Front left',
    answer: 'C',
    category: 'Reasoning/Perspective Transform',
    'l2-category': 'Perspective Transform',
    target_instances: '[[0.0, 24.0, 48.0, 96.0], [72, 0, 96, 12]]',
    image: (await scenePicture(6)).toString('base64'),
    ...change,
  }
}

/** O3-Bench: a chart with two layouts. */
export async function writeO3(base: string, change: object = {}): Promise<string> {
  await put(join(base, 'O3-Bench', 'test', 'images', 'chart', '1-3.png'), await scenePicture(7, 'png'))
  const box = (layout_id: number, bbox: readonly number[]) => [String(layout_id), { layout_id, bbox }]
  const row = {
    file_name: 'images/chart/1-3.png',
    subset: 'chart',
    question: 'By how much did the ratio change?',
    options: 'A. −$13,046\nB. −$14,895\nC. 5.00x\nD. −$15,019\nE. −$15,967\nF. No right choice',
    answer: 'D',
    explanation: 'Step 1. Read [layout 2].',
    target_layouts: [2],
    layout_infos: Object.fromEntries([box(1, [0, 0, 96, 10.5]), box(2, [9.6, 48, 48, 100])]),
    ...change,
  }
  return put(join(base, 'O3-Bench', 'test', 'metadata.jsonl'), JSON.stringify(row) + '\n')
}

/** ZoomBench: a question with choices and an open one, each with the whole picture and a smaller crop. */
export async function zoomRows() {
  const row = async (number: number, query: string, response: string, question_type: string) => ({
    id: `zoom_${number}`,
    query,
    response,
    question_type,
    image: await scenePicture(number, 'jpeg', 96),
    crop_image: await scenePicture(number, 'png', 48),
  })
  return [
    await row(1, 'How many lamps are lit?\nSelect from the following choices.\n(A) 0\n(B) 2\n(C) 1\n(D) 3', 'C', 'mcq'),
    await row(2, 'How many windows are open?', '14', 'blank'),
  ]
}

export const mmeItem = {
  Question_id: 'perception/ocr_cc/book_map_poster/0913',
  Image: 'poster.png',
  Text: 'Which dish stands below the chart?',
  'Question Type': 'Multiple Choice',
  'Answer choices': [
    '(A) Ribs',
    '(B) Sweet & Sour "Haw"',
    '(C) Soup',
    '(D) Rice',
    '(E) The image does not feature the content.',
  ],
  'Ground truth': 'B',
  Category: 'book_map_poster',
  Subtask: 'OCR with Complex Context',
  Task: 'Perception',
}

/** The row as the base64 files have it. */
export async function mmeBase64Item(index: number | string = 7) {
  return {
    index,
    image: (await scenePicture(5, 'jpeg', 400)).toString('base64'),
    question: mmeItem.Text,
    'multi-choice options': mmeItem['Answer choices'],
    answer: 'B',
    category: 'Reasoning/Monitoring',
    'l2-category': 'Person/attribute/colour',
  }
}
