/** What a server says of itself, sampling without training, and what all of it comes to. */
import { afterAll, describe, expect, test } from 'vitest'
import { tinyFolder, tinyModel } from '../../../test/tinker-runs.ts'
import { startTinkerServer, type TinkerServer, type TinkerServerOptions } from '../../../test/tinker-server.ts'
import { serveToyModel } from '../../../test/tinker-toy-model.ts'
import { special } from '../../model/tokenizer.ts'
import { type Datum, defaultAdam, promptOf } from '../engine.ts'
import { usageAt, usageSince } from '../usage.ts'
import { lookAtServer, wholePrices } from './capabilities.ts'
import { type TinkerKind, tinkerKinds } from './server-kinds.ts'
import { tinkerEngine, type TinkerEngine, type TinkerEngineOptions } from './tinker-engine.ts'

const patience = { pollEveryMs: 1, backoffMs: 1, maxTries: 2 }
const opened: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of opened.toReversed()) await each.close()
})

async function serve(options: Partial<TinkerServerOptions> = {}): Promise<TinkerServer> {
  const server = await startTinkerServer({ folder: await tinyFolder(), make: serveToyModel, ...options })
  opened.push(server)
  return server
}

async function connect({ url }: TinkerServer, options: Partial<TinkerEngineOptions> = {}): Promise<TinkerEngine> {
  const engine = await tinkerEngine({ url, endTokens: [special.end], patience, ...options })
  opened.push(engine)
  return engine
}

const view = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) }
const prompt = promptOf(view, [10, 11])
const asked = { prompt, seed: 1, temperature: 1, maxTokens: 4 }
const now = { signal: undefined }
const event = (hour: number, type: string, price: number | null, more: object = {}): object => ({
  bucket_start: `2026-11-29T0${hour}:00:00Z`,
  bucket_end: `2026-11-29T0${hour + 1}:00:00Z`,
  base_model: 'mini-o3/embedded',
  estimated_cost_usd: 1,
  effective_rate_usd_per_million_tokens: price,
  event_info: { type, token_count: 5, ...more },
})
const bill = [
  event(2, 'training', 1.5),
  event(1, 'training', 1.25),
  event(1, 'sampling_prefill', 0.5, { cached: false }),
  event(1, 'sampling_prefill', 0.1, { cached: true }),
  event(1, 'sampling_sample', 1.2),
  // Not priced yet, and no tokens at all.
  event(3, 'sampling_sample', null),
  { ...event(3, 'storage', null), event_info: { type: 'storage', gigabyte_hours: 2 } },
]
const prices = { prompt: 0.5, cached: 0.1, sampled: 1.2, trained: 1.5 }
const billing: TinkerKind = { ...tinkerKinds.embedded, billing: true }

