/** Checks the files of a benchmark and reports all faults rather than the first one. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { mapLimit } from '../shared/map-limit.ts'
import { countText, isWhole, readBenchmark } from './benchmark.ts'
import type { Benchmark, ReadBenchmarkOptions } from './benchmark.ts'
import type { BenchmarkEntry, DataFinding } from './entry.ts'

export interface CheckOptions extends Omit<ReadBenchmarkOptions, 'report'> {
  /** Also decode every picture (default true). */
  readonly pictures?: boolean
  /** Called for each problem whose pictures were decoded, with the number of all problems. */
  readonly onPicture?: (total: number) => void
}

export interface Checked {
  readonly problems: number
  readonly labels: Readonly<Record<string, number>>
  /** Files that match their published hash. */
  readonly verified: readonly string[]
  readonly findings: readonly DataFinding[]
  /** What is odd, but no fault. */
  readonly notes: readonly string[]
}

/** Throws only if there are no files to check. */
export async function checkBenchmark(benchmark: Benchmark, path: string, options: CheckOptions = {}): Promise<Checked> {
  const { pictures = true, onPicture, ...readOptions } = options
  const findings: DataFinding[] = []
  const report = (finding: DataFinding): void => void findings.push(finding)
  const files: string[] = []
  const onFile = (file: string): void => void files.push(file)
  const notes: string[] = []
  const onNote = (note: string): void => void notes.push(note)
  const entries = await readBenchmark(benchmark, path, { ...readOptions, report, onFile, onNote })
  const labels = histogram(entries.map(({ label }) => label))
  const { expected } = benchmark
  if (expected !== undefined) {
    if (!isWhole(benchmark, entries.length)) {
      report({ code: 'count', message: `${entries.length} problems instead of ${countText(expected)}.` })
    }
    // The letters are only known for the published order.
    if (expected.labels !== undefined && (options.optionOrder ?? 'published') === 'published') {
      for (const message of differences('right answers', labels, expected.labels)) report({ code: 'labels', message })
    }
    for (const [key, counts] of Object.entries(expected.slices ?? {})) {
      const found = histogram(entries.map(({ slices }) => slices[key]))
      for (const message of differences(key, found, counts)) report({ code: 'slice', message })
    }
  }
  if (entries.length === 0 && expected === undefined)
    report({ code: 'count', message: `${path} contains no problems.` })
  for (const message of changedQuestions(entries)) report({ code: 'slice', message })
  const verified: string[] = []
  if (benchmark.tsvMd5 !== undefined) {
    for (const file of files.filter((name) => name.endsWith('.tsv'))) {
      const md5 = await md5Of(file)
      if (md5 === benchmark.tsvMd5) verified.push(file)
      else report({ code: 'checksum', message: `${file} has the MD5 ${md5} instead of ${benchmark.tsvMd5}.` })
    }
  }
  if (pictures) {
    // As many as are decoded at once.
    const broken = await mapLimit(entries, 4, async ({ place, checkPicture }) => {
      const what = await checkPicture()
      onPicture?.(entries.length)
      return what === undefined ? undefined : { code: 'picture' as const, message: `${place}: ${what}.` }
    })
    for (const finding of broken) if (finding) report(finding)
  }
  return { problems: entries.length, labels, verified, findings, notes }
}

async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

function histogram(values: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values.filter((own) => own !== undefined).toSorted()) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

function differences(
  name: string,
  found: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
): string[] {
  const values = [...new Set([...Object.keys(expected), ...Object.keys(found)])]
  return values
    .filter((value) => (found[value] ?? 0) !== (expected[value] ?? 0))
    .map((value) => `${name}: ${found[value] ?? 0} of ${value} instead of ${expected[value] ?? 0}.`)
}

/** Presentations of the same question with permuted choices must otherwise be equal. */
function changedQuestions(entries: readonly BenchmarkEntry[]): string[] {
  const first = new Map<string, BenchmarkEntry>()
  return entries.flatMap((entry) => {
    const number = entry.slices['question']
    if (number === undefined) return []
    const other = first.get(number)
    if (other === undefined) first.set(number, entry)
    if (other === undefined || sameChoices(entry, other)) return []
    return [`${entry.place}: has different choices from ${other.place}, although it should be the same question.`]
  })
}

function sameChoices(a: BenchmarkEntry, b: BenchmarkEntry): boolean {
  const [one, two] = [a, b].map(({ problem }) => (problem.choices ?? []).toSorted().join('\n'))
  return one === two
}
