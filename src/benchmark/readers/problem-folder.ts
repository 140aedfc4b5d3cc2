/**
 * The user's own problems: a folder with `problems.jsonl` (or `.json`, `.csv`, `.tsv`) and the pictures it names. Fields: `image` (or
 * `images`: a list, or text separated by `|`), `question`, `answer`, and optionally `choices` (a list, or text separated by `|`), `id`,
 * `category`, `level`.
 */
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { z } from 'zod'
import { mostPictures } from '../../protocol/originals.ts'
import { levels } from '../../protocol/problem.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { itemAt } from '../../shared/known.ts'
import { micro } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { checkedChoices, lettered, letterAt, listIn, parenthesisedLines } from '../choices.ts'
import { headerOf, readDelimited } from '../files/delimited.ts'
import { gatherEntries, plainQuestion, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions, Row } from '../entry.ts'
import { findFiles, plainName } from '../files/find-file.ts'
import { readJsonItems } from '../files/json-items.ts'
import { standardJson, withoutNulls } from '../files/json-text.ts'
import { isAddress, pictureFinder } from '../files/picture-files.ts'
import type { PictureFinder } from '../files/picture-files.ts'
import { pictureFile, several } from '../files/stored-picture.ts'
import { textLines } from '../files/text-lines.ts'
import { openText } from '../files/text-source.ts'
import { fieldsOf } from '../../shared/fields.ts'

interface ProblemRow extends Row {
  readonly value: unknown
}

async function readProblemFolder(path: string, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const names = ['jsonl', 'json', 'csv', 'tsv'].map((ending) => new RegExp(`^problems\\.${ending}$`))
  const files = await findFiles(path, [], names, 'problems.jsonl, problems.json, problems.csv or problems.tsv')
  const file = itemAt(files, 0)
  const rows = rowsOf(file)
  const pictures = pictureFinder()
  return gatherEntries(rows, (row) => entryOf(row, dirname(file), pictures), options)
}

export const problemFolder: Benchmark = {
  name: 'problems',
  title: 'A folder of problems',
  datasets: [],
  download: 'nothing: write your own problems.jsonl, .json or .csv',
  layout:
    'problems.jsonl (or .json, .csv) with image (or images, a list), question, answer, and optionally choices, id, category, level; pictures in the same folder or below',
  licence: 'Your own.',
  samples: 1,
  judge: 'llm',
  answer: 'first',
  aggregate: micro,
  question: 'As in the file; choices below it as (A) ..., one per line.',
  notes: 'With choices, letters can be judged too.',
  read: readProblemFolder,
}

function rowsOf(file: string): AsyncGenerator<ProblemRow, void> {
  const name = plainName(file)
  if (/\.[ct]sv$/i.test(name)) return tableRows(file)
  return /\.json$/i.test(name) ? jsonRows(file) : jsonlRows(file)
}

async function* jsonRows(file: string): AsyncGenerator<ProblemRow, void> {
  let line = 0
  for await (const { value, broken } of readJsonItems(file, await openText(file))) {
    const place = `${file}, item ${++line}`
    yield { place, ...(broken !== undefined && { broken }), value: { line, ...Object(withoutNulls(value)) } }
  }
}

