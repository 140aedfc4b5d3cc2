/** `mini-o3 eval` and `report` in the process of a test: a folder for benchmarks, and a model behind a real server that answers by script. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { readBenchmark } from '../src/benchmark/benchmark.ts'
import { benchmarkNamed } from '../src/benchmark/catalog.ts'
import type { BenchmarkEntry } from '../src/benchmark/entry.ts'
import { addEval } from '../src/cli/eval/eval.ts'
import { addReport } from '../src/cli/eval/report.ts'
import { sampleSeed } from '../src/search/search-many.ts'
import { hashSeed } from '../src/shared/random.ts'
import { delimited, hrBenchRows, put } from './benchmark-fixtures.ts'
import { startScriptedEndpoint } from './scripted-endpoint.ts'
import type { ScriptedEndpoint } from './scripted-endpoint.ts'
import { runCommand } from './run-command.ts'
import type { Said } from './run-command.ts'

/** Fresh for each test. */
export let folder: string
export let server: ScriptedEndpoint
/** By the seed of its request, what the model answers. */
export const answers = new Map<number, string>()
/** What it says as a judge. */
let judged: string

export function judgeSays(text: string): void {
  judged = text
}

/** Prepares the folder and the model for each test of the calling file. Not done by the import: files that share a worker import a module once. */
export function setUpEvalKit(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eval-'))
    answers.clear()
    judged = 'Score: 1'
    server = await startScriptedEndpoint({
      // A judge is sent no picture.
      script: ({ body, messages }) =>
        messages.every(({ images }) => images.length === 0)
          ? judged
          : `<think>Seen.</think><answer>${answers.get(body.seed as number) ?? 'no idea'}</answer>`,
    })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await server.close()
    await rm(folder, { recursive: true })
  })
}

export const mini = (...words: readonly string[]): Promise<Said> => runCommand([addEval, addReport], ...words)

export const byModel = (): string[] => ['--policy', 'chat:test-vlm', '--base-url', server.baseUrl]

/** One search for each problem. */
export const onBenchmark = (benchmark: string, run: string, ...words: readonly string[]): Promise<Said> => {
  const data = ['--benchmark', benchmark, '--data', folder, '--samples', '1', '--run', join(folder, run)]
  return mini('eval', ...data, ...byModel(), ...words)
}

const letterOf = ({ label }: BenchmarkEntry, isRight: boolean): string =>
  isRight ? `(${label})` : label === 'A' ? 'B' : 'A'

/** Makes the model answer so that the searches of each problem are right where `rights` has a 1, in the order of samples. */
export async function script(
  benchmark: string,
  rights: readonly string[],
  answerOf: (entry: BenchmarkEntry, isRight: boolean) => string = letterOf,
): Promise<void> {
  const entries = await readBenchmark(benchmarkNamed(benchmark), folder)
  expect(entries).toHaveLength(rights.length)
  for (const [index, entry] of entries.entries()) {
    for (const [sample, right] of [...rights[index]!].entries()) {
      const seed = hashSeed(entry.problem.docId, sampleSeed(0, entry.problem, sample))
      answers.set(seed, answerOf(entry, right === '1'))
    }
  }
}

/** The result of an evaluation; no two of its requests had the same seed. */
export async function evaluated(benchmark: string, run: string, ...words: readonly string[]) {
  const before = server.requests.length
  const data = ['--benchmark', benchmark, '--data', folder, '--run', join(folder, run), '--json']
  const { stdout, code } = await mini('eval', ...data, ...byModel(), ...words)
  expect(code).toBe(0)
  const result = JSON.parse(stdout)
  const seeds = server.requests.slice(before).map(({ body }) => body.seed)
  expect(new Set(seeds).size).toBe(seeds.length)
  expect(server.violations).toEqual([])
  const scores: Record<string, number> = {}
  for (const { name, score } of result.scores as { name: string; score: number }[])
    scores[name] = Number(score.toFixed(4))
  return { result, scores, requests: seeds.length }
}

export const writeHrBench = async () => put(join(folder, 'HR-Bench', 'hr_bench_4k.tsv'), delimited(await hrBenchRows()))
