import { describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../engine/embedded/checkpoint.ts'
import { drawScene } from '../../probe/draw.ts'
import { makeScene } from '../../probe/scene.ts'
import { random } from '../../shared/random.ts'
import { sequenceArrays, type TokenSequence } from '../../../test/jax/batch.ts'
import { floatsOf, numpy as np } from '../../../test/jax/jax.ts'
import { forward as reference, stem } from '../../../test/jax/network.ts'
import {
  colourCount,
  defaultConfig,
  type ModelConfig,
  patchCount,
  patchSize,
  patchTokens,
  textTokens,
} from '../config.ts'
import { goalOf } from '../goal.ts'
import { initialParameters, parameterSpecs } from '../parameters.ts'
import { encodeText } from '../tokenizer.ts'
import { cacheFloats, firstCell, forward, type Stretch } from './forward.ts'
import { createKernels } from './kernels.ts'
import { createNetwork, type Network } from './network.ts'
import { readKernels } from './node-kernels.ts'
import { runStem } from './stem.ts'

const small: ModelConfig = { ...defaultConfig, width: 32, layers: 2, heads: 1, mlpWidth: 64, stemChannels: [8, 8, 16] }
const shipped = new URL('../../../models/rl.safetensors', import.meta.url).pathname

/** Log-probabilities after each text token of each sequence, by jax-js. */
async function expected(
  config: ModelConfig,
  values: Float32Array,
  sequences: readonly TokenSequence[],
): Promise<Float32Array[]> {
  const batch = sequences.length
  const words = textTokens(config)
  const arrays = sequenceArrays(config, sequences, batch)
  const used = parameterSpecs(config).filter(({ name }) => !name.startsWith('look.kind'))
  const tensors = Object.fromEntries(
    used.map(({ name, shape, offset, size }) => [
      name,
      np.array(values.slice(offset, offset + size), { shape: [...shape] }),
    ]),
  )
  const own = Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith('stem.')))
  const rest = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith('stem.')))
  const features = stem(config, own, np.array(arrays.patches, { shape: [batch, patchCount(config), patchSize] }))
  const inputs = {
    patches: np.zeros([1]),
    tokens: np.array(arrays.tokens, { shape: [batch, words] }),
    goal: np.array(arrays.goal, { shape: [batch, words] }),
    colour: np.array(arrays.colour, { shape: [batch, colourCount] }),
    mask: np.array(arrays.mask, { shape: [batch, 1, config.contextTokens, config.contextTokens] }),
  }
  const all = await floatsOf(reference(config, rest, features, inputs, firstCell))
  const perSequence = words * config.vocabulary
  return sequences.map(({ tokens }, b) =>
    all.slice(b * perSequence, b * perSequence + tokens.length * config.vocabulary),
  )
}

async function networkOf(config: ModelConfig, values: Float32Array, bytes = readKernels()): Promise<Network> {
  const net = createNetwork(await createKernels(bytes), config)
  net.load(values)
  return net
}

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

describe('the forward pass', () => {
  test.each([
    ['a small network with random weights', small, () => initialParameters(parameterSpecs(small), 4)],
    ['random weights', defaultConfig, () => initialParameters(parameterSpecs(defaultConfig), 4)],
    ['the weights that ship', defaultConfig, async () => (await readCheckpoint(shipped)).parameters],
  ] as const)('gives the log-probabilities of jax-js: %s', async (_, config, valuesOf) => {
    const values = await valuesOf()
    const sequences = sequencesOf(config)
    const wanted = await expected(config, values, sequences)
    const relaxed = await networkOf(config, values)
    const plain = await networkOf(config, values, { ...readKernels(), relaxed: new Uint8Array() })
    for (const got of [actual(relaxed, sequences), actual(plain, sequences), actual(relaxed, sequences, true)]) {
      for (const [i, logprobs] of got.entries())
        expect(furthest(logprobs, wanted[i]!), `sequence ${i}`).toBeLessThan(1e-4)
    }
  })
})
