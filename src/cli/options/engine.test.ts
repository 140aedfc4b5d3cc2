/** Training on a server, as real processes. Needs `npm run build`. */
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runLines } from '../../../test/run-lines.ts'
import { startProgram } from '../../../test/run-program.ts'
import type { Ended } from '../../../test/run-program.ts'
import { startTinkerServer, type TinkerServer } from '../../../test/tinker-server.ts'
import type { Engine } from '../../engine/engine.ts'
import { openEngine } from './engine.ts'
import { serveToyModel } from '../../../test/tinker-toy-model.ts'
import { tinyFolder, tinyRun } from '../../../test/tinker-runs.ts'

let folder: string
let server: TinkerServer
beforeAll(async () => {
  folder = await tinyFolder()
  server = await startTinkerServer({ folder: join(folder, 'server'), make: serveToyModel, apiKey: 'tml-key' })
  await mini('probe', 'build', '--out', 'd', '--train', '4', '--level', 'easy', '--no-pictures')
  await mini('collect', '--data', 'd', '--target', '2', '--run', 'collected')
})
afterAll(() => server.close())

const mini = (...words: string[]): Promise<Ended> => startProgram(words, { cwd: folder, env: { KEY: 'tml-key' } }).ended

const sft = ['sft', '--collection', 'collected', '--steps', '2', '--batch', '2']
const rl = ['rl', '--data', 'd', '--steps', '1', '--problems-per-step', '1', '--group-size', '2', '--medium', '0']
const easy = ['--easy', '1', '--hard', '0']
const oneRound = ['--max-sampling-rounds', '1']

test('--plan says what training comes to and sends nothing', async () => {
  const before = server.requests.length
  const elsewhere = ['--engine', `tinker:${server.url}`, '--plan']
  const planned = await mini(...sft, ...elsewhere)
  expect(planned.code, planned.stderr).toBe(0)
  expect(planned.stdout).toMatch(/^2 optimiser steps on 4 sequences\ntrained: \d+ tokens\nsent: [\d.]+ (kB|MB)\n$/)
  const most = await mini(...rl, ...easy, ...oneRound, ...elsewhere, '--json')
  expect(JSON.parse(most.stdout)).toMatchObject({ plan: { steps: 2, sequences: 12, samplingRounds: 1, atMost: true } })
  expect(server.requests).toHaveLength(before)
})

test('--price says what it costs: in the plan, and step by step in the metrics', async () => {
  const elsewhere = ['--engine', `tinker:${server.url}`, '--api-key-env', 'KEY']
  const planned = await mini(...rl, ...easy, ...oneRound, ...elsewhere, '--price', '2,1,4,8', '--plan', '--json')
  const { plan } = JSON.parse(planned.stdout)
  const { promptTokens, sampledTokens, trainedTokens } = plan
  expect(plan.cost).toBeCloseTo((2 * promptTokens + 4 * sampledTokens + 8 * trainedTokens) / 1e6, 9)
  const told = await mini(...sft, ...elsewhere, '--price', '2,4,8', '--plan')
  expect(told.stdout).toMatch(/^cost: 0\.\d+, without checkpoints and discounts for cached tokens$/m)
  const trained = await mini(...sft, ...elsewhere, '--price', '2,4,8', '--run', 'priced')
  expect(trained.code, trained.stderr).toBe(0)
  const steps = (await readFile(join(folder, 'priced', 'metrics.jsonl'), 'utf8')).trim().split('\n')
  for (const { usage } of steps.map((line) => JSON.parse(line))) {
    expect(usage).toMatchObject({ prompt: 0, cached: 0, sampled: 0, trained: expect.any(Number) })
    expect(usage.cost).toBeCloseTo((8 * usage.trained) / 1e6, 12)
  }
  const wrong = await mini(...sft, ...elsewhere, '--price', '2,4', '--plan')
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('<read>,<sampled>,<trained>')])
})

test('what an engine cannot do is refused by name, before anything is sent, by a plan too', async () => {
  const before = server.requests.length
  const gspo = ['--loss', 'gspo', '--run', 'lossless']
  const away = ['--engine', 'tinker:https://a.thinkingmachines.dev']
  const refused = [
    [gspo, 'The embedded engine has no loss gspo'],
    [
      ['--engine', `tinker:${server.url}`, '--tinker-server', 'skyrl-jax', ...gspo],
      'Servers of kind skyrl-jax have no loss gspo. They have ppo, cispo',
    ],
    [
      ['--engine', 'tinker:http://127.0.0.1:9', '--staleness', '1', '--old-logprobs', 'trainer', '--plan'],
      'add --old-logprobs sampler',
    ],
    [[...away, '--loss', 'dppo', '--plan'], 'Servers of kind hosted have no loss dppo'],
    [[...away, '--lora-rank', '0', '--plan'], 'give --lora-rank 1 or more'],
  ] as const
  const ended = await runLines(
    folder,
    refused.map(([options]) => [...rl, ...easy, ...options]),
  )
  for (const [number, { code, stderr, changed }] of ended.entries())
    expect([code, stderr, changed]).toEqual([2, expect.stringContaining(refused[number]![1]), []])
  expect(server.requests).toHaveLength(before)
})

