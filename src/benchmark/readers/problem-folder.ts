/** The user's own problems: a folder or file with a table of any kind, with its pictures in files or in the table. */
import { micro } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { readOwn } from '../own/read-own.ts'

export const problemFolder: Benchmark = {
  name: 'problems',
  title: 'Own problems',
  datasets: [],
  download: 'nothing: write a table of your own',
  layout:
    'a .csv, .tsv, .json, .jsonl or .parquet with the columns image, question, answer, and optionally choices (or A, B, ...), id, category, level; pictures in the same folder or below',
  licence: 'Your own.',
  samples: 1,
  judge: 'llm',
  answer: 'first',
  aggregate: micro,
  question: 'As in the file; choices below it as (A) ..., one per line.',
  notes: 'Other usual names of columns are accepted too; with choices, letters can be judged.',
  read: readOwn,
}
