/**
 * This client on servers that others wrote, with a tiny random text model behind them (`test/peers/`). Needs the server's
 * address in TINKER_PEER_URL and which one it is in TINKER_PEER; without them it is skipped.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type Datum, defaultAdam, type PolicyLoss } from '../engine.ts'
import { type TinkerKind, tinkerKinds } from './server-kinds.ts'
import { tinkerEngine, type TinkerEngine } from './tinker-engine.ts'

interface Peer {
  readonly kind: TinkerKind
  /** It samples on a CPU. */
  readonly samples: boolean
  /** Checkpoints outlive the model that they are of. */
  readonly keeps: boolean
}
const peers: Readonly<Record<string, Peer>> = {
  'skyrl-jax': { kind: tinkerKinds['skyrl-jax'], samples: true, keeps: true },
  tuft: { kind: tinkerKinds.tuft, samples: false, keeps: false },
}

const { TINKER_PEER_URL: url, TINKER_PEER: name = 'skyrl-jax' } = process.env
const { kind, samples, keeps } = peers[name]!

/** What the tiny model's tokenizer makes of text, a token a byte; and the mark that ends a turn. */
const text = (words: string): number[] => [...Buffer.from(words)]
const end = 257
const prompt = [{ kind: 'text', tokens: text('Where is the cat? ') }] as const
const taught: Datum = { prompt, reply: [...text('on the mat'), end], weights: Array.from({ length: 11 }, () => 1 / 11) }
const adam = { ...defaultAdam, learningRate: 0.01, weightDecay: 0, clipNorm: Infinity }

const opened: TinkerEngine[] = []
/** Servers have room for a few models only. */
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close()
})

async function connect(from?: string): Promise<TinkerEngine> {
  const apiKeyEnv = 'TINKER_PEER_KEY' in process.env ? 'TINKER_PEER_KEY' : undefined
  const engine = await tinkerEngine({ url: url!, apiKeyEnv, kind, loraRank: 8, seed: 1, endTokens: [end] })
  opened.push(engine)
  if (from !== undefined) await engine.load(from)
  return engine
}

const file = async (base: string): Promise<string> => join(await mkdtemp(join(tmpdir(), 'peer-')), base)

async function learn(engine: TinkerEngine, steps: number): Promise<number[]> {
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    losses.push((await engine.forwardBackward([taught], { kind: 'cross-entropy' })).loss)
    await engine.optimStep(adam)
  }
  return losses
}

