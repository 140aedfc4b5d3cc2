/** What `mini-o3 eval` says of costs, and several evaluations in one command. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeVisualProbe, writeVstar } from '../../../test/benchmark-fixtures.ts'
import {
  byModel,
  evaluated,
  folder,
  mini,
  onBenchmark,
  script,
  server,
  writeHrBench,
  setUpEvalKit,
} from '../../../test/eval-kit.ts'
import { dataIn } from '../../../test/page-file.ts'
import type { ReportData } from '../../page/page-data.ts'

setUpEvalKit()

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
    expect(report.stdout).toContain(`| price per million: input, cached, output | 1000, 1000, 100 |`)
    expect(report.stdout).toContain('estimated with the grid of Qwen2.5-VL')
    expect(await readFile(join(folder, 'out', 'report.csv'), 'utf8')).toMatch(/a,hr-bench-4k,cost,\d/)
    // Another price for the same run, without a search.
    const dearer = await mini('report', join(folder, 'a'), '--price', 'test-vlm=2000,0,200', '--json')
    expect(JSON.parse(dearer.stdout).runs[0].cost.policy.price).toEqual({ sent: 2000, cached: 0, written: 200 })
    expect(await readFile(join(folder, 'a', 'results.md'), 'utf8')).toContain('cost per search')
    const rates = (await readFile(join(folder, 'a', 'problems.csv'), 'utf8')).split('\n')
    expect(rates[0]).toBe('problem,category,cycle,question,right,searches,solve rate,mean turns,corrected by hand')
    expect(rates[1]).toBe('hr_bench_4k/0,single,cycle_0,1,1,1,1,1,0')
  })

  test('policy and judge have prices of their own, and shards are added up', async () => {
    await writeVisualProbe(folder)
    await script('visualprobe-hard', ['1', '0'], ({ problem }, isRight) => (isRight ? problem.answer! : 'blue'))
    const judge = ['--judge', 'llm:test-vlm', '--judge-base-url', server.baseUrl]
    const vp = (run: string, ...options: string[]) =>
      onBenchmark('visualprobe-hard', run, ...judge, ...options, '--json')
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
      message: expect.stringContaining('the models used are test-vlm'),
    })
    for (const price of ['1,2', 'test-vlm=1', 'test-vlm=a,b', 'test-vlm=1,2,3,4', 'test-vlm=1.2.3,4']) {
      await expect(mini(...hr, '--price', price)).rejects.toThrow('<model>=<input>,<output>')
    }
    await expect(readFile(join(folder, 'no', 'config.json'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('several evaluations in one command', () => {
  test('pixel budgets: a run each, resumed, with a table, charts and a report', async () => {
    await writeHrBench()
    await script('hr-bench-4k', ['1', '1', '1', '1', '0', '0', '0', '0'])
    const out = join(folder, 'sweep')
    const sweep = (budgets: string, ...options: string[]) =>
      onBenchmark('hr-bench-4k', 'sweep', '--max-pixels', budgets, ...options)
    const { stdout } = await sweep('100000,50000')
    expect(server.requests).toHaveLength(16)
    expect(stdout).toMatch(/^views +40,000 to 50,000 px +40,000 to 100,000 px\nscore in % +50\.0/m)
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
    const figures = dataIn<ReportData>(html).parts.flatMap((part) => (part.kind === 'figures' ? part.figures : []))
    expect(figures.map(({ svg }) => svg).join()).toContain('Accuracy of chat:test-vlm by pixel budget')

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
    expect(stdout).toContain('## V* Bench by option order'.replace('*', '\\*'))
    expect(stdout).toContain('| options shuffled |')
  })
})
