/** `mini-o3 eval`, its merge, and `report`, on benchmarks as published, with a model behind a real server. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  delimited,
  hrBenchRows,
  mmeItem,
  put,
  scenePicture,
  vstarQuestions,
  writeVisualProbe,
  writeVstar,
} from '../../test/benchmark-fixtures.ts'
import { startScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import { readBenchmark } from '../benchmark/benchmark.ts'
import { benchmarkNamed, benchmarks } from '../benchmark/catalog.ts'
import type { BenchmarkEntry } from '../benchmark/entry.ts'
import { sampleSeed } from '../search/search-many.ts'
import { hashSeed } from '../shared/random.ts'
import { addEval } from './eval.ts'
import { addReport } from './report.ts'

let folder: string
let server: ScriptedEndpoint
/** By the seed of its request, what the model answers. */
const answers = new Map<number, string>()
/** What it says as a judge. */
let judged: string

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
  process.exitCode = undefined
  await server.close()
  await rm(folder, { recursive: true })
})

interface Said {
  readonly stdout: string
  readonly stderr: string
  readonly code: typeof process.exitCode
}

async function mini(...words: readonly string[]): Promise<Said> {
  process.exitCode = undefined
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => Boolean((said[name] += String(text))))
  }
  const program = new Command('mini-o3').exitOverride().enablePositionalOptions()
  addEval(program)
  addReport(program)
  try {
    await program.parseAsync(words, { from: 'user' })
  } finally {
    vi.restoreAllMocks()
  }
  return { ...said, code: process.exitCode }
}

const byModel = (): string[] => ['--policy', 'chat:test-vlm', '--base-url', server.baseUrl]

/** One search for each problem. */
const onBenchmark = (benchmark: string, run: string, ...words: readonly string[]): Promise<Said> => {
  const data = ['--benchmark', benchmark, '--data', folder, '--samples', '1', '--run', join(folder, run)]
  return mini('eval', ...data, ...byModel(), ...words)
}

const letterOf = ({ label }: BenchmarkEntry, isRight: boolean): string =>
  isRight ? `(${label})` : label === 'A' ? 'B' : 'A'

