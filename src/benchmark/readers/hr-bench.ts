/** HR-Bench 4K and 8K, as parquet (also lmms-eval's) or TSV: each question four times, its right choice once at every letter (reference 4.1). */
import { join } from 'node:path'
import { checkedChoices, dottedLines, lettered, letterAt } from '../choices.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles, shardFolders } from '../files/find-file.ts'
import { storedPicture } from '../files/stored-picture.ts'
import { tableRows } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'

export type HrBenchSize = '4k' | '8k'

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
  return gatherEntries(allRows(files, options), (row) => entryOf(row, size, groups), options)
}

/** The configuration of the hub's repository has a split for each size. */
function splitFolders(folder: string, size: HrBenchSize): string[] {
  const version = join(folder, 'hrbench_version_split')
  return [...shardFolders(folder), version, join(version, `hrbench_${size}`)]
}

function named(size: HrBenchSize, ending: RegExp): RegExp {
  return new RegExp(`^(?:test-)?hr[_-]?bench[_-]?${size}.*${ending.source}`, 'i')
}

async function* allRows(files: readonly string[], { onFile }: ReadOptions): AsyncGenerator<TableRow, void> {
  for (const file of files) {
    onFile?.(file)
    yield* tableRows(file)
  }
}

/** Rows read so far of one `cycle_category`, which number the questions. */
interface Group {
  questions: number
}

function entryOf(
  { place, cells, readPicture }: TableRow,
  size: HrBenchSize,
  groups: Map<string, Group>,
): BenchmarkEntry {
  const text = (name: string): string => {
    const cell = cells[name]
    if (typeof cell !== 'string') throw rowError(place, `${name} is missing`)
    return cell
  }
  // Pandas writes a missing one as nan.
  const letters = ['A', 'B', 'C', 'D'].filter((letter) => !/^(?:nan|<NA>)?$/i.test(String(cells[letter] ?? '')))
  const gap = letters.findIndex((letter, index) => letter !== letterAt(index))
  if (gap >= 0) throw rowError(place, `choice ${letterAt(gap)} is missing`)
  const item = checkedChoices(place, {
    question: text('question'),
    choices: letters.map(text),
    label: text('answer'),
  })
  const cycle = text('cycle_category')
  const group = groups.get(cycle) ?? { questions: 0 }
  groups.set(cycle, group)
  return {
    problem: {
      docId: text('index'),
      dataSource: `hr_bench_${size}`,
      question: hrBenchQuestion(item.question, item.choices),
      answer: lettered(item),
      choices: item.choices,
    },
    slices: { category: text('category'), cycle, question: String(++group.questions) },
    label: item.label,
    place,
    ...storedPicture(place, readPicture),
  }
}

/** The form is VLMEvalKit's, the words are ours. */
export function hrBenchQuestion(question: string, choices: readonly string[]): string {
  return `${question}\n${dottedLines(choices)}\nAnswer with the letter of the right option.`
}
