/**
 * ZoomBench in its two views, the whole picture and the crop with the evidence, from the parquet file of the hub or from the JSON that its
 * authors' `convert_benchmark.py` makes of it.
 */
import { dirname } from 'node:path'
import { micro } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { checkedChoices, lettered, lettersOutOfOrder, splitChoices } from '../choices.ts'
import { gatherEntries, plainQuestion, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions, Row } from '../entry.ts'
import { findFiles, plainName, shardFolders, shardNames } from '../files/find-file.ts'
import { jsonRows } from '../files/json-rows.ts'
import { pictureFinder } from '../files/picture-files.ts'
import { embeddedPicture, pictureFile } from '../files/stored-picture.ts'
import { tableRows } from '../files/table.ts'

const views = {
  full: { column: 'image', other: 'crop_image', list: 'images' },
  crop: { column: 'crop_image', other: 'image', list: 'crop_images' },
} as const
type View = keyof typeof views

function ofView(view: View): Benchmark {
  const isFull = view === 'full'
  return {
    name: isFull ? 'zoombench' : 'zoombench-crop',
    title: isFull ? 'ZoomBench' : 'ZoomBench, crop view',
    datasets: ['inclusionAI/ZoomBench'],
    download: 'data/test.parquet (about 4 GB), with both views',
    pull: { dataset: 'inclusionAI/ZoomBench', files: ['data/test.parquet'], folder: 'ZoomBench' },
    layout: 'ZoomBench/data/test.parquet (or zoombench.json with images/, as its authors convert it)',
    licence: 'Apache-2.0, according to its card.',
    // The shares of the two types were counted by third parties.
    expected: { problems: 845, slices: { type: { mcq: 621, blank: 224 } } },
    samples: 1,
    judge: 'llm',
    answer: 'first',
    aggregate: micro,
    question: 'As in the file, with options where it has them.',
    notes:
      'Its script counts an equal answer (by mathruler) as right and asks Qwen3-30B-A3B-Instruct-2507 about all others, also about ' +
      'letters. ' +
      (isFull
        ? 'Published: Qwen2.5-VL-7B 42.5. The zooming gap is the score of zoombench-crop minus this one.'
        : 'The crop shows the evidence directly: what is missing to 100 % cannot be gained by searching.'),
    read: (path, options) => readZoomBench(path, view, options),
  }
}

export const zoomBench: readonly Benchmark[] = [ofView('full'), ofView('crop')]

interface ZoomRow extends Row {
  /** Undefined for a field that is missing or empty. */
  readonly text: (name: string) => string | undefined
  readonly picture: () => Promise<PictureSource>
}
type PictureSource = Pick<BenchmarkEntry, 'openPicture' | 'checkPicture'>

async function readZoomBench(path: string, view: View, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const files = await findFiles(
    path,
    ['ZoomBench', ...['', 'ZoomBench'].flatMap(shardFolders)],
    [/^zoombench.*\.parquet$/i, /^zoombench\.json$/i, ...shardNames('test')],
    'data/test.parquet or zoombench.json',
  )
  let number = 0
  return gatherEntries(rowsOf(files, view, options), (row) => entryOf(row, ++number), options)
}

async function* rowsOf(files: readonly string[], view: View, { onFile }: ReadOptions): AsyncGenerator<ZoomRow, void> {
  for (const file of files) {
    onFile?.(file)
    yield* plainName(file).endsWith('.json') ? convertedRows(file, view) : parquetRows(file, view)
  }
}

async function* parquetRows(file: string, view: View): AsyncGenerator<ZoomRow, void> {
  for await (const { cells, readPicture, ...row } of tableRows(file, [views[view].other])) {
    const text = (name: string) => (typeof cells[name] === 'string' ? cells[name] : undefined)
    yield { ...row, text, picture: async () => embeddedPicture(row.place, readPicture) }
  }
}

async function* convertedRows(file: string, view: View): AsyncGenerator<ZoomRow, void> {
  const pictures = pictureFinder()
  for await (const { fields, ...row } of jsonRows(file)) {
    const list = fields[views[view].list]
    const name: unknown = Array.isArray(list) ? list[0] : undefined
    yield {
      ...row,
      text: (field) => (typeof fields[field] === 'string' && fields[field] !== '' ? fields[field] : undefined),
      async picture() {
        if (typeof name !== 'string') throw rowError(row.place, `${views[view].list} names no picture`)
        const found = await pictures.below(dirname(file), name.replace(/^.*\/(?=images\/)/, ''))
        if ('missing' in found) throw rowError(row.place, found.missing)
        return pictureFile(found.file)
      },
    }
  }
}

async function entryOf({ place, text, picture }: ZoomRow, number: number): Promise<BenchmarkEntry> {
  // The converter of its authors reads `prompt` and `answer`, where the file of the hub has had `query` and `response`.
  const written = text('query') ?? text('prompt')
  const answer = text('response') ?? text('answer')
  if (written === undefined) throw rowError(place, 'query is missing')
  if (answer === undefined) throw rowError(place, 'response is missing')
  const question = plainQuestion(written, 1)
  if (question === '') throw rowError(place, 'the question is empty')
  const category = text('category') ?? text('dimension')
  const type = text('question_type')?.toLowerCase()
  const choice = type === 'blank' ? undefined : choiceIn(place, question, answer)
  return {
    problem: {
      docId: text('id') ?? String(number),
      dataSource: 'zoombench',
      question,
      answer: choice === undefined ? answer : lettered(choice),
      ...(choice !== undefined && { choices: choice.choices }),
    },
    slices: { ...(type !== undefined && { type }), ...(category !== undefined && { category }) },
    ...(choice !== undefined && { label: choice.label }),
    place,
    ...(await picture()),
  }
}

/** The choices in the text; undefined if there are none. */
function choiceIn(place: string, question: string, label: string) {
  const { outOfOrder, ...item } = splitChoices(question, label)
  if (item.choices.length === 0) return undefined
  if (outOfOrder) throw rowError(place, lettersOutOfOrder)
  return checkedChoices(place, item)
}
