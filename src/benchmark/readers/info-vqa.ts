/** InfographicVQA, its validation questions: parquet of the hub, or the TSV of VLMEvalKit. Most have several right answers. */
import { micro } from '../aggregate.ts'
import type { Aggregate } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { listIn } from '../choices.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles, shardNames } from '../files/find-file.ts'
import { embeddedPicture } from '../files/stored-picture.ts'
import { cellReader, rowsOfFiles } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'

const anls: Aggregate = { name: 'anls', text: 'mean ANLS over problems', scores: micro.scores }

export const infoVqa: Benchmark = {
  name: 'infovqa',
  title: 'InfographicVQA, validation',
  datasets: ['lmms-lab/DocVQA'],
  download: 'InfographicVQA/validation-*.parquet (1.9 GB of rows), or InfoVQA_VAL.tsv of VLMEvalKit',
  pull: { dataset: 'lmms-lab/DocVQA', files: ['InfographicVQA/validation-*'], folder: 'DocVQA' },
  layout: 'DocVQA/InfographicVQA/validation-*.parquet (or InfoVQA_VAL.tsv)',
  licence: 'Apache-2.0, according to the card of this copy; the pictures come from the web pages that its rows name.',
  expected: { problems: 2801 },
  tsvMd5: '2342e9c225222f0ef4dec545ebb126fe',
  samples: 1,
  judge: 'anls',
  answer: 'first',
  aggregate: anls,
  question:
    'As in the file, then a request for a word or a short phrase: the format of lmms-eval and VLMEvalKit, our wording.',
  notes: 'ANLS gives partial credit for a close answer. The answers of the test questions are not published.',
  read: readInfoVqa,
}

/** Recognised text and addresses, which no question needs. */
const ignored = ['ocr', 'image_url']

async function readInfoVqa(path: string, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const files = await findFiles(
    path,
    ['InfographicVQA', 'DocVQA', 'DocVQA/InfographicVQA'],
    [/^Info(?:graphic)?VQA_VAL.*\.tsv$/i, ...shardNames('validation')],
    'InfographicVQA/validation-*.parquet or InfoVQA_VAL.tsv',
  )
  return gatherEntries(rowsOfFiles(files, options.onFile, ignored), entryOf, options)
}

function entryOf({ place, cells, readPicture }: TableRow): BenchmarkEntry {
  const text = cellReader({ place, cells })
  const question = text('question').trim()
  if (question === '') throw rowError(place, 'the question is empty')
  const [answer, ...alternatives] = answersIn(place, cells['answers'] ?? cells['answer'])
  if (answer === undefined) throw rowError(place, 'answers is missing: use the validation questions')
  const type = cells['answer_type']
  return {
    problem: {
      docId: text('questionId', 'index'),
      dataSource: 'infovqa',
      question: `${question}\nAnswer with a word or a short phrase.`,
      answer,
      ...(alternatives.length > 0 && { alternatives }),
    },
    slices: type === undefined ? {} : { answer_type: typeof type === 'string' ? type : type.join(' + ') },
    place,
    ...embeddedPicture(place, readPicture),
  }
}

/** A list, one in Python's or JSON's words, or a single answer. */
function answersIn(place: string, cell: TableRow['cells'][string] = []): readonly string[] {
  const answers = typeof cell === 'string' ? (listIn(place, cell, 'its answers') ?? [cell]) : cell
  return [...new Set(answers.filter((own) => own.trim() !== ''))]
}
