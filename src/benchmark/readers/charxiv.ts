/**
 * CharXiv, its validation figures with published answers: one question each that needs reasoning, or four each about what a chart shows, as
 * plain visual questions. An LLM judge grades by rules for each kind of question.
 */
import type { Problem } from '../../protocol/problem.ts'
import { micro } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions, Row } from '../entry.ts'
import { findFiles, shardNames } from '../files/find-file.ts'
import { embeddedPicture } from '../files/stored-picture.ts'
import { cellReader, tableRows } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'
import { decimalsRequest, descriptiveKind, descriptiveQuestion, reasoningKinds } from './charxiv-questions.ts'
import type { SubplotPlace } from './charxiv-questions.ts'

const categories = {
  reasoning: { 'Text-in-Chart': 440, 'Text-in-General': 99, 'Number-in-Chart': 232, 'Number-in-General': 229 },
  descriptive: {
    'Information Extraction': 1686,
    Enumeration: 1239,
    'Pattern Recognition': 458,
    Counting: 393,
    Compositionality: 224,
  },
}
type Kind = keyof typeof categories

function ofKind(kind: Kind): Benchmark {
  const problems = kind === 'reasoning' ? 1000 : 4000
  return {
    name: `charxiv-${kind}`,
    title: `CharXiv ${kind}, validation`,
    datasets: ['princeton-nlp/CharXiv'],
    download: 'val.parquet (67 MB)',
    pull: { dataset: 'princeton-nlp/CharXiv', files: ['val.parquet'], folder: 'CharXiv' },
    layout: 'CharXiv/val.parquet',
    licence: 'CC BY-SA 4.0; the figures keep the rights of their papers.',
    expected: { problems, slices: { category: categories[kind] } },
    samples: 1,
    judge: 'llm',
    answer: 'first',
    aggregate: micro,
    question:
      kind === 'reasoning'
        ? 'As in the file, then a request for the form of the answer, in our words.'
        : 'The file names one of 19 templates and a subplot; both are asked in our words.',
    notes:
      'The paper graded with gpt-4o-2024-05-13, descriptive answers five at a time. --judge-prompts with your copy of its src/constants.py ' +
      'uses its prompts, one answer at a time; without it the judge is told its rules in our words. Published for reasoning: GPT-4o 47.1, ' +
      'humans 80.5.',
    read: (path, options) => readCharXiv(path, kind, options),
  }
}

export const charXiv: readonly Benchmark[] = [ofKind('reasoning'), ofKind('descriptive')]

async function readCharXiv(path: string, kind: Kind, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const names = shardNames('val', 'validation')
  const files = await findFiles(path, ['CharXiv', 'data', 'CharXiv/data'], names, 'val.parquet')
  return gatherEntries(questionRows(files, kind, options), kind === 'reasoning' ? reasoning : descriptive, options)
}

interface QuestionRow extends Row {
  readonly table: TableRow
  /** Of the four descriptive questions of a figure, from 0; 0 for reasoning. */
  readonly part: number
}

async function* questionRows(
  files: readonly string[],
  kind: Kind,
  { onFile }: ReadOptions,
): AsyncGenerator<QuestionRow, void> {
  for (const file of files) {
    onFile?.(file)
    for await (const table of tableRows(file)) {
      const { place, broken } = table
      const parts = kind === 'reasoning' || broken !== undefined ? [0] : [0, 1, 2, 3]
      for (const part of parts) yield { place, ...(broken !== undefined && { broken }), table, part }
    }
  }
}

function reasoning({ place, table }: QuestionRow): BenchmarkEntry {
  const text = cellReader(table)
  const asked = text('reasoning_q')
  const answer = answerOf(table, 'reasoning_a')
  const type = text('reasoning_a_type')
  const kind = reasoningKinds[Number(type) - 1]
  if (kind === undefined) throw rowError(place, `reasoning_a_type is ${type} instead of 1, 2, 3 or 4`)
  return entryOf(table, figureOf(table), kind.category, {
    question: `${asked}\n${kind.request ?? decimalsRequest(answer)}`,
    answer,
    grading: { name: `charxiv-reasoning-${type}`, rule: kind.rule, question: asked },
  })
}

function descriptive({ place, table, part }: QuestionRow): BenchmarkEntry {
  const template = Number(cellReader(table)(`descriptive_q${part + 1}`))
  const question = descriptiveQuestion(template, subplotOf(table))
  if (question === undefined) {
    throw rowError(place, `descriptive_q${part + 1} is not one of the 19 templates`)
  }
  const { category, rule } = descriptiveKind(template)
  return entryOf(table, `${figureOf(table)}_${part}`, category, {
    question,
    answer: answerOf(table, `descriptive_a${part + 1}`),
    grading: { name: `charxiv-descriptive-${template}`, rule },
  })
}

function entryOf(
  table: TableRow,
  docId: string,
  category: string,
  problem: Required<Pick<Problem, 'question' | 'answer' | 'grading'>>,
): BenchmarkEntry {
  const subplots = Number(cellReader(table)('num_subplots'))
  return {
    problem: { docId, dataSource: 'charxiv', ...problem },
    slices: {
      category,
      subject: cellReader(table)('category'),
      subplots: subplots === 1 ? '1' : subplots <= 4 ? '2-4' : '5+',
    },
    place: table.place,
    ...embeddedPicture(table.place, table.readPicture),
  }
}

function answerOf({ place, cells }: TableRow, name: string): string {
  const answer = cells[name]
  if (typeof answer === 'string') return answer
  throw rowError(place, `${name} is missing: the answers of the test figures are not published, use val.parquet`)
}

/** `images/12.jpg` is figure 12. */
function figureOf(table: TableRow): string {
  return cellReader(table)('figure_path')
    .replace(/^.*\//, '')
    .replace(/\.\w+$/, '')
}

/** Subplots that form no grid are described in words. */
function subplotOf(table: TableRow): SubplotPlace {
  const words = table.cells['subplot_loc']
  if (typeof words === 'string') return { words }
  const [row, column] = ['subplot_row', 'subplot_col'].map((name) => Number(cellReader(table)(name)))
  if (Number.isInteger(row) && Number.isInteger(column)) return { row: row ?? 0, column: column ?? 0 }
  throw rowError(table.place, 'subplot_row and subplot_col are not whole numbers')
}
