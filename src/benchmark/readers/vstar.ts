/**
 * V* Bench, from `test_questions.jsonl`, from the JSON files next to the pictures, or from a table with embedded pictures (lmms-eval's
 * parquet, VLMEvalKit's TSV).
 */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../../shared/errors.ts'
import { jsonOrUndefined, parseJson } from '../../shared/json.ts'
import { random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import { micro } from '../aggregate.ts'
import type { Benchmark, OptionOrder, ReadBenchmarkOptions } from '../benchmark.ts'
import { checkedChoices, lettered, letterAt, lettersOutOfOrder, parenthesisedLines, splitChoices } from '../choices.ts'
import type { ChoiceQuestion } from '../choices.ts'
import { gatherEntries } from '../entry.ts'
import type { BenchmarkEntry, Row } from '../entry.ts'
import { findFiles, namesIn, shardFolders, shardNames } from '../files/find-file.ts'
import { standardJson, withoutNulls } from '../files/json-text.ts'
import { rowPictures } from '../files/row-pictures.ts'
import { embeddedPicture } from '../files/stored-picture.ts'
import { tableRows } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'
import { textLines } from '../files/text-lines.ts'

/** The scored categories; `OCR` and `GPT4V-hard` are in the same folder but not part of the 191 questions. */
const vstarCategories = ['direct_attributes', 'relative_position'] as const

export const vstar: Benchmark = {
  name: 'vstar',
  title: 'V* Bench',
  datasets: ['craigwu/vstar_bench'],
  download: 'test_questions.jsonl, direct_attributes/ and relative_position/',
  pull: {
    dataset: 'craigwu/vstar_bench',
    files: ['test_questions.jsonl', 'direct_attributes/', 'relative_position/'],
    folder: 'vstar_bench',
  },
  layout: 'vstar_bench/test_questions.jsonl and the two folders next to it',
  licence: 'None named on the card. The pictures come from SA-1B, whose terms allow research only.',
  expected: {
    problems: 191,
    labels: { A: 71, B: 70, C: 27, D: 23 },
    slices: { category: { direct_attributes: 115, relative_position: 76 } },
  },
  samples: 32,
  judge: 'llm',
  answer: 'first',
  aggregate: micro,
  optionOrders: ['published', 'shuffled', 'unshuffled'],
  question: 'As in test_questions.jsonl; other option orders keep the surrounding lines.',
  notes:
    "The authors' own question file is not public. Overall is over all 191 questions, not the mean of the two types. " +
    'Unshuffled, the right option is always A.',
  read: readVstar,
}

const ownClosing = 'Answer with the letter of the right option.'

/** Default: the published order. `unshuffled`: as in the JSON files of the pictures, where A is always right (used by the DeepEyes evaluator). */
async function readVstar(path: string, options: ReadBenchmarkOptions = {}): Promise<BenchmarkEntry[]> {
  const { optionOrder = 'published' } = options
  const find = (folders: readonly string[], names: readonly RegExp[]) =>
    findFiles(path, folders, names, 'test_questions.jsonl').catch(() => undefined)
  const questions = await find(['vstar_bench'], [/^test_questions\.jsonl$/])
  const tables = questions?.some(isQuestions) ? undefined : (questions ?? (await find(tableFolders, tableNames)))
  if (tables !== undefined) {
    if (optionOrder === 'unshuffled') throw noOrder(`${tables[0]} does not have the unshuffled order.`)
    return gatherEntries(questionTable(tables), (row) => entryOf(row, row.source, optionOrder), options)
  }
  const file = questions?.[0]
  if (file !== undefined && optionOrder !== 'unshuffled') {
    const pictures = picturesIn(dirname(file))
    return gatherEntries(questionRows(file), async (row) => entryOf(row, await pictures(row), optionOrder), options)
  }
  const folder = file === undefined ? await pictureFolder(path) : dirname(file)
  if (optionOrder === 'published') {
    throw noOrder(`There is no test_questions.jsonl in ${folder}, which has the published order of options.`)
  }
  const pictures = picturesIn(folder)
  return gatherEntries(pictureRows(folder), async (row) => entryOf(row, await pictures(row), optionOrder), options)
}

const tableFolders = ['', 'vstar-bench', 'vstar_bench'].flatMap((folder) => [folder, ...shardFolders(folder)])
const tableNames = [/^v(?:_?star)[_-]?bench.*\.(?:tsv|parquet)$/i, ...shardNames('test', 'val', 'train')]

function isQuestions(file: string): boolean {
  return !/\.(?:tsv|parquet)(?:\.gz)?$/i.test(file)
}

function noOrder(why: string): UserError {
  return new UserError(
    'option-order',
    `${why} Download the files of the set, or choose another order: published, shuffled, or unshuffled (A is always right).`,
  )
}

type PictureSource = Pick<BenchmarkEntry, 'openPicture' | 'checkPicture'>

function picturesIn(folder: string): (row: VstarRow) => Promise<PictureSource> {
  const pictures = rowPictures(folder)
  return async ({ place, image }) => (await pictures(place, image)).methods
}

async function pictureFolder(path: string): Promise<string> {
  for (const folder of [path, join(path, 'vstar_bench')]) {
    const names = await namesIn(folder)
    if (vstarCategories.some((category) => names.includes(category))) return folder
  }
  throw new UserError(
    'data-not-found',
    `There is neither test_questions.jsonl nor a folder ${vstarCategories.join(' or ')} in ${path}. Check the path.`,
  )
}

interface VstarRow extends Row {
  /** Path relative to the set, `direct_attributes/sa_4690.jpg`; for a table, the question id. */
  readonly image: string
  readonly category: string
  readonly item: ChoiceQuestion
  /** Text after the options. */
  readonly closing: string
}

const questionSchema = z.object({ image: z.string(), text: z.string(), category: z.string(), label: z.string() })

async function* questionRows(file: string): AsyncGenerator<VstarRow, void> {
  for await (const { line, text, broken } of textLines(file)) {
    const place = `${file}, line ${line}`
    if (broken !== undefined) {
      yield brokenRow(place, broken)
      continue
    }
    let value: unknown
    try {
      value = withoutNulls(parseJson(standardJson(text)))
    } catch (error) {
      yield brokenRow(place, `is not JSON: ${messageOf(error)}`)
      continue
    }
    const { data, error } = questionSchema.safeParse(value)
    if (!data) {
      const issue = itemAt(error.issues, 0)
      yield brokenRow(place, `field ${issue.path.join('.')}: ${issue.message}`)
      continue
    }
    const { image, category, label } = data
    yield { place, image, category, ...questionIn(data.text, label) }
  }
}

function questionIn(text: string, label: string): Pick<VstarRow, 'broken' | 'item' | 'closing'> {
  const { closing, outOfOrder, ...item } = splitChoices(text, label)
  return { ...(outOfOrder && { broken: lettersOutOfOrder }), item, closing }
}

interface TableVstarRow extends VstarRow {
  readonly source: PictureSource
}

async function* questionTable(files: readonly string[]): AsyncGenerator<TableVstarRow, void> {
  for (const file of files) for await (const row of tableRows(file)) yield tableRow(row)
}

/** Accepts `text` with options as lines, or `question` with a column per option. */
function tableRow({ place, broken, cells, readPicture }: TableRow): TableVstarRow {
  const text = (...names: readonly string[]): string =>
    names.map((name) => cells[name]).find((cell) => typeof cell === 'string') ?? ''
  const letters = ['A', 'B', 'C', 'D'].filter((letter) => cells[letter] !== undefined)
  const label = text('label', 'answer')
  const lacking = ['question_id', 'index'].every((name) => text(name) === '') ? 'question_id is missing' : undefined
  const why = broken ?? lacking
  return {
    place,
    image: text('question_id', 'index'),
    category: text('category'),
    ...(letters.length > 0
      ? {
          item: { question: text('question'), choices: letters.map((letter) => text(letter)), label },
          closing: ownClosing,
        }
      : questionIn(text('text', 'question'), label)),
    ...(why !== undefined && { broken: why }),
    source: embeddedPicture(place, readPicture),
  }
}

const pictureSchema = z.object({ question: z.string(), options: z.array(z.string()) })

async function* pictureRows(folder: string): AsyncGenerator<VstarRow, void> {
  for (const category of vstarCategories) {
    const names = (await namesIn(join(folder, category))).toSorted()
    for (const name of names.filter((own) => own.endsWith('.json'))) {
      const place = join(folder, category, name)
      const parsed = await readFile(place, 'utf8').then((text) => pictureSchema.safeParse(jsonOrUndefined(text)))
      if (!parsed.success) {
        const { path, message } = itemAt(parsed.error.issues, 0)
        yield brokenRow(place, `field ${path.join('.') || 'question'}: ${message}`)
        continue
      }
      const { question, options } = parsed.data
      const stem = name.slice(0, -'.json'.length)
      const picture = names.find((own) => own.startsWith(`${stem}.`) && own !== name) ?? `${stem}.jpg`
      yield {
        place,
        image: `${category}/${picture}`,
        category,
        item: { question, choices: options, label: 'A' },
        closing: ownClosing,
      }
    }
  }
}

function brokenRow(place: string, broken: string): VstarRow {
  return { place, broken, image: '', category: '', item: { question: '', choices: [], label: '' }, closing: '' }
}

function entryOf(row: VstarRow, picture: PictureSource, order: OptionOrder): BenchmarkEntry {
  const { place, image, category, closing } = row
  const item = checkedChoices(place, row.item)
  const docId = image.replace(/\.[a-z]+$/i, '')
  const inOrder = typeof order === 'object' ? shuffled(item, docId, order.seed) : item
  return {
    problem: {
      docId,
      dataSource: 'vstar_bench',
      question: [inOrder.question, parenthesisedLines(inOrder.choices), closing].filter(Boolean).join('\n'),
      answer: lettered(inOrder),
      choices: inOrder.choices,
    },
    slices: { category },
    label: inOrder.label,
    place,
    ...picture,
  }
}

/** Sorts before shuffling, so the result does not depend on the order in the file. */
function shuffled({ question, choices, label }: ChoiceQuestion, docId: string, seed: number): ChoiceQuestion {
  const right = itemAt(choices, label.charCodeAt(0) - 65)
  const mixed = random('option-order', seed, docId).shuffle(choices.toSorted())
  return { question, choices: mixed, label: letterAt(mixed.indexOf(right)) }
}