test('groups without spread are replaced under the official objectives on a server, as released, or where it is asked for', async () => {
  const elsewhere = ['--engine', `tinker:${server.url}`]
  const planned = [
    [[...elsewhere], 256],
    [[...elsewhere, '--objective', 'official-unmasked'], 256],
    [[...elsewhere, '--objective', 'paper'], 1],
    [[...elsewhere, '--objective', 'paper', '--max-sampling-rounds', '7'], 7],
    [[], 1],
  ] as const
  const [told, ...plans] = await runLines(folder, [
    [...rl, ...easy, ...elsewhere, '--plan'],
    ...planned.map(([options]) => [...rl, ...easy, ...options, '--plan', '--json']),
  ])
  expect(told!.stdout).toContain('in up to 256 rounds')
  expect(plans.map(({ stdout }) => JSON.parse(stdout).plan.samplingRounds)).toEqual(planned.map(([, rounds]) => rounds))
})

test('sft, then rl from what it made: weights stay on the server, keys in the environment', async () => {
  const elsewhere = ['--engine', `tinker:${server.url}`, '--api-key-env', 'KEY']
  const trained = await mini(...sft, ...elsewhere, '--run', 'trained')
  expect(trained.code, trained.stderr).toBe(0)
  expect(trained.stdout).toContain('continue with --from')
  const policy = join(folder, 'trained', 'policy.json')
  const { weights, sampler } = JSON.parse(await readFile(policy, 'utf8')) as { weights: string; sampler: string }
  for (const kept of [weights, sampler])
    await access(join(folder, 'server', `${kept.slice('tinker://'.length)}.safetensors`))

  const learned = await mini(...rl, ...easy, ...oneRound, ...elsewhere, '--from', policy, '--run', 'learned')
  expect(learned.code, learned.stderr).toBe(0)
  expect(server.violations).toEqual([])
  expect(server.models()).toBe(0)
  expect(JSON.parse(await readFile(join(folder, 'learned', 'engine.json'), 'utf8'))).toMatchObject({
    server: 'embedded',
  })
  for (const file of ['config.json', 'engine.json', 'policy.json'])
    expect(await readFile(join(folder, 'trained', file), 'utf8')).not.toContain('tml-key')
})

test('an engine says what it can do and which settings it ignores, and a run keeps that', async () => {
  const run = await tinyRun({})
  const training = { seed: 1, frozenStem: false }
  const keyEnv = { apiKeyEnv: 'KEY' }
  process.env['KEY'] = 'tml-key'
  const opened: [Engine, unknown][] = []
  for (const engine of ['embedded', `tinker:${server.url}`]) {
    const own = await openEngine({ engine, workers: 1, ...(engine !== 'embedded' && keyEnv) }, run, training)
    opened.push([own, JSON.parse(await readFile(run.file('engine.json'), 'utf8'))])
    await own.close()
  }
  await run.close()
  const [[here, keptHere], [there, keptThere]] = opened as [(typeof opened)[0], (typeof opened)[0]]
  expect([here.lookForwardBackward, there.lookForwardBackward]).toEqual([expect.any(Function), undefined])
  expect(keptHere).toEqual({ engine: 'embedded', deviations: [] })
  expect(keptThere).toMatchObject({ engine: 'tinker', server: 'embedded', deviations: there.ignoredSettings })
})

test('wrong options are said before anything is sent', async () => {
  const before = server.requests.length
  const wrong = [
    [['--engine', 'tinker:localhost'], 'Use embedded, or tinker:http'],
    [['--engine', `tinker:${server.url}/?key=1`], 'must not contain a user, password or query'],
    [['--engine', `tinker:${server.url}`, '--api-key-env', 'NO_SUCH'], 'NO_SUCH is empty or not set'],
  ] as const
  const ended = await runLines(
    folder,
    wrong.map(([options]) => [...sft, ...options, '--run', 'wrong']),
  )
  for (const [number, { code, stderr }] of ended.entries())
    expect([code, stderr]).toEqual([2, expect.stringContaining(wrong[number]![1])])
  expect(server.requests).toHaveLength(before)
})
