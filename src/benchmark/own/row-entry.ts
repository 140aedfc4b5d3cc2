/** A row of the user's own table as a problem: its fields by the roles of the columns, checked, with its pictures found. */
import { basename } from 'node:path'
import { z } from 'zod'
import { mostPictures } from '../../protocol/originals.ts'
import { levels } from '../../protocol/problem.ts'
import { fieldsOf, isOneOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { itemAt } from '../../shared/known.ts'
import {
  checkedChoices,
  letterAt,
  lettered,
  letterInFront,
  listIn,
  parenthesisedLines,
  withoutLetter,
} from '../choices.ts'
import { plainQuestion, rowError } from '../entry.ts'
import type { BenchmarkEntry } from '../entry.ts'
import { LongText } from '../files/json-items.ts'
import { several } from '../files/stored-picture.ts'
import type { OwnColumns } from './columns.ts'
import { isEncoded } from './own-pictures.ts'
import type { OwnPictures } from './own-pictures.ts'
import type { OwnRow } from './own-row.ts'

const text = z.string().trim().min(1, 'is empty')
const textOrNumber = z.union([text, z.number().transform(String)], 'has to be one text or number')
const schema = z.object({
  image: z
    .array(z.unknown(), 'has to name a picture, or a list of pictures')
    .min(1, 'has to name a picture')
    .max(mostPictures, `names more than ${mostPictures} pictures`),
  question: text,
  answer: z.union(
    [textOrNumber.transform((one) => [one]), z.array(textOrNumber).min(1, 'is empty')],
    'has to be text or a number, or a list of these',
  ),
  choices: z.array(textOrNumber).min(2, 'has to contain at least two').optional(),
  id: textOrNumber.optional(),
  category: textOrNumber.optional(),
  level: textOrNumber.optional(),
})

/** `folder`: the name of the set; `ownPictures` finds the pictures that a row names or holds. Throws UserError `data-row`. */
export async function ownEntry(
  row: OwnRow,
  columns: OwnColumns,
  folder: string,
  ownPictures: OwnPictures,
): Promise<BenchmarkEntry> {
  const { place } = row
  const fields = fieldsIn(row, columns)
  const { data, error } = schema.safeParse(fields)
  if (!data) {
    const { path, message } = itemAt(error.issues, 0)
    const missing = fields[String(path[0])] === undefined
    const none = row.columns === undefined ? 'is missing' : 'is empty'
    throw rowError(place, `field ${path.join('.')}: ${missing ? none : message}`)
  }
  const { choices, category, level } = data
  const pictures = await ownPictures.of(row, data.image)
  const question = questionIn(data.question, pictures.length)
  if (question === '') throw rowError(place, 'the question is empty')
  const [answer = '', ...alternatives] = new Set(data.answer)
  if (choices && alternatives.length > 0)
    throw rowError(place, 'has several answers, but only one of its choices can be right')
  const item = choices && checkedChoices(place, { question, choices, label: labelOf(answer, choices) })
  const known = level?.toLowerCase()
  return {
    problem: {
      docId: data.id ?? `problem_${row.number}`,
      dataSource: basename(folder),
      question: item ? `${question}\n${parenthesisedLines(item.choices)}` : question,
      answer: item ? lettered(item) : answer,
      ...(alternatives.length > 0 && { alternatives }),
      ...(item && { choices: item.choices }),
      ...(isOneOf(levels, known) && { level: known }),
    },
    slices: { ...(category !== undefined && { category }), ...(level !== undefined && { level }) },
    ...(item && { label: item.label }),
    place,
    ...several(pictures),
  }
}

/** With one picture, only a mark at the beginning or end stands for it. */
function questionIn(asked: string, pictures: number): string {
  return pictures === 1 && !/^<image>|<image>$/.test(asked) ? asked : plainQuestion(asked, pictures)
}

/** The fields of a row for the schema; lists may be text in brackets or separated by bars. */
function fieldsIn({ place, values }: OwnRow, columns: OwnColumns): Fields {
  const of = (column: string | undefined): unknown => {
    const value = column === undefined ? undefined : values[column]
    if (value instanceof LongText) throw rowError(place, `field ${column}: is longer than 16 KiB`)
    return value
  }
  const images = columns.image.flatMap((name) => imagesIn(place, values[name]))
  const choices = choicesIn(place, columns.choices.map(of))
  return {
    ...(images.length > 0 || columns.image.some((name) => values[name] !== undefined) ? { image: images } : {}),
    question: of(columns.question),
    answer: answersIn(of(columns.answer)),
    ...(choices.length > 0 && { choices }),
    id: of(columns.id),
    category: of(columns.category),
    level: of(columns.level),
  }
}

function imagesIn(place: string, value: unknown): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  return typeof value === 'string' && !isEncoded(value) ? (listIn(place, value) ?? value.split('|')) : [value]
}

/** Several accepted answers: a list, the text of a list of texts, or text separated by bars. */
function answersIn(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const parts = /^\s*\[\s*["']/.test(value) ? listOrText(value) : value.split('|')
  return parts.every((part) => part.trim() !== '') ? parts : value
}

function listOrText(value: string): readonly string[] {
  try {
    return listIn('', value) ?? [value]
  } catch {
    return [value]
  }
}

/** Choices of one column as a list, an object by letters, or text; of several columns one by one, without empty ones at the end. */
function choicesIn(place: string, cells: readonly unknown[]): readonly unknown[] {
  if (cells.length !== 1) {
    const last = cells.findLastIndex((cell) => cell !== undefined)
    return cells.slice(0, last + 1)
  }
  const [cell] = cells
  if (cell === undefined) return []
  if (typeof cell === 'string') return unlettered(listIn(place, cell) ?? partsOf(cell))
  const list: unknown[] = Array.isArray(cell) ? cell : Object.values(fieldsOf(cell) ?? { cell })
  return list.every((one) => typeof one === 'string') ? unlettered(list) : list
}

/** One choice per line, or separated by bars or semicolons. */
function partsOf(cell: string): readonly string[] {
  const separator = ['|', '\n', ';'].find((one) => cell.includes(one))
  return separator === undefined ? [cell] : cell.split(separator).filter((part) => part.trim() !== '')
}

/** Without their letters, if they have them in order. */
function unlettered(choices: readonly string[]): readonly string[] {
  return choices.every((choice, at) => letterInFront(choice) === letterAt(at)) ? choices.map(withoutLetter) : choices
}

/** The answer is a letter, or the text of a choice. */
function labelOf(answer: string, choices: readonly string[]): string {
  const at = choices.findIndex((choice) => choice.trim().toLowerCase() === answer.toLowerCase())
  return at >= 0 ? letterAt(at) : answer
}