describe('models', () => {
  const otherModels = [
    { model_name: 'Qwen/Qwen3.5-4B', max_context_length: 65_536, trainable: true, sampleable: true },
    { model_name: 'Qwen/Qwen3.5-35B-A3B', max_context_length: 65_536, trainable: false, sampleable: null },
    { model_name: null },
  ]

  test('are read with what the server says of them, and what the bill says of their prices', async () => {
    const server = await serve({ otherModels, bill })
    const { models } = await lookAtServer({ url: server.url, kind: billing, patience })
    expect(models).toEqual([
      { name: 'mini-o3/embedded', prices },
      { name: 'Qwen/Qwen3.5-4B', contextLength: 65_536, trainable: true, sampleable: true },
      { name: 'Qwen/Qwen3.5-35B-A3B', contextLength: 65_536, trainable: false },
    ])
    expect(server.requests.every((path) => /^(get_server_capabilities|billing\/)/.test(path))).toBe(true)
    expect(server.violations).toEqual([])
  })

  test('a bill that the key may not see leaves them without prices', async () => {
    const server = await serve({ otherModels })
    const { models } = await lookAtServer({ url: server.url, kind: billing, patience })
    expect(models.map(({ prices: billed }) => billed)).toEqual([undefined, undefined, undefined])
  })

  test('a name that is not there is answered with the nearest ones', async () => {
    const server = await serve({ otherModels })
    const retired = connect(server, { baseModel: 'Qwen/Qwen3-VL-30B-A3B-Instruct' })
    await expect(retired).rejects.toMatchObject({ code: 'model-unknown', exitCode: 2 })
    await expect(connect(server, { baseModel: 'qwen3.5-4b' })).rejects.toThrow(
      /has no qwen3\.5-4b: it may be retired, or misspelt\. .*It has Qwen\/Qwen3\.5-4B, /,
    )
    await expect(connect(server)).rejects.toThrow(/^Name one of the server's models/)
    expect(server.requests).not.toContain('create_session')
  })
})

describe('the model without any training', () => {
  test('is sampled without a place among those that are trained, and says what an untrained one says', async () => {
    const server = await serve({ make: undefined as never, model: { config: tinyModel, workers: 1, seed: 3 } })
    const engine = await connect(server)
    const own = await (await engine.baseSampler()).sample(asked, now)
    expect(server.models()).toBe(0)
    expect(own).toEqual(await (await engine.sampler()).sample(asked, now))
    expect(server.models()).toBe(1)
    expect(server.violations).toEqual([])
  })

  test('a server that cannot is asked for a model instead', async () => {
    const fault: TinkerServerOptions['fault'] = (path) =>
      path === 'create_sampling_session' ? { status: 404 } : undefined
    const server = await serve({ fault })
    const engine = await connect(server)
    expect((await (await engine.baseSampler()).sample(asked, now)).ended).toBe(true)
    expect(server.models()).toBe(1)
  })

  test('a server that drops pictures is not asked about any', async () => {
    const server = await serve()
    const engine = await connect(server, { kind: { ...tinkerKinds['skyrl-jax'], codec: 'json' } })
    const sampled = (await engine.baseSampler()).sample(asked, now)
    await expect(sampled).rejects.toMatchObject({ code: 'tinker-images', exitCode: 2 })
    expect(server.requests).not.toContain('asample')
  })

  test('engines that have lost their weights: what to do is said', async () => {
    const engine = await connect(await serve({ asleep: true }))
    const sampled = (await engine.sampler()).sample(asked, now)
    await expect(sampled).rejects.toMatchObject({
      code: 'tinker-asleep',
      message: expect.stringMatching(/slept at level 2.*repeat the command, which publishes its weights again/),
    })
  })
})

describe('what it comes to', () => {
  const taught: Datum = { prompt, reply: [5, 6, 1], weights: [1, 1, 1] }

  test.each(['json', 'protobuf'] as const)('tokens are counted as a service bills them, over %s', async (codec) => {
    const server = await serve({ codec, bill })
    const engine = await connect(server, { kind: { ...billing, codec } })
    const { sample } = await engine.sampler()
    await sample(asked, now)
    await sample(asked, now)
    await engine.forward([taught])
    await engine.forwardBackward([taught], { kind: 'cross-entropy' })
    await engine.optimStep(defaultAdam)
    // 16 positions of the view: patches of the small model. The last token of a reply is only predicted.
    const length = 18
    const tokens = { prompt: 2 * length, cached: 2, sampled: 6, trained: 2 * (length + 2) }
    const cost = (34 * 0.5 + 2 * 0.1 + 6 * 1.2 + 40 * 1.5) / 1e6
    expect(engine.usage()).toEqual({ ...tokens, cost: expect.closeTo(cost, 12) })
  })

  test('the prices that were given count more than the bill, and without either there is no cost', async () => {
    const server = await serve({ bill })
    const given = await connect(server, { kind: billing, prices: { prompt: 1, cached: 1, sampled: 1, trained: 1 } })
    await (await given.sampler()).sample(asked, now)
    expect(given.usage().cost).toBeCloseTo(21 / 1e6, 12)
    expect(server.requests.join()).not.toContain('billing')
    expect((await connect(server)).usage()).not.toHaveProperty('cost')
  })

  test('of a part of the time', () => {
    const before = usageAt({ prompt: 1, cached: 1, sampled: 2, trained: 3 }, prices)
    const after = usageAt({ prompt: 11, cached: 6, sampled: 22, trained: 33 }, prices)
    const cost = (5 * 0.5 + 5 * 0.1 + 20 * 1.2 + 30 * 1.5) / 1e6
    expect(usageSince(before, after)).toEqual({
      prompt: 10,
      cached: 5,
      sampled: 20,
      trained: 30,
      cost: expect.closeTo(cost, 12),
    })
  })

  test('prices are reckoned with where all that matter are known', () => {
    expect(wholePrices({ prompt: 1, sampled: 2, trained: 3 })).toEqual({ prompt: 1, cached: 1, sampled: 2, trained: 3 })
    expect(wholePrices({ prompt: 1, sampled: 2 })).toBeUndefined()
  })
})
