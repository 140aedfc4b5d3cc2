/** HR-Bench 4K and 8K, from parquet (also lmms-eval's) or TSV: each question occurs four times, with its right choice at every letter once. */
import { join } from 'node:path'
import { avgAtK, grouped, sliceScores } from '../aggregate.ts'
import type { Aggregate, NamedScore, ScoredItem } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { mean } from '../../shared/numbers.ts'
import { checkedChoices, choiceColumns, dottedQuestion, lettered } from '../choices.ts'
import { gatherEntries } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles, shardFolders } from '../files/find-file.ts'
import { embeddedPicture } from '../files/stored-picture.ts'
import { cellReader, rowsOfFiles } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'

export type HrBenchSize = '4k' | '8k'

function ofSize(size: HrBenchSize, bytes: string, tsvMd5: string): Benchmark {
  return {
    name: `hr-bench-${size}`,
    title: `HR-Bench ${size.toUpperCase()}`,
    datasets: ['DreamMr/HR-Bench'],
    download: `hr_bench_${size}.parquet (or .tsv): ${bytes}`,
    pull: { dataset: 'DreamMr/HR-Bench', files: [`hr_bench_${size}.parquet`], folder: 'HR-Bench' },
    layout: `HR-Bench/hr_bench_${size}.parquet (or .tsv)`,
    licence: 'Not stated ("other", with an empty file): do not redistribute it.',
    expected: {
      problems: 800,
      ...(size === '4k' && { labels: { A: 200, B: 200, C: 200, D: 200 } }),
      slices: { category: { single: 400, cross: 400 } },
    },
    tsvMd5,
    samples: 8,
    judge: 'choice',
    answer: 'first',
    aggregate: cycles,
    question:
      'Options below it as A. ..., one per line, then a request for the letter: the format of VLMEvalKit, our wording.',
    notes: 'The paper’s prompt and letter rule for this benchmark were never released.',
    read: (path, options) => readHrBench(path, size, options),
  }
}

/**
 * HR-Bench: accuracy within each cycle, then the mean over all cycles, in total and per category; a category missing in a cycle counts as
 * 0, as in the benchmark's own script. `strict circular` requires a sample to be right in all presentations of a question,
 * and leaves out samples that lack one.
 */
export function cycleScores(items: readonly ScoredItem[]): NamedScore[] {
  const cycles = [...grouped(items, 'cycle').keys()]
  const overCycles = (own: readonly ScoredItem[]): number => {
    const inCycles = grouped(own, 'cycle')
    return mean(cycles.map((cycle) => avgAtK(inCycles.get(cycle) ?? [])))
  }
  const score = (name: string, own: readonly ScoredItem[]): NamedScore => ({
    name,
    score: overCycles(own),
    items: own.length,
  })
  const questions = [...grouped(items, 'question').values()]
  const strict = questions.flatMap((rows) => {
    const samples = Array.from({ length: Math.min(...rows.map(({ correct }) => correct.length)) }, (_, sample) =>
      rows.map(({ correct }) => correct[sample]),
    )
    const whole = samples.filter((sample) => !sample.includes(undefined))
    return whole.length === 0 ? [] : [mean(whole.map((sample) => Number(sample.every(Boolean))))]
  })
  return [
    score('overall', items),
    ...[...grouped(items, 'category')].map(([category, own]) => score(`category: ${category}`, own)),
    ...sliceScores(items, 'cycle'),
    { name: 'strict circular', score: mean(strict), items: strict.length },
  ]
}

const cycles: Aggregate = { name: 'cycles', text: 'mean over the cycles of choices', scores: cycleScores }

export const hrBench: readonly Benchmark[] = [
  ofSize('4k', '430 MB (1.93 GB)', 'f6b041b03d49543494b8a56d2e35be65'),
  ofSize('8k', '2.83 GB (4.63 GB)', '274c9c7f89329b804a4723178a00219c'),
]

export async function readHrBench(
  path: string,
  size: HrBenchSize,
  options: ReadOptions = {},
): Promise<BenchmarkEntry[]> {
  const files = await findFiles(
    path,
    ['HR-Bench', ...['', 'HR-Bench'].flatMap((folder) => splitFolders(folder, size))],
    [/\.parquet$/, /\.tsv$/].map((ending) => named(size, ending)),
    `hr_bench_${size}.parquet or hr_bench_${size}.tsv`,
  )
  const groups = new Map<string, Group>()
  return gatherEntries(rowsOfFiles(files, options.onFile), (row) => entryOf(row, size, groups), options)
}

/** The hub repository has a split for each size. */
function splitFolders(folder: string, size: HrBenchSize): string[] {
  const version = join(folder, 'hrbench_version_split')
  return [...shardFolders(folder), version, join(version, `hrbench_${size}`)]
}

function named(size: HrBenchSize, ending: RegExp): RegExp {
  return new RegExp(`^(?:test-)?hr[_-]?bench[_-]?${size}.*${ending.source}`, 'i')
}

/** Rows read so far per `cycle_category`, used to number the questions. */
interface Group {
  questions: number
}

function entryOf(
  { place, cells, readPicture }: TableRow,
  size: HrBenchSize,
  groups: Map<string, Group>,
): BenchmarkEntry {
  const text = cellReader({ place, cells })
  const item = checkedChoices(place, {
    question: text('question'),
    choices: choiceColumns(place, cells, 'ABCD'),
    label: text('answer'),
  })
  const cycle = text('cycle_category')
  const group = groups.get(cycle) ?? { questions: 0 }
  groups.set(cycle, group)
  return {
    problem: {
      docId: text('index'),
      dataSource: `hr_bench_${size}`,
      question: dottedQuestion(item),
      answer: lettered(item),
      choices: item.choices,
    },
    slices: { category: text('category'), cycle, question: String(++group.questions) },
    label: item.label,
    place,
    ...embeddedPicture(place, readPicture),
  }
}
