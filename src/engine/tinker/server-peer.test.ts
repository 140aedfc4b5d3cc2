/**
 * This client on a server that others wrote, with a tiny random text model behind it (`test/peers/`). Needs the server's
 * address in TINKER_PEER_URL and its kind in TINKER_PEER_KIND; without them it is skipped.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Datum, defaultAdam } from '../engine.ts'
import { serverKinds, type ServerKindName } from './server-kinds.ts'
import { tinkerEngine, type TinkerEngine } from './tinker-engine.ts'
import { requestLimits } from './wire-data.ts'

const url = process.env['TINKER_PEER_URL']
const kind = serverKinds[(process.env['TINKER_PEER_KIND'] ?? 'skyrl') as ServerKindName]
const apiKeyEnv = process.env['TINKER_PEER_KEY'] === undefined ? undefined : 'TINKER_PEER_KEY'

// A server compiles its graphs anew for each length of a sequence.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 })

/** What the tiny model's tokenizer makes of text: a token a byte; and the mark that ends a turn. */
const text = (words: string): number[] => [...Buffer.from(words)]
const end = 257
const ask = (words: string) => [{ kind: 'text', tokens: text(words) }] as const

const prompt = ask('Where is the cat? ')
const taught: Datum = { prompt, reply: [...text('on the mat'), end], weights: Array.from({ length: 11 }, () => 1 / 11) }
const adam = { ...defaultAdam, learningRate: 0.01, weightDecay: 0, clipNorm: Infinity }
/** Gradients are measured and nothing is learned. */
const still = { ...adam, learningRate: 0 }

const opened: TinkerEngine[] = []
/** Servers have room for a few models only. */
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close()
})

async function connect(): Promise<TinkerEngine> {
  const engine = await tinkerEngine({ url: url!, apiKeyEnv, kind, loraRank: 8, seed: 1, endTokens: [end] })
  opened.push(engine)
  return engine
}

const file = async (name: string): Promise<string> => join(await mkdtemp(join(tmpdir(), 'peer-')), name)

async function learn(engine: TinkerEngine, steps: number): Promise<number[]> {
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    losses.push((await engine.forwardBackward([taught], { kind: 'cross-entropy' })).loss)
    await engine.optimStep(adam)
  }
  return losses
}

describe.skipIf(url === undefined)('a server of others', () => {
  test('it learns a reply, and says it', async () => {
    const engine = await connect()
    const losses = await learn(engine, 8)
    for (const [i, loss] of losses.slice(1).entries()) expect(loss).toBeLessThan(losses[i]!)
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 10)
    const sampler = await engine.sampler()
    const reply = await sampler.sample({ prompt, seed: 0, temperature: 0, maxTokens: 20 })
    expect(Buffer.from(reply.tokens).toString()).toBe('on the mat')
    expect(reply.ended).toBe(true)
  })

  test('trainer and sampler agree on what was sampled', async () => {
    const engine = await connect()
    const sampler = await engine.sampler()
    const data: Datum[] = []
    const sampled: number[][] = []
    for (const seed of [1, 2, 3]) {
      const { tokens, logprobs, ended } = await sampler.sample({ prompt, seed, temperature: 1, maxTokens: 12 })
      data.push({ prompt, reply: ended ? [...tokens, end] : tokens })
      sampled.push([...logprobs])
    }
    expect(new Set(data.map(({ reply }) => reply.join())).size).toBe(3)
    const trained = await engine.forward(data)
    expect(trained.map((row) => row.length)).toEqual(sampled.map((row) => row.length))
    const gaps = trained.flatMap((row, d) => row.map((logprob, i) => Math.abs(logprob - sampled[d]![i]!)))
    expect(Math.max(...gaps)).toBeLessThan(0.01)
  })

  test('the gradient is that of our sum', async () => {
    const engine = await connect()
    const replies = [text('here'), text('out there, far')]
    const [short, long] = await engine.forward(replies.map((reply) => ({ prompt, reply })))
    const datum = (reply: number[], oldLogprobs: readonly number[], advantages: number[]): Datum => {
      return { prompt, reply, oldLogprobs, advantages }
    }
    const norm = async (data: Datum[]): Promise<number> => {
      const { loss } = await engine.forwardBackward(data, { kind: 'ppo', clipLow: 0.2, clipHigh: 0.3 })
      // The weights are those that gave the old log-probabilities: ratios are 1.
      const summed = data.flatMap(({ advantages }) => advantages!).reduce((x, y) => x + y)
      expect(loss / -summed).toBeCloseTo(1, 4)
      return (await engine.optimStep(still)).gradientNorm
    }
    const a = datum(replies[0]!, short!, [1, -2, 0.5, 1])
    const b = datum(
      replies[1]!,
      long!,
      [...replies[1]!.keys()].map((i) => (i % 3) - 1),
    )
    const times = (factor: number, { advantages, ...rest }: Datum): Datum => {
      return { ...rest, advantages: advantages!.map((value) => value * factor) }
    }
    const both = await norm([a, b])
    expect(both).toBeGreaterThan(0)
    // In one sequence or in two, with other lengths beside them: the same terms, the same sum.
    const masked = (from: number, to: number): Datum => {
      return { ...b, advantages: b.advantages!.map((value, i) => (i >= from && i < to ? value : 0)) }
    }
    expect((await norm([masked(0, 5), a, masked(5, 14)])) / both).toBeCloseTo(1, 4)
    expect((await norm([a, a])) / (await norm([a]))).toBeCloseTo(2, 4)
    expect((await norm([times(2, a), times(2, b)])) / both).toBeCloseTo(2, 4)
    // More data than one request takes.
    const many = Array.from({ length: requestLimits.data + 2 }, () => a)
    expect((await norm(many)) / (await norm([a]))).toBeCloseTo(many.length, 0)
    // What is not learned from because its advantage is 0 does not count.
    expect((await norm([a, b, times(0, a)])) / both).toBeCloseTo(1, 4)

    // Supervised weights cannot be mended for a server that takes means.
    const supervised = async (factor: number): Promise<number> => {
      const weights = taught.weights!.map((weight) => weight * factor)
      await engine.forwardBackward([{ ...taught, weights }], { kind: 'cross-entropy' })
      return (await engine.optimStep(still)).gradientNorm
    }
    expect((await supervised(2)) / (await supervised(1))).toBeCloseTo(kind.reduction === 'mean' ? 1 : 2, 4)
  })

  test('what was saved is there for another client', async () => {
    const engine = await connect()
    await learn(engine, 3)
    const checkpoint = await file('checkpoint.json')
    const policy = await file('policy.json')
    await engine.save(checkpoint)
    await engine.saveForUse(policy)
    const seen = await engine.forward([taught])
    await engine.close()

    const other = await connect()
    expect(await other.forward([taught])).not.toEqual(seen)
    await other.load(checkpoint)
    expect(await other.forward([taught])).toEqual(seen)
    await other.loadWeights(policy)
    expect(await other.forward([taught])).toEqual(seen)
    await other.discard(checkpoint)
  })

  test('killed between a gradient and its step, it goes on as if nothing had been', async () => {
    const undisturbed = await connect()
    const checkpoint = await file('checkpoint.json')
    await learn(undisturbed, 2)
    await undisturbed.save(checkpoint)
    const losses = await learn(undisturbed, 3)

    const killed = await connect()
    await killed.load(checkpoint)
    await killed.forwardBackward([taught], { kind: 'cross-entropy' })

    const resumed = await connect()
    await resumed.load(checkpoint)
    expect(await learn(resumed, 3)).toEqual(losses)
  })
})
