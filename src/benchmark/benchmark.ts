/** A benchmark as data: what it is, where it comes from, what its files must hold, and how it is scored. */
import { UserError } from '../shared/errors.ts'
import type { Aggregate } from './aggregate.ts'
import type { BenchmarkEntry, ReadOptions } from './entry.ts'

export interface Benchmark {
  /** As in `--benchmark`. */
  readonly name: string
  readonly title: string
  /** Public data set ids on the Hugging Face Hub; none: it is the user's own. */
  readonly datasets: readonly string[]
  /** Which files to fetch, and what they take. */
  readonly download: string
  /** What `mini-o3 data pull` fetches; absent: nothing. */
  readonly pull?: BenchmarkPull
  /** Where they have to lie, below the folder that is named with `--data`. */
  readonly layout: string
  readonly licence: string
  readonly expected?: Expected
  /** Hex MD5 of its TSV, as VLMEvalKit pins it; no other hash is known. */
  readonly tsvMd5?: string
  /** K of Avg@K in the paper's table. */
  readonly samples: number
  /** Who decides: an LLM as judge, our letter rule, the benchmark's own first-letter rule, or the same words. */
  readonly judge: 'llm' | 'choice' | 'mme-letter' | 'exact'
  /** Which `<answer>` of a trajectory counts. */
  readonly answer: 'first' | 'last'
  readonly aggregate: Aggregate
  /** The orders in which its choices can be asked, the usual one first; absent: there is one. */
  readonly optionOrders?: readonly OptionOrderName[]
  /** How the question is put, and whose form that is. */
  readonly question: string
  /** Unlike what the paper's table may have done, or not known of it. */
  readonly notes: string
  read(path: string, options: ReadBenchmarkOptions): Promise<BenchmarkEntry[]>
}

export interface BenchmarkPull {
  /** One of `datasets`. */
  readonly dataset: string
  /** Paths in the data set; those that end in a slash stand for all below. */
  readonly files: readonly string[]
  /** What the data set is called below the folder of `--data`. */
  readonly folder: string
}

/** What the whole set holds; all of it as counts of problems. */
export interface Expected {
  /** The fewest and the most that are published, where sources differ. */
  readonly problems: number | readonly [number, number]
  readonly labels?: Readonly<Record<string, number>>
  readonly slices?: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Whether so many problems can be the whole set; so if nothing is known of its size. */
export function isWhole({ expected }: { readonly expected?: Expected | undefined }, problems: number): boolean {
  if (expected === undefined) return true
  const [fewest, most] = countRange(expected)
  return problems >= fewest && problems <= most
}

/** Such as `800` or `23512 to 23609`. */
export function countText(expected: Expected): string {
  const [fewest, most] = countRange(expected)
  return fewest === most ? String(fewest) : `${fewest} to ${most}`
}

function countRange({ problems }: Expected): readonly [number, number] {
  return typeof problems === 'number' ? [problems, problems] : problems
}

export const optionOrderNames = ['published', 'shuffled', 'unshuffled'] as const
export type OptionOrderName = (typeof optionOrderNames)[number]

/** `unshuffled`: as in the files that the set was made from; a seed: shuffled by it, the same from any layout of files. */
export type OptionOrder = Exclude<OptionOrderName, 'shuffled'> | { readonly seed: number }

export interface ReadBenchmarkOptions extends ReadOptions {
  /** Of sets that are split: `train` or `test`. */
  readonly split?: string | undefined
  /** Of a benchmark that has `optionOrders`; default: the first of them. */
  readonly optionOrder?: OptionOrder
}

/** The problems at `path`. Throws UserError `data-empty`, and what the benchmark's reader throws. */
export async function readBenchmark(
  benchmark: Benchmark,
  path: string,
  options: ReadBenchmarkOptions = {},
): Promise<BenchmarkEntry[]> {
  const entries = await benchmark.read(path, options)
  if (entries.length > 0 || options.report !== undefined) return entries
  throw new UserError(
    'data-empty',
    `There is no problem to search in ${path}, read as ${benchmark.title}. mini-o3 eval --list says where its data come from.`,
  )
}
