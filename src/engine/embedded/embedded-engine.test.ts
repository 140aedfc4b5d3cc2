import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { defaultConfig, type ModelConfig, textTokens } from '../../model/config.ts'
import { parameterCount, parameterSpecs } from '../../model/parameters.ts'
import { readSafetensors, writeSafetensors } from '../../model/safetensors.ts'
import { encodeText, special } from '../../model/tokenizer.ts'
import { drawScene } from '../../probe/draw.ts'
import { makeScene } from '../../probe/scene.ts'
import { lookDatum } from '../../train/sft/look-data.ts'
import { type Datum, defaultAdam, type Loss, promptOf, viewAndText } from '../engine.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { createEmbeddedEngine, type EmbeddedEngine } from './embedded-engine.ts'

const config: ModelConfig = { ...defaultConfig, width: 32, layers: 2, heads: 1, mlpWidth: 64, stemChannels: [8, 8, 16] }
const crossEntropy: Loss = { kind: 'cross-entropy' }

/** Turns on real views; the replies are short, so that a tiny model can learn them by heart. */
function turns(count: number): Datum[] {
  return Array.from({ length: count }, (_, i) => {
    const view = drawScene(makeScene(i, 'easy'), [0, 0, 1, 1], { width: 64, height: 64 })
    const prompt = encodeText('Find the target and answer.Which digit is on the red star?original_image')
    const reply = [...encodeText(`<think>Goal: red star. To check: original_image c${(i % 8) + 1}.`), special.end]
    return { prompt: promptOf(view, prompt), reply, weights: reply.map(() => 0.1) }
  })
}

/** The turn with a view that the model cannot read. */
function blind(turn: Datum): Datum {
  const pixel = { width: 1, height: 1, data: new Uint8Array(3) }
  return { ...turn, prompt: promptOf(pixel, viewAndText(turn.prompt).tokens) }
}

const engines: EmbeddedEngine[] = []
function engine(options: Parameters<typeof createEmbeddedEngine>[0] = {}): EmbeddedEngine {
  const created = createEmbeddedEngine({ config, workers: 1, seed: 3, ...options })
  engines.push(created)
  return created
}
afterAll(async () => {
  for (const each of engines) await each.close()
})

const adam = { ...defaultAdam, learningRate: 1e-2, weightDecay: 0 }
const countOf = (shape: ModelConfig): number => parameterCount(parameterSpecs(shape))

async function file(name: string): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'engine-')), name)
}