async function* jsonlRows(file: string): AsyncGenerator<ProblemRow, void> {
  let first = true
  for await (const { line, text, broken } of textLines(file)) {
    if (first && /^\s*(?:\[|\{\s*$)/.test(text)) throw notLines(file)
    first = false
    const place = `${file}, line ${line}`
    try {
      const value: unknown = broken === undefined ? parseJson(standardJson(text)) : undefined
      const why = broken ?? (isObject(value) ? undefined : 'is not an object')
      yield { place, ...(why !== undefined && { broken: why }), value: { line, ...Object(withoutNulls(value)) } }
    } catch (error) {
      yield { place, broken: `is not JSON: ${messageOf(error)}`, value: undefined }
    }
  }
}

function notLines(file: string): UserError {
  return new UserError(
    'data-not-json',
    `${file} is one JSON document instead of one row per line. Rename it to problems.json.`,
  )
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function* tableRows(file: string): AsyncGenerator<ProblemRow, void> {
  let header: readonly string[] | undefined
  const source = await openText(file)
  for await (const { line, cells, broken } of readDelimited(source, plainName(file).endsWith('.tsv') ? '\t' : ',')) {
    const texts = cells.map(({ text: own = '' }) => own)
    if (header === undefined) {
      header = headerOf(file, cells).map((name) => name.toLowerCase())
      checkColumns(file, header)
      continue
    }
    const place = `${file}, line ${line}`
    const named = Object.fromEntries(header.map((name, at) => [name, texts[at]?.trim() === '' ? undefined : texts[at]]))
    const cut = texts.length === header.length ? undefined : `has ${texts.length} cells instead of ${header.length}`
    const why = broken ?? cut
    yield { place, ...(why !== undefined && { broken: why }), value: { ...named, line } }
  }
}

function checkColumns(file: string, header: readonly string[]): void {
  const lacking = [['image', 'images'], ['question'], ['answer']].filter(
    (names) => !names.some((name) => header.includes(name)),
  )
  if (lacking.length === 0) return
  const names = lacking.map(([name]) => name).join(', ')
  const given = header.join(', ').slice(0, 200)
  throw new UserError(
    'data-columns',
    `${file} has no column ${names} but ${given}. The first line has to contain the column names.`,
  )
}

const text = z.string().trim().min(1, 'is empty')
const textOrNumber = z.union([text, z.number().transform(String)], 'has to be one text or number')
const pictureNames = z
  .array(text, 'has to name a picture, or a list of pictures')
  .min(1, 'has to name a picture')
  .max(mostPictures, `names more than ${mostPictures} pictures`)
const schema = z.object({
  line: z.int(),
  image: pictureNames,
  question: text,
  answer: textOrNumber,
  choices: z.array(textOrNumber).min(2, 'has to contain at least two').optional(),
  id: textOrNumber.optional(),
  category: textOrNumber.optional(),
  level: z.enum(levels).optional(),
})

/** Normalises fields for the schema: `images` may be used for one picture, and lists may be text in brackets or separated by bars. */
function readFields(place: string, value: unknown): unknown {
  const { image, images = image, choices, ...fields } = fieldsOf(value) ?? {}
  const inText = (given: unknown) => (typeof given === 'string' ? (listIn(place, given) ?? given.split('|')) : given)
  const listed = inText(choices)
  const none = listed === undefined || (Array.isArray(listed) && listed.length === 0)
  return { ...(images !== undefined && { image: inText(images) }), ...fields, ...(!none && { choices: listed }) }
}

async function entryOf({ place, value }: ProblemRow, folder: string, pictures: PictureFinder): Promise<BenchmarkEntry> {
  const { data, error } = schema.safeParse(readFields(place, value))
  if (!data) {
    const { path, code, message } = itemAt(error.issues, 0)
    const missing = code === 'invalid_type' && message.endsWith('undefined')
    throw rowError(place, `field ${path.join('.')}: ${missing ? 'is missing' : message}`)
  }
  const { image: names, choices, category, level } = data
  const files: string[] = []
  for (const name of names) {
    const inside = !isAbsolute(name) && !relative(folder, join(folder, name)).startsWith('..')
    const outside = `${name} is outside ${folder}, which has to contain the pictures`
    const found = inside || isAddress(name) ? await pictures.at(folder, name) : { missing: outside }
    if ('missing' in found) throw rowError(place, found.missing)
    files.push(found.file)
  }
  const question = names.length === 1 ? data.question : plainQuestion(data.question, names.length)
  const item = choices && checkedChoices(place, { question, choices, label: labelOf(data.answer, choices) })
  return {
    problem: {
      docId: data.id ?? `problem_${data.line}`,
      dataSource: basename(folder),
      question: item ? `${question}\n${parenthesisedLines(item.choices)}` : question,
      answer: item ? lettered(item) : data.answer,
      ...(item && { choices: item.choices }),
      ...(level && { level }),
    },
    slices: { ...(category !== undefined && { category }), ...(level && { level }) },
    ...(item && { label: item.label }),
    place,
    ...several(files.map(pictureFile)),
  }
}

/** The answer is a letter, or the text of a choice. */
function labelOf(answer: string, choices: readonly string[]): string {
  const at = choices.findIndex((choice) => choice.toLowerCase() === answer.toLowerCase())
  return at >= 0 ? letterAt(at) : answer
}
