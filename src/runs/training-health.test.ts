/** A policy that training destroys is told from one that learns, also in the steps of runs that were kept. */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { lossRisen, stepsLost, whatBroke } from './training-health.ts'

const kept = fileURLToPath(new URL('../../docs/experiments', import.meta.url))

async function linesOf(path: string): Promise<Record<string, number | string>[]> {
  const text = await readFile(`${kept}/${path}`, 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number | string>)
}

test('counts the latest steps in which hardly any search was right, of many before', () => {
  expect(stepsLost([0.97, 0, 0.03, 0])).toBe(3)
  expect(stepsLost([0.97, 0, 0.2, 0])).toBe(1)
  expect(stepsLost([0, 0, 0, 0])).toBe(0)
  expect(stepsLost([0, 0.5, 0.4, 0.3])).toBe(0)
  // Hard problems, of which a lucky step solved one of eight.
  expect(stepsLost([0, 0, 0.125, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toBe(0)
  expect(stepsLost([0, 0, 0.4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toBe(0)
})

test('no run of the experiments was lost, nor its cold start', async () => {
  const files = (await readdir(`${kept}/rl`)).filter((name) => name.endsWith('.jsonl'))
  let runs = 0
  for (const file of files) {
    const byRun = new Map<unknown, number[]>()
    for (const { run, reward } of await linesOf(`rl/${file}`)) {
      byRun.set(run, [...(byRun.get(run) ?? []), Number(reward)])
    }
    for (const [run, rewards] of byRun) expect([run, stepsLost(rewards)]).toEqual([run, 0])
    runs += byRun.size
  }
  expect(runs).toBeGreaterThan(50)
  const losses = (await linesOf('sft/metrics.jsonl')).flatMap(({ stage, loss }) =>
    stage === 'sft' ? [Number(loss)] : [],
  )
  expect(lossRisen(losses)).toBeUndefined()
})

test('says what broke', () => {
  const rl = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ stage: 'rl', step: at + 1, reward: at ? 0 : 0.9 }) as const)
  expect(whatBroke({ name: 'rl', steps: rl(11) })).toMatch(/For 10 steps .* 90 % .*lower --learning-rate/)
  expect(whatBroke({ name: 'rl', steps: rl(10) })).toBeUndefined()
  const sft = (last: number) =>
    Array.from({ length: 11 }, (_, at) => ({ stage: 'sft', step: at + 1, loss: at ? last : 0.1 }) as const)
  expect(whatBroke({ name: 'sft', steps: sft(4) })).toMatch(/from 0\.10 .* to 4\.00 .*lower --learning-rate/)
  expect(whatBroke({ name: 'sft', steps: sft(0.15) })).toBeUndefined()
})
