import { describe, expect, test } from 'vitest'
import { drawScene } from '../../probe/draw.ts'
import { makeScene } from '../../probe/scene.ts'
import { random } from '../../shared/random.ts'
import type { TokenSequence } from '../../../test/jax/batch.ts'
import { logprobsReference } from '../../../test/jax/reference.ts'
import { networkOf, shippedPolicy, smallConfig } from '../../../test/network.ts'
import { defaultConfig, type ModelConfig, patchTokens, textTokens } from '../config.ts'
import { goalOf } from '../goal.ts'
import { initialParameters, parameterSpecs } from '../parameters.ts'
import { encodeText } from '../tokenizer.ts'
import { cacheFloats, forward, type Stretch } from './forward.ts'
import type { Network } from './network.ts'
import { runStem } from './stem.ts'

/** The same by the kernels: `tail` rows of each sequence. */
function actual(net: Network, sequences: readonly TokenSequence[], keeps = false): Float32Array[] {
  const { kernels, config } = net
  const mark = kernels.mark()
  const stretches = sequences.map(({ tokens, promptLength }, view): Stretch => {
    const cache = kernels.take(cacheFloats(net))
    const prefix = patchTokens(config) + promptLength
    return { view, first: 0, tokens, prefix, tail: tokens.length, ...goalOf(tokens), cache }
  })
  const tape = forward(
    net,
    runStem(
      net,
      sequences.map(({ view }) => view),
      keeps,
    ),
    stretches,
    keeps,
  )
  const all = kernels.floats(tape.logits, tape.tailRows * tape.logitStride)
  let row = 0
  const logprobs = sequences.map(({ tokens }) => {
    const rows = tokens.flatMap(() => logSoftmax(all.subarray(row++ * tape.logitStride).subarray(0, config.vocabulary)))
    return Float32Array.from(rows)
  })
  kernels.release(mark)
  return logprobs
}

function logSoftmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits)
  const sum = logits.reduce((total, value) => total + Math.exp(value - largest), 0)
  return Array.from(logits, (value) => value - largest - Math.log(sum))
}

const question = 'Find the target and answer.Which digit is on the red star?original_image'
const reply = '<think>Goal: red star. To check: original_image c1 d4.</think><grounding>{"bbox_2d": ['

/** Texts of several lengths, with and without a goal; some with all of the context. */
function sequencesOf(config: ModelConfig): TokenSequence[] {
  const rng = random('sequences')
  const any = (count: number): number[] => Array.from({ length: count }, () => rng.int(config.vocabulary))
  const texts = [
    [encodeText(question), encodeText(reply)],
    [encodeText(question), []],
    [encodeText('Hm?'), any(5)],
    [any(20), any(textTokens(config) - 20)],
    [any(1), any(3)],
    [[], any(1)],
  ] as const
  return texts.map(([prompt, written], i) => ({
    view: drawScene(makeScene(i, 'medium'), [0, 0, 1, 1], { width: 64, height: 64 }),
    tokens: [...prompt, ...written],
    promptLength: prompt.length,
  }))
}

const furthest = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length)
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
}

const shipped = await shippedPolicy()

describe('the forward pass', () => {
  test.each([
    ['a small network with random weights', smallConfig, () => initialParameters(parameterSpecs(smallConfig), 4)],
    ['random weights', defaultConfig, () => initialParameters(parameterSpecs(defaultConfig), 4)],
    ['the weights that ship', shipped.config, () => shipped.parameters],
  ] as const)('gives the log-probabilities of jax-js: %s', async (_, config, valuesOf) => {
    const values = valuesOf()
    const sequences = sequencesOf(config)
    const wanted = await logprobsReference(config, values, sequences)
    const relaxed = await networkOf(config, values)
    const plain = await networkOf(config, values, true)
    for (const got of [actual(relaxed, sequences), actual(plain, sequences), actual(relaxed, sequences, true)]) {
      for (const [i, logprobs] of got.entries())
        expect(furthest(logprobs, wanted[i]!), `sequence ${i}`).toBeLessThan(1e-4)
    }
  })
})
