/**
 * Anybody's own problems: a folder with `problems.jsonl` or `problems.csv` and the pictures that it names. Fields: `image`,
 * `question`, `answer`, and if wanted `choices` (a list; in CSV separated by `|`), `id`, `category`, `level`.
 */
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { z } from 'zod'
import { levels } from '../../protocol/problem.ts'
import { messageOf } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { checkedChoices, lettered, letterAt, parenthesisedLines } from '../choices.ts'
import { readDelimited } from '../files/delimited.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions, Row } from '../entry.ts'
import { findFiles, isFile } from '../files/find-file.ts'
import { pictureFile } from '../files/stored-picture.ts'
import { textLines } from '../files/text-lines.ts'

interface ProblemRow extends Row {
  readonly value: unknown
}

export async function readProblemFolder(path: string, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const [file] = await findFiles(path, [], [/^problems\.jsonl$/, /^problems\.csv$/], 'problems.jsonl or problems.csv')
  const rows = file!.endsWith('.csv') ? csvRows(file!) : jsonlRows(file!)
  return gatherEntries(rows, (row) => entryOf(row, dirname(file!)), options)
}

async function* jsonlRows(file: string): AsyncGenerator<ProblemRow, void> {
  for await (const { line, text } of textLines(file)) {
    const place = `${file}, line ${line}`
    try {
      yield { place, value: { line, ...(parseJson(text) as object) } }
    } catch (error) {
      yield { place, broken: `is not JSON: ${messageOf(error)}`, value: undefined }
    }
  }
}

async function* csvRows(file: string): AsyncGenerator<ProblemRow, void> {
  let header: readonly string[] | undefined
  for await (const { line, cells } of readDelimited(file, ',')) {
    const texts = cells.map(({ text: own = '' }) => own)
    if (header === undefined) {
      header = texts.map((name) => name.trim())
      continue
    }
    const place = `${file}, line ${line}`
    const named = Object.fromEntries(header.map((name, at) => [name, texts[at] || undefined]))
    const value = { ...named, line, choices: named['choices']?.split('|') }
    const broken = texts.length === header.length ? undefined : `has ${texts.length} cells instead of ${header.length}`
    yield { place, ...(broken !== undefined && { broken }), value }
  }
}

const text = z.string().trim().min(1, 'has no text')
const textOrNumber = z.union([text, z.number().transform(String)], 'has to be text')
const schema = z.object({
  line: z.int(),
  image: text,
  question: text,
  answer: textOrNumber,
  choices: z.array(text).min(2, 'has to be two or more').optional(),
  id: textOrNumber.optional(),
  category: text.optional(),
  level: z.enum(levels).optional(),
})

async function entryOf({ place, value }: ProblemRow, folder: string): Promise<BenchmarkEntry> {
  const { data, error } = schema.safeParse(value)
  if (!data) {
    const [issue] = error.issues
    throw rowError(place, `field ${issue!.path.join('.')}: ${issue!.message}`)
  }
  const { image, question, choices, category, level } = data
  const picture = join(folder, image)
  const inside = !isAbsolute(image) && !relative(folder, picture).startsWith('..')
  if (!inside || !(await isFile(picture))) throw rowError(place, `there is no picture ${image} in ${folder}`)
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
    ...pictureFile(picture),
  }
}

/** The answer is a letter, or the text of a choice. */
function labelOf(answer: string, choices: readonly string[]): string {
  const at = choices.findIndex((choice) => choice.toLowerCase() === answer.toLowerCase())
  return at >= 0 ? letterAt(at) : answer.toUpperCase()
}
