/** V* Bench, by `test_questions.jsonl` and by the JSON file beside each picture (reference 3). */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { random } from '../../shared/random.ts'
import { checkedChoices, lettered, letterAt, parenthesisedLines } from '../choices.ts'
import type { ChoiceQuestion } from '../choices.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions, Row } from '../entry.ts'
import { findFiles, isFile, namesIn } from '../files/find-file.ts'
import { pictureFile } from '../files/stored-picture.ts'
import { textLines } from '../files/text-lines.ts'

/**
 * `published`: as in `test_questions.jsonl`; `unshuffled`: as in the pictures' own files, where the right one is always A
 * (the DeepEyes evaluator); a number: shuffled by this seed, the same from either layout.
 */
export type OptionOrder = 'published' | 'unshuffled' | { readonly seed: number }

export interface VstarOptions extends ReadOptions {
  /** Default `published`. */
  readonly optionOrder?: OptionOrder
}

/** Those that count; `OCR` and `GPT4V-hard` lie beside them and are no part of the 191. */
export const vstarCategories = ['direct_attributes', 'relative_position'] as const

const ownClosing = 'Answer with the letter of the right option.'

export async function readVstar(path: string, options: VstarOptions = {}): Promise<BenchmarkEntry[]> {
  const { optionOrder = 'published' } = options
  const file = await findFiles(path, ['vstar_bench'], [/^test_questions\.jsonl$/], 'test_questions.jsonl').then(
    ([found]) => found,
    () => undefined,
  )
  if (file !== undefined && optionOrder !== 'unshuffled') {
    return gatherEntries(questionRows(file), (row) => entryOf(row, dirname(file), optionOrder), options)
  }
  const folder = file === undefined ? await pictureFolder(path) : dirname(file)
  if (optionOrder === 'published') {
    throw new UserError(
      'option-order',
      `There is no test_questions.jsonl in ${folder}, and with it no published order of options. Fetch it, or choose ` +
        'another order: shuffled, or unshuffled, in which A is always right.',
    )
  }
  return gatherEntries(pictureRows(folder), (row) => entryOf(row, folder, optionOrder), options)
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
  /** Relative to the folder of the set: `direct_attributes/sa_4690.jpg`. */
  readonly image: string
  readonly category: string
  readonly item: ChoiceQuestion
  /** What stands below the options. */
  readonly closing: string
}

const questionSchema = z.object({ image: z.string(), text: z.string(), category: z.string(), label: z.string() })
const optionLine = /^\(([A-D])\)\s*(.*)$/

async function* questionRows(file: string): AsyncGenerator<VstarRow, void> {
  for await (const { line, text } of textLines(file)) {
    const place = `${file}, line ${line}`
    let value: unknown
    try {
      value = parseJson(text)
    } catch (error) {
      yield brokenRow(place, `is not JSON: ${messageOf(error)}`)
      continue
    }
    const { data, error } = questionSchema.safeParse(value)
    if (!data) {
      yield brokenRow(place, `field ${error.issues[0]!.path.join('.')}: ${error.issues[0]!.message}`)
      continue
    }
    const lines = data.text.split(/\r?\n/)
    const options = lines.flatMap((own, at) => (optionLine.test(own) ? [at] : []))
    const choices = options.map((at) => optionLine.exec(lines[at]!)!)
    const outOfOrder = choices.some(([, letter], index) => letter !== letterAt(index))
    yield {
      place,
      ...(outOfOrder && { broken: 'its options are not lettered A, B, C, D in this order' }),
      image: data.image,
      category: data.category,
      item: {
        question: lines.slice(0, options[0] ?? lines.length).join('\n'),
        choices: choices.map(([, , choice]) => choice!),
        label: data.label,
      },
      closing: lines
        .slice((options.at(-1) ?? lines.length) + 1)
        .join('\n')
        .trim(),
    }
  }
}

const pictureSchema = z.object({ question: z.string(), options: z.array(z.string()) })

async function* pictureRows(folder: string): AsyncGenerator<VstarRow, void> {
  for (const category of vstarCategories) {
    const names = (await namesIn(join(folder, category))).toSorted()
    for (const name of names.filter((own) => own.endsWith('.json'))) {
      const place = join(folder, category, name)
      const parsed = await readFile(place, 'utf8').then((text) =>
        pictureSchema.safeParse(parsedJson(text.replace(/^\uFEFF/, ''))),
      )
      if (!parsed.success) {
        const [issue] = parsed.error.issues
        yield brokenRow(place, `field ${issue!.path.join('.') || 'question'}: ${issue!.message}`)
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

function parsedJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function brokenRow(place: string, broken: string): VstarRow {
  return { place, broken, image: '', category: '', item: { question: '', choices: [], label: '' }, closing: '' }
}

async function entryOf(row: VstarRow, folder: string, order: OptionOrder): Promise<BenchmarkEntry> {
  const { place, image, category, closing } = row
  const item = checkedChoices(place, row.item)
  const docId = image.replace(/\.[a-z]+$/i, '')
  const inOrder = typeof order === 'object' ? shuffled(item, docId, order.seed) : item
  const picture = join(folder, image)
  if (/^\/|(?:^|[\\/])\.\./.test(image) || !(await isFile(picture))) {
    throw rowError(place, `there is no picture ${image} in ${folder}`)
  }
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
    ...pictureFile(picture),
  }
}

/** Shuffled from an order that does not depend on the one that was read. */
function shuffled({ question, choices, label }: ChoiceQuestion, docId: string, seed: number): ChoiceQuestion {
  const right = choices[label.charCodeAt(0) - 65]!
  const mixed = random('option-order', seed, docId).shuffle(choices.toSorted())
  return { question, choices: mixed, label: letterAt(mixed.indexOf(right)) }
}