describe('embedded engine', () => {
  test('a batch that fails in one replica leaves no gradients of the others', async () => {
    const own = engine({ workers: 2 })
    const [good, other] = turns(2) as [Datum, Datum]
    await expect(own.forwardBackward([good, blind(other)], crossEntropy)).rejects.toThrow(/view of 1 x 1/)
    expect((await own.optimStep(adam)).gradientNorm).toBe(0)
  })

  test('learns one batch by heart', async () => {
    const own = engine()
    const data = turns(8)
    let loss = Infinity
    for (let step = 0; step < 250; step++) {
      ;({ loss } = await own.forwardBackward(data, crossEntropy))
      await own.optimStep({ ...adam, learningRate: 3e-3 })
    }
    const perToken = loss / data.flatMap(({ weights }) => weights!).reduce((a, b) => a + b, 0)
    expect(perToken).toBeLessThan(0.005)
  })

  test('same seed, same weights; another seed, others', async () => {
    const weights = async (seed: number): Promise<Float32Array> => {
      const own = engine({ seed, workers: 2 })
      for (let step = 0; step < 3; step++) {
        await own.forwardBackward(turns(20), crossEntropy)
        await own.optimStep(adam)
      }
      const path = await file('end.safetensors')
      await own.saveForUse(path)
      return (await readCheckpoint(path)).parameters
    }
    const [first, again, other] = [await weights(5), await weights(5), await weights(6)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  test('a checkpoint restored in the middle goes on to the same loss', async () => {
    const path = await file('middle.safetensors')
    const undisturbed = engine()
    const losses: number[] = []
    for (let step = 0; step < 6; step++) {
      losses.push((await undisturbed.forwardBackward(turns(4), crossEntropy)).loss)
      await undisturbed.optimStep(adam)
      if (step === 2) await undisturbed.save(path)
    }
    const resumed = engine({ seed: 99 })
    await resumed.load(path)
    for (let step = 3; step < 6; step++) {
      expect((await resumed.forwardBackward(turns(4), crossEntropy)).loss).toBe(losses[step])
      await resumed.optimStep(adam)
    }
  })

  test('sampling token by token gives the log-probabilities of the whole pass', async () => {
    const own = engine()
    const sampler = await own.sampler()
    const requests = turns(6).map(({ prompt }, seed) => ({ prompt, seed, temperature: 1, maxTokens: 12 }))
    const replies = await Promise.all(requests.map((request) => sampler.sample(request, { signal: undefined })))
    const data = replies.map(({ tokens, ended }, i) => ({
      prompt: requests[i]!.prompt,
      reply: ended ? [...tokens, special.end] : tokens,
    }))
    const { logprobs } = await own.forwardBackward(data, crossEntropy)
    for (const [i, reply] of replies.entries()) {
      expect(reply.tokens.length).toBeGreaterThan(0)
      for (const [t, value] of reply.logprobs.entries()) expect(value).toBeCloseTo(logprobs[i]![t]!, 3)
    }
    // A reply does not depend on what else is sampled beside it.
    const alone = await sampler.sample(requests[2]!, { signal: undefined })
    expect(alone.tokens).toEqual(replies[2]!.tokens)
    const digits = [...'0123456789'].map((digit) => encodeText(digit)[0]!)
    const forced = await sampler.sample({ ...requests[0]!, allowed: digits, maxTokens: 1 }, { signal: undefined })
    expect(digits).toContain(forced.tokens[0])
  })

  test('a reply held to the form of a turn is scored among the tokens that could come, in sampling and in training', async () => {
    const own = engine()
    const sampler = await own.sampler()
    const requests = turns(6).map(({ prompt }, seed) => ({
      prompt,
      seed,
      temperature: 1,
      maxTokens: 30,
      formed: true,
    }))
    const replies = await Promise.all(requests.map((request) => sampler.sample(request, { signal: undefined })))
    const data = replies.map(({ tokens, ended, logprobs }, i) => ({
      prompt: requests[i]!.prompt,
      reply: ended ? [...tokens, special.end] : tokens,
      formed: true,
      advantages: logprobs.map(() => 0.1),
      oldLogprobs: logprobs,
    }))
    const ppo = { kind: 'ppo', clipLow: 0.2, clipHigh: 0.3 } as const
    const { logprobs } = await own.forwardBackward(data, ppo)
    for (const [i, reply] of replies.entries()) {
      for (const [t, value] of reply.logprobs.entries()) expect(value).toBeCloseTo(logprobs[i]![t]!, 3)
      // The first token is the only one that a turn can begin with: nothing to learn.
      expect(reply.logprobs[0]).toBeCloseTo(0, 5)
    }
    const forced = data.map((datum) => ({ ...datum, advantages: datum.advantages.map((_, t) => (t === 0 ? -1 : 0)) }))
    await own.optimStep({ ...adam, learningRate: 0 })
    await own.forwardBackward(forced, ppo)
    expect((await own.optimStep({ ...adam, learningRate: 0 })).gradientNorm).toBeLessThan(1e-5)
  })

  test('losses and steps are the same however a batch is shared out, but for rounding', async () => {
    const looks = Array.from({ length: 5 }, (_, i) => lookDatum(1, i))
    const data = turns(20)
    const path = await file('shared.safetensors')
    const learn = async (workers: number): Promise<{ loss: number; looked: number; weights: Float32Array }> => {
      const own = engine({ workers })
      const { loss } = await own.forwardBackward(data, crossEntropy)
      const looked = (await own.lookForwardBackward(looks, 1 / looks.length)).loss
      // With a large epsilon a step goes along the gradient itself.
      await own.optimStep({ ...adam, learningRate: 1, epsilon: 1 })
      await own.saveForUse(path)
      return { loss, looked, weights: (await readCheckpoint(path)).parameters }
    }
    const [one, three] = [await learn(1), await learn(3)]
    expect(three.loss / one.loss).toBeCloseTo(1, 6)
    expect(three.looked / one.looked).toBeCloseTo(1, 6)
    for (const [i, value] of one.weights.entries()) {
      if (Math.abs(three.weights[i]! - value) > 1e-5) expect(three.weights[i], `weight ${i}`).toBeCloseTo(value, 5)
    }
  })

  test('forward tells the log-probabilities of training and leaves no gradient', async () => {
    const own = engine()
    const data = turns(3)
    const told = await own.forward(data)
    expect(await own.optimStep({ ...adam, learningRate: 0 })).toEqual({ gradientNorm: 0 })
    const trained = (await own.forwardBackward(data, crossEntropy)).logprobs.flat()
    for (const [i, value] of told.flat().entries()) expect(value).toBeCloseTo(trained[i]!, 4)
  })

  test('a request that does not fit is refused alone; a closed engine refuses all', async () => {
    const own = engine()
    const sampler = await own.sampler()
    const [{ prompt }] = turns(1) as [Datum]
    const request = { prompt, seed: 1, temperature: 1, maxTokens: 2 }
    const long = {
      ...request,
      prompt: promptOf(viewAndText(prompt).view, Array<number>(textTokens(config) + 1).fill(5)),
    }
    const both = await Promise.allSettled([
      sampler.sample(long, { signal: undefined }),
      sampler.sample(request, { signal: undefined }),
    ])
    expect(both[0]).toMatchObject({ status: 'rejected', reason: { code: 'context-length' } })
    expect(both[1]).toMatchObject({ status: 'fulfilled', value: { tokens: expect.any(Array) } })
    const asked = (): Promise<unknown>[] => [
      sampler.sample(request, { signal: undefined }),
      own.forwardBackward(turns(1), crossEntropy),
    ]
    const refused = { status: 'rejected', reason: { code: 'engine-stopped' } }
    const working = Promise.allSettled(asked())
    await own.close()
    expect(await working).toMatchObject([refused, refused])
    expect(await Promise.allSettled(asked())).toMatchObject([refused, refused])
  })

  test('an aborted request waits no more, and leaves the others alone', async () => {
    const own = engine()
    const sampler = await own.sampler()
    const [{ prompt }] = turns(1) as [Datum]
    const request = { prompt, seed: 1, temperature: 1, maxTokens: 2 }
    const abort = new AbortController()
    const posted = vi.spyOn(Worker.prototype, 'postMessage')
    const both = [abort.signal, undefined].map((signal) => sampler.sample(request, { signal }))
    const settled = Promise.allSettled(both)
    abort.abort()
    expect(await settled).toMatchObject([
      { status: 'rejected', reason: { code: 'aborted' } },
      { status: 'fulfilled', value: { tokens: expect.any(Array) } },
    ])
    // The thread never heard of the one that was given up.
    expect(posted.mock.calls).toEqual([[{ id: 0, request: expect.objectContaining({ request }) }]])
    posted.mockRestore()
    await expect(sampler.sample(request, { signal: abort.signal })).rejects.toMatchObject({ code: 'aborted' })
  })

  test('what a worker fails at is said without its stack; a dead worker leaves nobody waiting', async () => {
    const [turn] = turns(1) as [Datum]
    const own = engine()
    const failure = await own.forwardBackward([blind(turn)], crossEntropy).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'engine-failed', cause: { stack: expect.stringContaining('.js:') } })
    expect((failure as Error).message).toMatch(/^a view of 1 x 1 pixels.*\d$/)
    // Its worker ends before it is ready.
    const dead = engine({ config: { ...config, heads: 0 } })
    for (let i = 0; i < 2; i++) {
      await expect(dead.forwardBackward([turn], crossEntropy)).rejects.toMatchObject({ code: 'engine-failed' })
    }
    const sampler = await dead.sampler()
    const request = { prompt: promptOf(viewAndText(turn.prompt).view, []), seed: 1, temperature: 1, maxTokens: 1 }
    await expect(sampler.sample(request, { signal: undefined })).rejects.toMatchObject({ code: 'engine-failed' })
  })

  test('tells how long its workers were at work, and not how long they waited', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage')
    const own = engine({ workers: 2 })
    await own.forwardBackward(turns(2), crossEntropy)
    expect(own.busyMs()).toBeGreaterThan(0)
    // From here on with clocks that are told what to say.
    const workers = new Set(posted.mock.contexts as Worker[])
    expect(workers.size).toBe(2)
    for (const [index, { performance: clock }] of [...workers].entries()) {
      const told = { active: [100, 300][index]!, idle: 5000, utilization: 0.1 }
      vi.spyOn(clock, 'eventLoopUtilization').mockReturnValue(told)
    }
    expect(own.busyMs()).toBe(200)
    vi.spyOn(performance, 'now').mockReturnValueOnce(7000).mockReturnValueOnce(7010)
    await own.optimStep(adam)
    expect(own.busyMs()).toBe(210)
    vi.restoreAllMocks()
  })

  test('checkpoints of other models and broken ones are refused', async () => {
    const path = await file('other.safetensors')
    const own = engine()
    // As many parameters, but other heads.
    await writeCheckpoint(path, { config: { ...config, heads: 2 }, parameters: new Float32Array(countOf(config)) })
    await expect(own.load(path)).rejects.toMatchObject({ code: 'checkpoint-foreign' })
    await own.save(path)
    const { tensors, metadata } = await readSafetensors(path)
    const wrong: Record<string, Record<string, string>> = {
      'another format': { ...metadata, format: 'mini-o3-embedded-1' },
      'no shape': { format: metadata['format']! },
      'a shape that is not JSON': { ...metadata, config: '{' },
      'an absurd shape': { ...metadata, config: JSON.stringify({ ...config, width: 1e9 }) },
      'a stem that does not come to its picture tokens': {
        ...metadata,
        config: JSON.stringify({ ...config, stemChannels: Array(8).fill(8) }),
      },
      'a giant': { ...metadata, config: JSON.stringify({ ...config, width: 8192, mlpWidth: 65_536, layers: 128 }) },
      'no step': { ...metadata, adamStep: 'many' },
    }
    for (const [name, changed] of Object.entries(wrong)) {
      await writeSafetensors(path, { tensors, metadata: changed })
      await expect(own.load(path), name).rejects.toMatchObject({ code: 'checkpoint-foreign' })
    }
    const [name, { shape, values }] = [...tensors].find((one) => one[1].shape.length === 2)!
    const transposed = new Map(tensors).set(name, { shape: shape.toReversed(), values })
    await writeSafetensors(path, { tensors: transposed, metadata })
    await expect(own.load(path)).rejects.toThrow(`${name} is missing or misshapen`)
  })

  test('a frozen stem stays as it is while the rest learns', async () => {
    const own = engine({ frozenStem: true })
    const path = await file('frozen.safetensors')
    await own.saveForUse(path)
    const before = (await readCheckpoint(path)).parameters
    await own.forwardBackward(turns(4), crossEntropy)
    await own.optimStep(adam)
    await own.saveForUse(path)
    const after = (await readCheckpoint(path)).parameters
    for (const { name, offset, size } of parameterSpecs(config)) {
      const same = before.subarray(offset, offset + size).every((value, i) => value === after[offset + i])
      expect(same, name).toBe(name.startsWith('stem.') || name.startsWith('look.kind'))
    }
  })

  test('the clipped objective: no gradient past the clip, the ratio times the advantage before it', async () => {
    const own = engine()
    const data = turns(2).map(({ prompt, reply }) => ({ prompt, reply }))
    const { logprobs } = await own.forwardBackward(data, crossEntropy)
    await own.optimStep({ ...adam, learningRate: 0 })
    const ppo: Loss = { kind: 'ppo', clipLow: 0.2, clipHigh: 0.3 }
    const withOld = (shift: number, advantage: number): Datum[] =>
      data.map((datum, i) => ({
        ...datum,
        advantages: datum.reply.map(() => advantage),
        oldLogprobs: logprobs[i]!.map((value) => value + shift),
      }))
    const count = data.reduce((sum, { reply }) => sum + reply.length, 0)
    expect((await own.forwardBackward(withOld(0, 0.5), ppo)).loss).toBeCloseTo(-0.5 * count, 3)
    expect((await own.optimStep({ ...adam, learningRate: 0 })).gradientNorm).toBeGreaterThan(0)
    // The policy has become e^0.5 times likelier: past 1.3, so a gain is cut off.
    expect((await own.forwardBackward(withOld(-0.5, 1), ppo)).loss).toBeCloseTo(-1.3 * count, 2)
    expect((await own.optimStep({ ...adam, learningRate: 0 })).gradientNorm).toBe(0)
    // A loss is not cut off on that side.
    expect((await own.forwardBackward(withOld(-0.5, -1), ppo)).loss).toBeCloseTo(Math.exp(0.5) * count, 2)
    expect((await own.optimStep({ ...adam, learningRate: 0 })).gradientNorm).toBeGreaterThan(0)
  })
})