/** Makes the model answer so that the searches of each problem are right where `rights` has a 1, in the order of samples. */
async function script(
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
async function evaluated(benchmark: string, run: string, ...words: readonly string[]) {
  const before = server.requests.length
  const data = ['--benchmark', benchmark, '--data', folder, '--run', join(folder, run), '--json']
  const { stdout, code } = await mini('eval', ...data, ...byModel(), ...words)
  expect(code).toBeUndefined()
  const result = JSON.parse(stdout)
  const seeds = server.requests.slice(before).map(({ body }) => body.seed)
  expect(new Set(seeds).size).toBe(seeds.length)
  expect(server.violations).toEqual([])
  const scores: Record<string, number> = {}
  for (const { name, score } of result.scores as { name: string; score: number }[])
    scores[name] = Number(score.toFixed(4))
  return { result, scores, requests: seeds.length }
}

const writeHrBench = async () => put(join(folder, 'HR-Bench', 'hr_bench_4k.tsv'), delimited(await hrBenchRows()))

describe('scores by hand', () => {
  test('HR-Bench: mean over cycles, categories, strict circular', async () => {
    await writeHrBench()
    await script('hr-bench-4k', ['11', '10', '00', '01', '11', '11', '10', '11'])
    const { result, scores } = await evaluated('hr-bench-4k', 'hr', '--samples', '2')
    expect(scores).toMatchObject({
      overall: 0.6875, // cycles: 1, 3/4, 1/4, 3/4
      'category: single': 0.5,
      'category: cross': 0.875,
      'strict circular': 0.25, // the second question in its first sample
    })
    expect(result).toMatchObject({
      problems: 8,
      samples: 2,
      avgAtK: 0.6875,
      benchmark: { name: 'hr-bench-4k', aggregate: 'cycles' },
      judge: { name: 'choice' },
      interval: { low: 0.5, high: 0.875, over: 'questions' },
      sampling: { passAtK: 7 / 8, solved: [1, 3, 4] },
    })
    expect(result.benchmark.notOfficial).toBeUndefined()
    // Both runs were right on 6 and 5 of 8 rows.
    expect(result.sampling.runs).toEqual([6 / 8, 5 / 8])
    expect(result.sampling.runsSd).toBeCloseTo(0.125 / Math.SQRT2)
    // Ties: half of (1,0) and (0,1); both searches of the wrong row agree on the wrong letter.
    expect(result.sampling.majorityAtK).toBeCloseTo((1 + 0.5 + 0 + 0.5 + 1 + 1 + 0.5 + 1) / 8)
  })

  test('V*: K and judge as the benchmark asks, per type and over all; not the official rule, and said so', async () => {
    await writeVstar(folder)
    await script('vstar', ['1'.repeat(24) + '0'.repeat(8), '1'.repeat(8) + '0'.repeat(24)])
    const { result, scores, requests } = await evaluated('vstar', 'vstar')
    expect(requests).toBe(64)
    expect(scores).toEqual({ overall: 0.5, 'category: direct_attributes': 0.75, 'category: relative_position': 0.25 })
    expect(result).toMatchObject({ samples: 32, judge: { name: 'choice' }, sampling: { majorityAtK: 0.5, passAtK: 1 } })
    expect(result.benchmark).toMatchObject({ optionOrder: 'published', judge: 'llm' })
    expect(result.benchmark.notOfficial).toContain('an LLM as judge')
    for (const part of [
      'Avg@32',
      'profile default (',
      'prompts ',
      'first answer',
      'options published',
      'judge choice',
      'px',
    ])
      expect(result.protocol).toContain(part)

    const again = await evaluated('vstar', 'vstar')
    expect(again.requests).toBe(0)
    expect(again.result).toEqual(result)
    await expect(evaluated('vstar', 'vstar', '--option-order', 'unshuffled')).rejects.toMatchObject({
      code: 'run-config-differs',
      message: expect.stringContaining('optionOrder'),
    })
    await expect(evaluated('vstar', 'vstar', '--answer', 'last')).rejects.toMatchObject({ code: 'run-config-differs' })
    await expect(evaluated('vstar', 'vstar', '--judge', 'exact')).rejects.toThrow('judge')
    // Unshuffled, the right choice is A wherever it stood.
    answers.clear()
    const { length } = vstarQuestions
    for (const entry of await readBenchmark(benchmarkNamed('vstar'), folder, { optionOrder: 'unshuffled' })) {
      answers.set(hashSeed(entry.problem.docId, sampleSeed(0, entry.problem, 0)), 'A')
    }
    const unshuffled = await evaluated('vstar', 'deepeyes', '--option-order', 'unshuffled', '--samples', '1')
    expect(unshuffled.requests).toBe(length)
    expect(unshuffled.scores.overall).toBe(1)
  })

  test('MME-RealWorld: over problems and over subtasks, one sample, its own letter rule', async () => {
    const at = (id: number, Task: string, Subtask: string) => ({
      ...mmeItem,
      Question_id: `q${id}`,
      Image: 'poster.png',
      Task,
      Subtask,
    })
    const items = [
      at(1, 'Perception', 'Monitoring'),
      at(2, 'Perception', 'Monitoring'),
      at(3, 'Perception', 'Remote Sensing'),
      at(4, 'Reasoning', 'Monitoring'),
    ]
    await put(join(folder, 'MME-RealWorld-Lite', 'MME-RealWorld-Lite.json'), JSON.stringify(items))
    await put(join(folder, 'MME-RealWorld-Lite', 'data', 'poster.png'), await scenePicture(1, 'png'))
    // The first capital counts: the rule reads "Best answer: C" as B, which is right here.
    await script('mme-realworld-lite', ['1', '0', '0', '1'], (_, isRight) => (isRight ? 'Best answer: C' : 'C'))
    const { result, scores } = await evaluated('mme-realworld-lite', 'mme')
    expect(scores).toMatchObject({
      avg: 0.5,
      'avg-c': 0.5, // subtasks: 1/2, 0, 1
      'Perception: avg': 0.3333,
      'Perception: avg-c': 0.25,
      'Reasoning: avg': 1,
    })
    expect(result).toMatchObject({ samples: 1, judge: { name: 'mme-letter' }, sampling: { runsSd: null } })
  })

  test('VisualProbe: each level by itself, the exact judge where no LLM is named', async () => {
    await writeVisualProbe(folder)
    await script('visualprobe-hard', ['1110', '0100'], ({ problem }, isRight) => (isRight ? problem.answer! : 'blue'))
    const { result, scores } = await evaluated('visualprobe-hard', 'vp', '--samples', '4')
    expect(scores).toEqual({ overall: 0.5, 'level: hard': 0.5 })
    expect(result.byLevel.hard).toMatchObject({ problems: 2, avgAtK: 0.5 })
    expect(result.benchmark.notOfficial).toContain('VisualProbe hard: judged by exact')
    // Right without a zoom: every limit has all of it.
    expect(result.everyTurnLimit).toHaveLength(32)
    expect(result.everyTurnLimit[0].avgAtK).toBe(0.5)
  })
})

test('shards cover every problem once, and their merge is the whole run', async () => {
  await writeHrBench()
  const rights = ['11', '10', '00', '01', '11', '11', '10', '11']
  await script('hr-bench-4k', rights)
  const whole = await evaluated('hr-bench-4k', 'whole', '--samples', '2')
  const parts: string[] = []
  for (const shard of ['1/3', '2/3', '3/3']) {
    const part = await evaluated('hr-bench-4k', `part-${shard[0]}`, '--samples', '2', '--shard', shard)
    expect(part.requests).toBe(part.result.problems * 2)
    parts.push(join(folder, `part-${shard[0]}`))
  }
  const out = join(folder, 'merged')
  const early = await mini('eval', 'merge', ...parts.slice(0, 2), '--run', out, '--json')
  expect([early.code, early.stdout]).toEqual([1, ''])
  expect(early.stderr).toContain('4 searches are missing')
  const merged = await mini('eval', 'merge', ...parts, '--run', out, '--json')
  expect(merged.code).toBeUndefined()
  const { judge: _, page: __, failed: ___, unjudged: ____, ...figures } = whole.result
  expect(JSON.parse(merged.stdout)).toEqual({ ...figures, run: out })
  // The merged run is the run of the command without --shard.
  expect((await evaluated('hr-bench-4k', 'merged', '--samples', '2')).requests).toBe(0)

  await evaluated('hr-bench-4k', 'other', '--samples', '1')
  const refused = mini('eval', 'merge', parts[0]!, join(folder, 'other'), '--run', join(folder, 'no'))
  await expect(refused).rejects.toMatchObject({ code: 'merge-differs', message: expect.stringContaining('samples') })
})

test('report: published rows beside measured ones, in three formats; two runs compared', async () => {
  await writeHrBench()
  await writeVisualProbe(folder)
  await script('hr-bench-4k', ['1', '1', '1', '1', '0', '0', '0', '0'])
  await evaluated('hr-bench-4k', 'before', '--samples', '1')
  await script('hr-bench-4k', ['1', '1', '0', '1', '1', '1', '1', '1'])
  await evaluated('hr-bench-4k', 'after', '--samples', '1', '--max-turns', '4')
  await evaluated('visualprobe-hard', 'vp <b>', '--samples', '1', '--max-turns', '4')
  const run = (name: string) => join(folder, name)
  const out = run('out')
  const { stdout } = await mini('report', run('before'), run('after'), run('vp <b>'), '--out', out)
  const rowOf = (start: string) => stdout.split('\n').filter((line) => line.startsWith(`| ${start}`))
  expect(rowOf('Mini-o3-7B')).toEqual(['| Mini-o3-7B | 48.0 | 50.4 | 67.0 | 88.2 | 77.5 | 73.3 | 65.5 |'])
  // A row for each number of turns; the two runs with four share one.
  const measured = rowOf('measured')
  expect(measured).toHaveLength(2)
  expect(measured[1]).toContain(
    'chat:test-vlm, 4 turns | 0.0 (0.0-0.0) \\[3\\]\\* |  |  |  | 87.5 (75.0-100.0) \\[2\\]\\*',
  )
  expect(stdout).toMatch(/\[2\\\] after: HR-Bench 4K, 8 of 800 problems; policy .*, Avg@1, 4 turns, .*judge choice\./)
  expect(stdout).toContain('Not by the rule of VisualProbe hard')
  expect(stdout).toContain("\\*: not by the benchmark's own rule, or on a part of its problems")

  const html = await readFile(join(out, 'report.html'), 'utf8')
  expect(html).toContain('vp &lt;b&gt;')
  expect(html).not.toContain('<b>')
  expect(html).toContain('default-src &#39;none&#39;')
  const csv = (await readFile(join(out, 'report.csv'), 'utf8')).split('\n')
  expect(csv).toContainEqual(expect.stringMatching(/^Mini-o3-7B,visualprobe-hard,score,0\.48,,,,"Avg@32/))
  expect(csv).toContainEqual(expect.stringMatching(/^after,hr-bench-4k,score,0\.875,0\.75,1,8,"?policy chat/))

  const compared = await mini('report', run('before'), run('after'), '--compare', '--json')
  const { comparison } = JSON.parse(compared.stdout)
  // Question 1: -1/4, question 2: +1.
  expect(comparison).toMatchObject({ difference: { mean: 0.375, low: -0.25, high: 1 }, units: 2 })
  expect(comparison.flipped).toHaveLength(5)
  const other = mini('report', run('before'), run('vp <b>'), '--compare')
  await expect(other).rejects.toMatchObject({ code: 'other-problems', exitCode: 2 })
})

test('a search that had no verdict is judged again on a resume, and its page shows the verdict alone', async () => {
  await writeVisualProbe(folder)
  const again = () =>
    onBenchmark('visualprobe-hard', 'vp', '--judge', 'llm:test-vlm', '--judge-base-url', server.baseUrl)
  judged = 'Well.'
  const first = await again()
  expect([first.code, first.stderr]).toEqual([1, expect.stringContaining('the judge failed for 2 searches')])
  const page = (): Promise<string> => readFile(join(folder, 'vp', 'report.html'), 'utf8')
  expect(await page()).toContain('class="answer unjudged"')
  judged = 'Score: 1'
  const second = await again()
  expect(second.code).toBeUndefined()
  expect(second.stdout).toMatch(/^overall +100\.0/m)
  expect(await page()).not.toMatch(/class="[a-z ]*unjudged"/)
  expect(await page()).toContain('class="answer correct"')
})

describe('what it cost', () => {
  test('tokens as billed without prices, money with them; kept for the report, and given later too', async () => {
    await writeHrBench()
    await script('hr-bench-4k', ['1', '1', '1', '1', '0', '0', '0', '0'])
    const { result } = await evaluated('hr-bench-4k', 'a', '--samples', '1')
    const spent = server.requests.length
    expect(result.cost.policy).toMatchObject({ model: 'test-vlm', tokens: result.spent })
    expect(result.cost).not.toHaveProperty('total')
    // One turn each: what is sent is what is new.
    expect(result.spent.sent).toBe(result.tokens.prompt * 8)
    expect(result.tokens.imageEstimated).toBe(true)

    const priced = await evaluated('hr-bench-4k', 'a', '--samples', '1', '--price', 'test-vlm=1000,100')
    expect(server.requests).toHaveLength(spent)
    const { sent, written } = result.spent
    expect(priced.result.cost.total).toBeCloseTo(sent / 1000 + written / 10_000)
    expect(priced.result.cost.perSearch).toBeCloseTo(priced.result.cost.total / 8)
    const report = await mini('report', join(folder, 'a'), '--out', join(folder, 'out'))
    expect(report.stdout).toContain(`| price of a million: sent, cached, written | 1000, 1000, 100 |`)
    expect(report.stdout).toContain('estimated as Qwen2.5-VL counts')
    expect(await readFile(join(folder, 'out', 'report.csv'), 'utf8')).toMatch(/a,hr-bench-4k,cost,\d/)
    // Another price for the same run, without a search.
    const dearer = await mini('report', join(folder, 'a'), '--price', 'test-vlm=2000,0,200', '--json')
    expect(JSON.parse(dearer.stdout).runs[0].cost.policy.price).toEqual({ sent: 2000, cached: 0, written: 200 })
    expect(await readFile(join(folder, 'a', 'results.md'), 'utf8')).toContain('cost of a search')
    const rates = (await readFile(join(folder, 'a', 'problems.csv'), 'utf8')).split('\n')
    expect(rates[0]).toBe('problem,category,cycle,question,right,searches,solve rate,mean turns')
    expect(rates[1]).toBe('hr_bench_4k/0,single,cycle_0,1,1,1,1,1')
  })

  test('policy and judge have prices of their own, and shards are added up', async () => {
    await writeVisualProbe(folder)
    await script('visualprobe-hard', ['1', '0'], ({ problem }, isRight) => (isRight ? problem.answer! : 'blue'))
    const judge = ['--judge', 'llm:test-vlm', '--judge-base-url', server.baseUrl]
    const vp = (run: string, ...words: string[]) => onBenchmark('visualprobe-hard', run, ...judge, ...words, '--json')
    const whole = JSON.parse((await vp('whole', '--price', 'test-vlm=1,2')).stdout)
    expect(whole.cost.judge.tokens.sent).toBeGreaterThan(0)
    expect(whole.cost.total).toBeCloseTo(whole.cost.policy.cost + whole.cost.judge.cost)
    for (const shard of ['1/2', '2/2']) await vp(`part-${shard[0]}`, '--shard', shard, '--price', 'test-vlm=1,2')
    const merge = ['eval', 'merge', join(folder, 'part-1'), join(folder, 'part-2'), '--run', join(folder, 'all')]
    const merged = JSON.parse((await mini(...merge, '--json')).stdout)
    expect(merged.cost).toEqual(whole.cost)
    expect(JSON.parse((await mini(...merge, '--json')).stdout).cost).toEqual(whole.cost)
  })

  test('a price of a model that is not asked, or one that is none, is refused', async () => {
    await writeHrBench()
    const hr = ['eval', '--benchmark', 'hr-bench-4k', '--data', folder, '--run', join(folder, 'no'), ...byModel()]
    await expect(mini(...hr, '--price', 'other=1,2')).rejects.toMatchObject({
      code: 'price-unused',
      message: expect.stringContaining('those that are asked are test-vlm'),
    })
    for (const price of ['1,2', 'test-vlm=1', 'test-vlm=a,b', 'test-vlm=1,2,3,4', 'test-vlm=1.2.3,4']) {
      await expect(mini(...hr, '--price', price)).rejects.toThrow('<model>=<sent>,<written>')
    }
    await expect(readFile(join(folder, 'no', 'config.json'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('several evaluations in one command', () => {
  test('pixel budgets: a run each, resumed, with a table, charts and a report', async () => {
    await writeHrBench()
    await script('hr-bench-4k', ['1', '1', '1', '1', '0', '0', '0', '0'])
    const out = join(folder, 'sweep')
    const sweep = (budgets: string, ...words: string[]) =>
      onBenchmark('hr-bench-4k', 'sweep', '--max-pixels', budgets, ...words)
    const { stdout } = await sweep('100000,50000')
    expect(server.requests).toHaveLength(16)
    expect(stdout).toMatch(/^ *50,000 px +40,000 to 50,000 px +50\.0 +/m)
    expect(stdout).toContain('max-pixels-100000 minus max-pixels-50000: +0.0 points')
    expect(stdout).toContain('views 40,000 to 100,000 px')
    // One more budget: what is there is not searched again.
    const more = JSON.parse((await sweep('50000,100000,200000', '--json')).stdout)
    expect(server.requests).toHaveLength(24)
    expect(more.bySetting.map(({ maxPixels, avgAtK }: Record<string, number>) => [maxPixels, avgAtK])).toEqual([
      [50_000, 0.5],
      [100_000, 0.5],
      [200_000, 0.5],
    ])
    expect(await readFile(join(out, 'pixels.svg'), 'utf8')).toContain('>200,000</text>')
    expect(await readFile(join(out, 'turns.svg'), 'utf8')).toContain('>50,000 px</text>')
    expect(await readFile(join(out, 'results.md'), 'utf8')).toContain('| 50,000 px | 40,000 to 50,000 px | 50.0 |')

    const report = await mini('report', out, '--out', join(folder, 'report'))
    expect(report.stdout).toContain('## HR-Bench 4K by pixel budget: chat:test-vlm')
    expect(report.stdout).toContain('measured: chat:test-vlm, 32 turns, at most 50,000 px')
    const html = await readFile(join(folder, 'report', 'report.html'), 'utf8')
    expect(html).toContain('Accuracy of chat:test-vlm by pixel budget')

    await expect(sweep('30000')).rejects.toMatchObject({ code: 'bad-max-pixels', exitCode: 2 })
    await expect(sweep('50000,many')).rejects.toThrow('whole number')
  })

  test('orders of options: the published one beside a shuffled one', async () => {
    await writeVstar(folder)
    const { stdout: result } = await onBenchmark('vstar', 'orders', '--option-order', 'published,shuffled', '--json')
    const said = JSON.parse(result)
    expect(
      said.bySetting.map(({ benchmark }: { benchmark: { optionOrder: string } }) => benchmark.optionOrder),
    ).toEqual(['published', 'shuffled'])
    expect(said.bySetting[1].protocol).toContain('options shuffled (seed 0)')
    expect(said.comparison).toMatchObject({ difference: { mean: 0 }, units: 2 })
    const { stdout } = await mini('report', join(folder, 'orders'))
    expect(stdout).toContain('## V* Bench by order of options'.replace('*', '\\*'))
    expect(stdout).toContain('| options shuffled |')
  })
})

test('--list says what to fetch of every benchmark, --check what is wrong with what is there', async () => {
  const { stdout } = await mini('eval', '--list')
  for (const { name, datasets, licence } of benchmarks) {
    for (const text of [name, ...datasets, licence]) expect(stdout).toContain(text)
  }
  const listed = JSON.parse((await mini('eval', '--list', '--json')).stdout) as { name: string }[]
  expect(listed.map(({ name }) => name)).toEqual(benchmarks.map(({ name }) => name))

  await writeVstar(folder)
  const checked = await mini('eval', '--check', '--benchmark', 'vstar', '--data', folder)
  expect(checked.code).toBe(1)
  expect(checked.stdout).toContain('count: 2 problems instead of 191.')
  const { findings } = JSON.parse(
    (await mini('eval', '--check', '--benchmark', 'vstar', '--data', folder, '--json')).stdout,
  )
  expect(findings[0]).toMatchObject({ code: 'count' })
})

test('wrong words are named before anything is written', async () => {
  await writeHrBench()
  const run = ['--run', join(folder, 'no')]
  const hr = ['eval', '--benchmark', 'hr-bench-4k', '--data', folder, ...run]
  const fails = (words: readonly string[], code: string) =>
    expect(mini(...words)).rejects.toMatchObject({ code, exitCode: 2 })
  await fails(['eval', ...run], 'data-missing')
  await fails([...hr, ...byModel(), '--option-order', 'shuffled'], 'option-order-unused')
  await fails([...hr, ...byModel(), '--shard', '3/2'], 'shard')
  const orders = ['--option-order', 'published,shuffled']
  await fails([...hr, ...byModel(), ...orders, '--max-pixels', '50000,60000'], 'two-sweeps')
  await fails([...hr, '--max-pixels', '4096', '--view-side', '64'], 'view-side-twice')
  await fails([...hr, ...byModel(), '--judge', 'nobody'], 'judge-unknown')
  await fails([...hr], 'question-unknown')
  await fails(['report', folder], 'eval-not-found')
  await fails(['report', folder, '--compare'], 'compare-two')
  await expect(readFile(join(folder, 'no', 'config.json'))).rejects.toMatchObject({ code: 'ENOENT' })
})
