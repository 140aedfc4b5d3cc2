/** Losses and gradients of the kernels, held against those of jax-js. */
import { describe, expect, test } from 'vitest'
import { lookReference, trainReference } from '../../../test/jax/reference.ts'
import { defaultConfig, type ModelConfig } from '../../model/config.ts'
import { createKernels, type KernelBytes } from '../../model/kernels/kernels.ts'
import { createNetwork } from '../../model/kernels/network.ts'
import { readKernels } from '../../model/kernels/node-kernels.ts'
import { initialParameters, parameterSpecs } from '../../model/parameters.ts'
import { encodeText, special } from '../../model/tokenizer.ts'
import { drawScene } from '../../probe/draw.ts'
import { makeScene } from '../../probe/scene.ts'
import { random } from '../../shared/random.ts'
import { lookDatum } from '../../train/sft/look-data.ts'
import { type Datum, type Loss, promptOf, viewAndText } from '../engine.ts'
import { createTrainer, type Trainer } from './trainer.ts'

const small: ModelConfig = { ...defaultConfig, width: 64, layers: 2, heads: 2, mlpWidth: 96, stemChannels: [8, 12, 16] }
/** With one convolution more, so that the first one's stride is smaller. */
const deep: ModelConfig = { ...small, stemChannels: [8, 4, 12, 16] }
const bytes = readKernels()
const crossEntropy: Loss = { kind: 'cross-entropy' }
const ppo: Loss = { kind: 'ppo', clipLow: 0.2, clipHigh: 0.3 }

/** A trainer of a small network; what it adds up is in `sums`. */
async function ready({
  config = small,
  frozen = false,
  parameters = initialParameters(parameterSpecs(config), 3),
  build = bytes,
} = {}): Promise<{ parameters: Float32Array; sums: Float32Array; trainer: Trainer }> {
  const net = createNetwork(await createKernels(build), config)
  net.load(parameters)
  const sums = new Float32Array(parameters.length)
  return { parameters, sums, trainer: createTrainer(net, sums, frozen) }
}

const question = 'Find the target and answer.Which digit is on the red star?original_image'

/** Turns of different lengths; among them a reply of one token, an empty one and a prompt without a goal. */
function turns(): Datum[] {
  const whole = [...encodeText('<think>Goal: red star. To check: original_image c3.'), special.end]
  const texts: [string, number[]][] = [
    [question, whole],
    [question, whole.slice(0, 1)],
    ['Hm?', whole.slice(3)],
    [question, []],
    [question, whole.slice(4)],
  ]
  return texts.map(([prompt, reply], i) => ({
    prompt: promptOf(drawScene(makeScene(i, 'medium'), [0, 0, 1, 1], { width: 64, height: 64 }), encodeText(prompt)),
    reply,
    weights: reply.map((_, t) => 0.1 + 0.05 * (t % 3)),
  }))
}

/** For the policy loss: ratios on both sides of the range, advantages of both signs; every second turn in its form. */
function rewarded(): Datum[] {
  return turns().map((turn, i) => ({
    ...turn,
    formed: i % 2 === 0,
    advantages: turn.reply.map((_, t) => Math.sin(3 * t + i)),
    oldLogprobs: turn.reply.map((_, t) => (i % 2 === 0 ? -1.4 : -5.7) + 0.5 * Math.cos(t)),
  }))
}

const looks = Array.from({ length: 5 }, (_, i) => lookDatum(1, i))

const lengthOf = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))

/** Each parameter's gradient, to `share` of its length; and none where there is none. */
function expectSame(config: ModelConfig, actual: Float32Array, wanted: Float32Array, share: number): void {
  for (const { name, offset, size } of parameterSpecs(config)) {
    const own = wanted.subarray(offset, offset + size)
    const apart = lengthOf(own.map((value, i) => value - actual[offset + i]!))
    expect(apart, `${name}, ${lengthOf(own)} long`).toBeLessThanOrEqual(share * lengthOf(own))
  }
}

