/** `mini-o3 eval`, its merge, and `report`, on benchmarks as published, with a model behind a real server. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  mmeItem,
  put,
  scenePicture,
  vstarQuestions,
  writeVisualProbe,
  writeVstar,
} from '../../../test/benchmark-fixtures.ts'
import {
  answers,
  byModel,
  evaluated,
  folder,
  judgeSays,
  mini,
  onBenchmark,
  script,
  server,
  writeHrBench,
  setUpEvalKit,
} from '../../../test/eval-kit.ts'
import { readBenchmark } from '../../benchmark/benchmark.ts'
import { benchmarkNamed, benchmarks } from '../../benchmark/catalog.ts'
import { sampleSeed } from '../../search/search-many.ts'
import { hashSeed } from '../../shared/random.ts'
import { dataIn } from '../../../test/page-file.ts'
import type { ReportData, SearchesData } from '../../page/page-data.ts'

setUpEvalKit()

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
    expect(result.benchmark.notOfficial).toContain('the rule is --judge llm:<model>')
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
  expect(merged.code).toBe(0)
  const { judge: _, page: __, failed: ___, refused: ____, unjudged: _____, ...figures } = whole.result
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
  await evaluated('visualprobe-hard', 'vp <b>', '--samples', '1', '--max-turns', '4', '--keep-exchanges')
  const run = (name: string) => join(folder, name)
  const linesOf = async (name: string, log: string) =>
    (await readFile(join(run(name), `${log}.jsonl`), 'utf8')).trim().split('\n')
  expect(await linesOf('vp <b>', 'exchanges')).toHaveLength((await linesOf('vp <b>', 'trajectories')).length)
  await expect(linesOf('after', 'exchanges')).rejects.toThrow(/ENOENT/)
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
  expect(stdout).toMatch(
    /\[2\\\] after: HR-Bench 4K, 8 of 800 problems; policy .*, Avg@1, 4 turns, .*judge choice, intervals over 2 questions, /,
  )
  expect(stdout).toContain('Not by the rule of VisualProbe hard')
  expect(stdout).toContain("\\*: not by the benchmark's own rule, on part of its problems, or a control")

  const html = await readFile(join(out, 'report.html'), 'utf8')
  expect(html).toContain('vp \\&lt;b\\&gt;')
  expect(html).not.toContain('<b>')
  expect(html).toContain("default-src 'none'")
  const { parts } = dataIn<ReportData>(html)
  expect(parts.flatMap((part) => (part.kind === 'heading' ? [part.text] : []))).toEqual([
    '[1] before',
    '[2] after',
    '[3] vp <b>',
  ])
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
  judgeSays('Well.')
  const first = await again()
  expect([first.code, first.stderr]).toEqual([
    1,
    expect.stringMatching(/The judge failed for 2 searches[^]*2 x unjudged: test-vlm gave no score/),
  ])
  const verdicts = async () => {
    const page = await readFile(join(folder, 'vp', 'searches.html'), 'utf8')
    return new Set(dataIn<SearchesData>(page).searches.map(({ trajectory }) => trajectory.verdict?.kind))
  }
  expect(await verdicts()).toContain('unjudged')
  judgeSays('Score: 1')
  const second = await again()
  expect(second.code).toBe(0)
  expect(second.stdout).toMatch(/^overall +100\.0/m)
  expect(await verdicts()).toEqual(new Set(['correct']))
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

test('wrong options are named before anything is written', async () => {
  await writeHrBench()
  const run = ['--run', join(folder, 'no')]
  const hr = ['eval', '--benchmark', 'hr-bench-4k', '--data', folder, ...run]
  const fails = (options: readonly string[], code: string) =>
    expect(mini(...options)).rejects.toMatchObject({ code, exitCode: 2 })
  await fails(['eval', ...run], 'data-missing')
  await fails([...hr, ...byModel(), '--option-order', 'shuffled'], 'option-order-unused')
  await fails([...hr, ...byModel(), '--shard', '3/2'], 'shard')
  const orders = ['--option-order', 'published,shuffled']
  await fails([...hr, ...byModel(), ...orders, '--max-pixels', '50000,60000'], 'two-sweeps')
  await fails([...hr, '--max-pixels', '4096', '--view-side', '64'], 'view-side-twice')
  await fails([...hr, ...byModel(), '--judge', 'nobody'], 'judge-unknown')
  await fails([...hr], 'question-unknown')
  await fails(['report', folder], 'run-not-found')
  await fails(['report', folder, '--compare'], 'compare-two')
  await expect(readFile(join(folder, 'no', 'config.json'))).rejects.toMatchObject({ code: 'ENOENT' })
})
