/** `--benchmark` of `mini-o3 eval`: lists benchmarks, checks their files, and supplies their defaults for options that were not given. */
import { judgeForm, judgeNamed } from '../../judge/registry.ts'
import { InvalidArgumentError } from 'commander'
import { checkBenchmark } from '../../benchmark/check-benchmark.ts'
import type { Checked } from '../../benchmark/check-benchmark.ts'
import { countText, optionOrderNames, readBenchmark } from '../../benchmark/benchmark.ts'
import type { Benchmark, OptionOrder, OptionOrderName } from '../../benchmark/benchmark.ts'
import { benchmarkNamed, benchmarks } from '../../benchmark/catalog.ts'
import type { BenchmarkEntry } from '../../benchmark/entry.ts'
import { recognised } from '../../benchmark/own/recognise.ts'
import { problemFolder } from '../../benchmark/readers/problem-folder.ts'
import { checkJudgeable } from '../../search/owed-samples.ts'
import { UserError } from '../../shared/errors.ts'
import { IncompleteError } from '../incomplete.ts'
import { print, printJson, say } from '../print/output.ts'
import { isOneOf } from '../../shared/fields.ts'
import { counted } from '../../shared/numbers.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Progress } from '../../shared/progress.ts'

/** Parses a comma-separated list of orders. */
export function readOptionOrders(text: string): readonly OptionOrderName[] {
  const given = [...new Set(text.split(',').map((part) => part.trim()))]
  const other = given.find((part) => !isOneOf(optionOrderNames, part))
  if (other === undefined) return given.filter((part) => isOneOf(optionOrderNames, part))
  throw new InvalidArgumentError(`${other || 'Nothing'} is not one of ${optionOrderNames.join(', ')}.`)
}

export interface BenchmarkOptions {
  /** Default: recognised from the data. */
  readonly benchmark?: string | undefined
  readonly data?: string
  readonly optionOrder?: OptionOrderName | undefined
  readonly seed: number
  readonly json?: true
}

type CheckOptions = Omit<BenchmarkOptions, 'optionOrder'> & { readonly optionOrder?: readonly OptionOrderName[] }

/** The benchmark that the options name, and how to read it. Throws `UserError`. */
async function chosen({ benchmark: name, data, optionOrder, seed }: BenchmarkOptions) {
  const named = name === undefined ? undefined : benchmarkNamed(name)
  if (data === undefined) {
    const layout = named?.layout ?? problemFolder.layout
    throw new UserError('data-missing', `--data is missing: ${layout}. See mini-o3 eval --list.`)
  }
  const benchmark = named ?? (await recognised(data))
  if (optionOrder !== undefined && !benchmark.optionOrders?.includes(optionOrder)) {
    throw new UserError(
      'option-order-unused',
      `--option-order ${optionOrder} is for --benchmark ${havingOrders()}: leave it out.`,
    )
  }
  const order: OptionOrder | undefined = optionOrder === 'shuffled' ? { seed } : optionOrder
  return { benchmark, data, reading: order === undefined ? {} : { optionOrder: order } }
}

/** The benchmarks whose choices can be asked in several orders. */
export function havingOrders(): string {
  const names = benchmarks.filter(({ optionOrders }) => optionOrders !== undefined).map(({ name }) => name)
  return names.join(', ')
}

export interface ChosenBenchmark {
  readonly benchmark: Benchmark
  readonly data: string
  readonly entries: readonly BenchmarkEntry[]
  /** Only for benchmarks that define orders. */
  readonly optionOrder?: OptionOrderName | undefined
}

/** The first `limit` problems, checked to be judgeable. Throws `UserError` before anything is written. */
export async function readChosen(options: BenchmarkOptions & { readonly limit?: number }): Promise<ChosenBenchmark> {
  const { benchmark, data, reading } = await chosen(options)
  const entries = (await readBenchmark(benchmark, data, { ...reading, onColumns: say })).slice(0, options.limit)
  checkJudgeable(entries)
  const optionOrder = options.optionOrder ?? benchmark.optionOrders?.[0]
  return { benchmark, data, entries, ...(optionOrder !== undefined && { optionOrder }) }
}

/** The benchmark's judge if it needs no model, else the comparison of letters or words. */
export function offlineJudge({ judge }: Benchmark, entries: readonly BenchmarkEntry[]): string {
  // A judge kind that needs a model is not a complete judge name.
  if (judgeNamed(judge) !== undefined) return judge
  return entries.some(({ problem }) => problem.choices !== undefined) ? 'choice' : 'exact'
}

export function listBenchmarks({ json }: { readonly json?: true }): void {
  if (json) return printJson(benchmarks.map((benchmark) => ({ ...benchmark, aggregate: benchmark.aggregate.name })))
  print(benchmarks.map(factsText).join('\n\n'))
}

function hashText({ datasets, tsvMd5 }: Benchmark): string {
  if (tsvMd5 !== undefined)
    return `MD5 of the TSV ${tsvMd5}, as pinned by VLMEvalKit; none is known for the other files`
  return datasets.length === 0 ? '' : 'none is known: --check compares counts and decodes every picture'
}

function factsText(benchmark: Benchmark): string {
  const { name, title, datasets, download, pull, layout, licence, expected, samples, judge, answer, question, notes } =
    benchmark
  const lines: readonly (readonly [string, string])[] = [
    ['data set', datasets.map((id) => `https://huggingface.co/datasets/${id}`).join(', ')],
    ['download', download],
    ['download', pull === undefined ? '' : `mini-o3 data pull ${name}`],
    ['place', `${layout}, below the folder of --data`],
    ['licence', licence],
    ['hash', hashText(benchmark)],
    ['problems', expected === undefined ? '' : countText(expected)],
    ['scored', `Avg@${samples}, judge ${judgeForm(judge)}, ${answer} answer`],
    ['question', question],
    ['note', notes],
  ]
  const told = lines.flatMap(([what, text]) => (text === '' ? [] : [`  ${what.padEnd(9)} ${text}`]))
  return [`${name}: ${title}`, ...told].join('\n')
}

/** Prints the problems found in the files. Throws `IncompleteError` if there are any. */
export async function checkChosen({ optionOrder: orders, ...options }: CheckOptions): Promise<void> {
  const { benchmark, data, reading } = await chosen({ ...options, optionOrder: orders?.[0] })
  let progress: Progress | undefined
  const onPicture = (total: number): void => {
    progress ??= startProgress({ label: 'problems checked', total })
    progress.advance()
  }
  const checked = await checkBenchmark(benchmark, data, { ...reading, onColumns: say, onPicture })
  progress?.finish()
  const { findings } = checked
  if (options.json) printJson({ benchmark: benchmark.name, data, ...checked })
  else print(checkText(benchmark, data, checked))
  if (findings.length > 0) throw new IncompleteError(`The data in ${data} have the faults listed above.`)
}

function checkText(benchmark: Benchmark, data: string, checked: Checked): string {
  const labels = Object.entries(checked.labels).map(([label, count]) => `${label} ${count}`)
  const found = `${benchmark.title} in ${data}: ${counted(checked.problems, 'problem', 'problems')}${labels.length > 0 ? `, right answers ${labels.join(', ')}` : ''}.`
  const verified = checked.verified.map((file) => `${file} has the published MD5.`)
  const wrong = checked.findings.map(({ code, message }) => `  ${code}: ${message}`)
  const notes = checked.notes.map((note) => `Note: ${note}`)
  return [found, ...verified, wrong.length === 0 ? 'No faults found.' : 'Faults:', ...wrong, ...notes].join('\n')
}