describe('equal to jax-js', () => {
  test.each([
    ['cross-entropy', crossEntropy, turns, false],
    ['cross-entropy, the stem frozen', crossEntropy, turns, true],
    ['the policy loss', ppo, rewarded, false],
    ['the policy loss, the stem frozen', ppo, rewarded, true],
  ] as const)('%s', async (_, loss, dataOf, frozen) => {
    const data = dataOf()
    const { parameters, sums, trainer } = await ready({ frozen })
    const actual = trainer.train(data, loss)
    const wanted = await trainReference(small, parameters, data, loss, frozen)
    expect(actual.loss / wanted.loss).toBeCloseTo(1, 4)
    expectSame(small, sums, wanted.gradient, 1e-4)
    for (const [i, told] of wanted.said.entries()) {
      expect(actual.logprobs[i]).toHaveLength(told.length)
      for (const [t, value] of told.entries()) expect(actual.logprobs[i]![t]).toBeCloseTo(value, 4)
    }
  })

  test.each([
    ['three convolutions', small],
    ['four', deep],
  ] as const)('the perception loss, with %s', async (_, config) => {
    const { parameters, sums, trainer } = await ready({ config })
    const actual = trainer.look(looks, 0.5)
    const wanted = await lookReference(config, parameters, looks)
    expect(actual.loss / wanted.loss).toBeCloseTo(1, 4)
    expectSame(
      config,
      sums.map((value) => value * 2),
      wanted.gradient,
      1e-4,
    )
    for (const [i, told] of [actual.presence, actual.kind].entries()) {
      const all = told.flatMap((values) => [...values])
      for (const [at, value] of wanted.said[i]!.entries()) expect(all[at]).toBeCloseTo(value, 4)
    }
  })
})

test('gradients agree with finite differences in every parameter', async () => {
  const { parameters, sums, trainer } = await ready()
  const lossAt = async (values: Float32Array): Promise<number> => {
    const own = await ready({ parameters: values })
    return own.trainer.train(turns(), crossEntropy).loss + own.trainer.look(looks, 1).loss
  }
  trainer.train(turns(), crossEntropy)
  trainer.look(looks, 1)
  const rng = random('differences')
  for (const { name, offset, size } of parameterSpecs(small)) {
    let largest = offset
    for (let i = offset; i < offset + size; i++) if (Math.abs(sums[i]!) > Math.abs(sums[largest]!)) largest = i
    for (const index of [largest, offset + rng.int(size)]) {
      // Small, because rectifiers have kinks; not smaller, because the numbers have 32 bits.
      const nudge = 5e-4
      const nudged = (by: number): Float32Array => parameters.map((value, i) => (i === index ? value + by : value))
      const slope = ((await lossAt(nudged(nudge))) - (await lossAt(nudged(-nudge)))) / (2 * nudge)
      expect(Math.abs(slope - sums[index]!), `${name} ${index}`).toBeLessThan(0.005 * Math.abs(sums[index]!) + 0.02)
    }
  }
})

test('what a turn adds does not depend on the turns beside it, whether or not there is text before its reply', async () => {
  const [one] = turns()
  const data = [...rewarded(), { ...rewarded()[0]!, prompt: promptOf(viewAndText(one!.prompt).view, []) }]
  // More than go through the network together.
  const many = Array.from({ length: 4 }, () => data).flat()
  const [together, apart] = [await ready(), await ready()]
  const whole = together.trainer.train(many, ppo)
  const parts = many.map((datum) => apart.trainer.train([datum], ppo))
  expect(whole.loss / parts.reduce((sum, { loss }) => sum + loss, 0)).toBeCloseTo(1, 6)
  expect(whole.logprobs).toEqual(parts.flatMap(({ logprobs }) => logprobs))
  expectSame(small, together.sums, apart.sums, 1e-5)
})

test('the same data give the same gradients, bit for bit, with and without fused multiply-add close to each other', async () => {
  const gradient = async (build: KernelBytes): Promise<Float32Array> => {
    const { sums, trainer } = await ready({ build })
    // What was computed before leaves nothing behind.
    trainer.look(looks, 1)
    trainer.train(rewarded(), ppo)
    sums.fill(0)
    trainer.train(turns(), crossEntropy)
    return sums
  }
  const [first, again, plain] = [
    await gradient(bytes),
    await gradient(bytes),
    await gradient({ ...bytes, relaxed: new Uint8Array() }),
  ]
  expect(again).toEqual(first)
  expectSame(small, plain, first, 1e-4)
})

test('weights and advantages of 0 have no gradient, nor does a token that had to come', async () => {
  const { sums, trainer } = await ready()
  const still = rewarded().map((datum) => ({
    ...datum,
    weights: datum.reply.map(() => 0),
    advantages: datum.reply.map(() => 0),
  }))
  trainer.train(still, crossEntropy)
  trainer.train(still, ppo)
  // The first token is the only one that a turn can begin with.
  trainer.train(
    [
      {
        ...still[0]!,
        advantages: still[0]!.reply.map((_, t) => (t === 0 ? 1 : 0)),
        oldLogprobs: still[0]!.reply.map(() => 0),
      },
    ],
    ppo,
  )
  expect(sums.every((value) => value === 0)).toBe(true)
})