describe.skipIf(url === undefined)(`on ${name}`, () => {
  test('it learns a reply', async () => {
    const engine = await connect()
    const losses = await learn(engine, 8)
    for (const [i, loss] of losses.slice(1).entries()) expect(loss).toBeLessThan(losses[i]!)
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 3)
  })

  test.runIf(samples)('it says what it has learnt', async () => {
    const engine = await connect()
    await learn(engine, 12)
    const sampler = await engine.sampler()
    const reply = await sampler.sample({ prompt, seed: 0, temperature: 0, maxTokens: 20 }, { signal: undefined })
    expect(Buffer.from(reply.tokens).toString()).toBe('on the mat')
    expect(reply.ended).toBe(true)
  })

  test.runIf(samples)('trainer and sampler agree on what was sampled', async () => {
    const engine = await connect()
    const sampler = await engine.sampler()
    const data: Datum[] = []
    const sampled: number[][] = []
    for (const seed of [1, 2, 3]) {
      const { tokens, logprobs, ended } = await sampler.sample(
        { prompt, seed, temperature: 1, maxTokens: 12 },
        { signal: undefined },
      )
      data.push({ prompt, reply: ended ? [...tokens, end] : tokens })
      sampled.push([...logprobs])
    }
    expect(new Set(data.map(({ reply }) => reply.join())).size).toBe(3)
    const trained = await engine.forward(data)
    expect(trained.map((row) => row.length)).toEqual(sampled.map((row) => row.length))
    const gaps = trained.flatMap((row, d) => row.map((logprob, i) => Math.abs(logprob - sampled[d]![i]!)))
    expect(Math.max(...gaps)).toBeLessThan(1e-4)
  })

  test('its gradient is that of our sum, however the data are cut', async () => {
    const first = await connect()
    await learn(first, 2)
    const start = await file('start.json')
    await first.save(start)
    const replies = [text('here'), text('out there, far')]
    const before = await first.forward(replies.map((reply) => ({ prompt, reply })))
    const datum = (which: number, advantageAt: (i: number) => number): Datum => {
      const reply = replies[which]!
      return { prompt, reply, oldLogprobs: before[which]!, advantages: reply.map((_, i) => advantageAt(i)) }
    }
    const a = datum(0, (i) => [1, -2, 0.5, 1][i]!)
    const b = datum(1, (i) => (i % 3) - 1)
    const times = (factor: number, { advantages, ...rest }: Datum): Datum => {
      return { ...rest, advantages: advantages!.map((value) => value * factor) }
    }
    const part = (from: number, to: number): Datum => {
      return { ...b, advantages: b.advantages!.map((value, i) => (i >= from && i < to ? value : 0)) }
    }
    // So large an epsilon makes a first step of Adam a step along the gradient itself.
    const along = { ...adam, learningRate: 2, epsilon: 1000, beta1: 0, beta2: 0 }
    const step = async (...calls: Datum[][]): Promise<{ norm: number; moved: number[] }> => {
      const engine = await connect(start)
      for (const data of calls) await engine.forwardBackward(data, { kind: 'ppo', clipLow: 0.2, clipHigh: 0.3 })
      const { gradientNorm: norm } = await engine.optimStep(along)
      const after = await engine.forward([a, b])
      await engine.close()
      return { norm, moved: after.flatMap((row, d) => row.map((value, i) => value - before[d]![i]!)) }
    }
    const whole = await step([a, b])
    expect(Math.max(...whole.moved.map(Math.abs))).toBeGreaterThan(0.01)
    const same = ({ norm, moved }: typeof whole): void => {
      for (const [i, value] of moved.entries()) expect(Math.abs(value - whole.moved[i]!)).toBeLessThan(1e-4)
      if (!Number.isNaN(whole.norm)) expect(norm / whole.norm).toBeCloseTo(1, 3)
    }
    same(await step([part(0, 5), a, part(5, 14)]))
    same(await step([times(0.5, a), b, times(0.5, a), times(0, b)]))
    if (kind.reduction === 'sum') same(await step([a], [b]))
    else {
      await expect(step([a], [b])).rejects.toThrow('give it all data of a step at once')
      // More than one request takes.
      const count = kind.requests.sequences + 1
      same(await step([...Array.from({ length: count }, () => times(1 / count, a)), b]))
    }
    same(await step([times(0.5, a), times(0.5, b), times(0.5, b), times(0.5, a)]))
    // Not every server tells the norm.
    if (!Number.isNaN(whole.norm)) expect((await step([times(2, a), times(2, b)])).norm / whole.norm).toBeCloseTo(2, 3)
  })

  test('cispo has the gradient that is written for it, and a loss that the server lacks is refused', async () => {
    const first = await connect()
    await learn(first, 2)
    const start = await file('start.json')
    await first.save(start)
    const reply = text('out there')
    const [before] = await first.forward([{ prompt, reply }])
    const advantages = reply.map((_, i) => 1 - (i % 3))
    const along = { ...adam, learningRate: 2, epsilon: 1000, beta1: 0, beta2: 0 }
    const moved = async (datum: Datum, loss: PolicyLoss): Promise<number[]> => {
      const engine = await connect(start)
      await engine.forwardBackward([datum], loss)
      await engine.optimStep(along)
      const [after] = await engine.forward([{ prompt, reply }])
      await engine.close()
      return after!.map((value, i) => value - before![i]!)
    }
    const range = { clipLow: 0.2, clipHigh: 0.3 }
    // Its ratios lie far above the range: cispo bounds the weight of a token, where ppo would drop those with an advantage.
    const far = { prompt, reply, advantages, oldLogprobs: before!.map((value) => value - 1) }
    const bounded = await moved(far, { kind: 'cispo', ...range })
    const near = { prompt, reply, advantages: advantages.map((value) => value * 1.3), oldLogprobs: before! }
    const wanted = await moved(near, { kind: 'ppo', ...range })
    expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(0.01)
    for (const [i, value] of bounded.entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-4)
    await expect(moved(near, { kind: 'dppo', ...range })).rejects.toThrow('no loss dppo')
  })

  test.runIf(samples)('the model as it is, without any training, samples what an untrained one does', async () => {
    const engine = await connect()
    const asked = { prompt, seed: 0, temperature: 0, maxTokens: 8 }
    const reply = await (await engine.baseSampler()).sample(asked, { signal: undefined })
    expect(reply.tokens).toEqual((await (await engine.sampler()).sample(asked, { signal: undefined })).tokens)
    expect(engine.usage()).toMatchObject({ prompt: 36, sampled: 16 })
  })

  test('another client goes on from what one has saved', async () => {
    const engine = await connect()
    await learn(engine, 3)
    const checkpoint = await file('checkpoint.json')
    await engine.save(checkpoint)
    const seen = await engine.forward([taught])
    if (keeps) await engine.close()

    const other = await connect()
    expect(await other.forward([taught])).not.toEqual(seen)
    await other.load(checkpoint)
    expect(await other.forward([taught])).toEqual(seen)
    await other.discard(checkpoint)
  })

  test.runIf(samples)('what is saved for use can be trained on', async () => {
    const engine = await connect()
    await learn(engine, 3)
    const policy = await file('policy.json')
    await engine.saveForUse(policy)
    const seen = await engine.forward([taught])
    const other = await connect()
    await other.loadWeights(policy)
    expect(await other.forward([taught])).toEqual(seen)
  })

  test('killed between a gradient and its step, it goes on as if nothing had been', async () => {
    const undisturbed = await connect()
    const checkpoint = await file('checkpoint.json')
    await learn(undisturbed, 2)
    await undisturbed.save(checkpoint)
    const losses = await learn(undisturbed, 3)

    const killed = await connect(checkpoint)
    await killed.forwardBackward([taught], { kind: 'cross-entropy' })

    const resumed = await connect(checkpoint)
    expect(await learn(resumed, 3)).toEqual(losses)
  })
})
