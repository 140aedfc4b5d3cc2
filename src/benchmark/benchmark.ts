/** The definition of a benchmark as data: origin, expected files, and scoring. */
import { UserError } from '../shared/errors.ts'
import type { Aggregate } from './aggregate.ts'
import type { BenchmarkEntry, ReadOptions } from './entry.ts'

export interface Benchmark {
  /** The value of `--benchmark`. */
  readonly name: string
  readonly title: string
  /** Data set ids on the Hugging Face Hub; empty for the user's own data. */
  readonly datasets: readonly string[]
  /** Files to download, with their sizes. */
  readonly download: string
  /** What `mini-o3 data pull` downloads; absent if nothing. */
  readonly pull?: BenchmarkPull
  /** Expected location of the files below the folder of `--data`. */
  readonly layout: string
  readonly licence: string
  readonly expected?: Expected
  /** Hex MD5 of its TSV as pinned by VLMEvalKit; no other hash is known. */
  readonly tsvMd5?: string
  /** K of Avg@K in the paper's table. */
  readonly samples: number
  /** The judge: an LLM, our letter rule, the benchmark's own letter rule, edits to the nearest answer, or exact match. */
  readonly judge: 'llm' | 'choice' | 'mme-letter' | 'treebench-letter' | 'anls' | 'exact'
  /** Which `<answer>` of a trajectory counts. */
  readonly answer: 'first' | 'last'
  readonly aggregate: Aggregate
  /** Supported orders of the choices, the default first; absent if there is only one. */
  readonly optionOrders?: readonly OptionOrderName[]
  /** How the question is phrased, and whose format that is. */
  readonly question: string
  /** Known or possible differences from the paper's table. */
  readonly notes: string
  read(path: string, options: ReadBenchmarkOptions): Promise<BenchmarkEntry[]>
}

export interface BenchmarkPull {
  /** One of `datasets`. */
  readonly dataset: string
  /** Paths in the data set; a trailing slash or asterisk stands for everything that starts so. */
  readonly files: readonly string[]
  /** Folder name of the data set below `--data`. */
  readonly folder: string
}

/** Expected numbers of problems of the complete set. */
export interface Expected {
  /** A range if published numbers differ. */
  readonly problems: number | readonly [number, number]
  readonly labels?: Readonly<Record<string, number>>
  readonly slices?: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Whether this number of problems can be the complete set; true if its size is unknown. */
export function isWhole({ expected }: { readonly expected?: Expected | undefined }, problems: number): boolean {
  if (expected === undefined) return true
  const [fewest, most] = countRange(expected)
  return problems >= fewest && problems <= most
}

/** For example `800` or `23512 to 23609`. */
export function countText(expected: Expected): string {
  const [fewest, most] = countRange(expected)
  return fewest === most ? String(fewest) : `${fewest} to ${most}`
}

function countRange({ problems }: Expected): readonly [number, number] {
  return typeof problems === 'number' ? [problems, problems] : problems
}

export const optionOrderNames = ['published', 'shuffled', 'unshuffled'] as const
export type OptionOrderName = (typeof optionOrderNames)[number]

/** `unshuffled`: as in the source files of the set; a seed: shuffled, independent of the file layout. */
export type OptionOrder = Exclude<OptionOrderName, 'shuffled'> | { readonly seed: number }

export interface ReadBenchmarkOptions extends ReadOptions {
  /** For data with splits: `train` or `test`. */
  readonly split?: string | undefined
  /** For benchmarks with `optionOrders`; default: the first one. */
  readonly optionOrder?: OptionOrder
}

/** Reads the problems at `path`. Throws UserError `data-empty`, and the errors of the benchmark's reader. */
export async function readBenchmark(
  benchmark: Benchmark,
  path: string,
  options: ReadBenchmarkOptions = {},
): Promise<BenchmarkEntry[]> {
  const entries = await benchmark.read(path, options)
  if (entries.length > 0 || options.report !== undefined) return entries
  throw new UserError(
    'data-empty',
    `${path} contains no problems when read as ${benchmark.title}. mini-o3 eval --list says where to get its data.`,
  )
}
