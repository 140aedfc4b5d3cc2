/** Losses and gradients as jax-js computes them: what the kernels' are held against. One batch, all padded to its longest. */
import { formStatesOf, newestShown } from '../../src/model/grammar.ts'
import {
  colourCount,
  kindLabels,
  type ModelConfig,
  patchCount,
  patchSize,
  patchTokens,
  presenceLabels,
  textTokens,
} from '../../src/model/config.ts'
import { parameterSpecs } from '../../src/model/parameters.ts'
import type { Datum, LookDatum, Loss } from '../../src/engine/engine.ts'
import { textLength, viewAndText } from '../../src/engine/engine.ts'
import { firstCell } from '../../src/model/kernels/forward.ts'
import { fillPatches, sequenceArrays, type TokenSequence } from './batch.ts'
import { floatsOf, numpy as np, type Tensor } from './jax.ts'
import { lookStep, split, trainStep } from './graphs.ts'
import { forward, type Parameters, stem, weight } from './network.ts'

interface Reference {
  readonly loss: number
  /** Laid out as the parameters are. */
  readonly gradient: Float32Array
  /** Log-probabilities of each datum's reply; of views: what the heads said. */
  readonly said: readonly (readonly number[])[]
}

export async function trainReference(
  shape: ModelConfig,
  parameters: Float32Array,
  data: readonly Datum[],
  loss: Loss,
  frozenStem: boolean,
): Promise<Reference> {
  const batch = data.length
  const longest = Math.max(...data.map(({ prompt, reply }) => textLength(prompt) + reply.length - 1))
  const config = { ...shape, contextTokens: patchTokens(shape) + longest }
  const words = textTokens(config)
  const sequences = data.map(({ prompt, reply }) => {
    const { view, tokens } = viewAndText(prompt)
    return { view, tokens: [...tokens, ...reply.slice(0, -1)], promptLength: tokens.length }
  })
  const arrays = sequenceArrays(config, sequences, batch)
  const startOf = (b: number): number => b * words + textLength(data[b]!.prompt) - 1
  const row = (valuesOf: (datum: Datum) => readonly number[] | undefined): Float32Array => {
    const values = new Float32Array(batch * words)
    for (const [b, datum] of data.entries()) values.set(valuesOf(datum) ?? [], startOf(b))
    return values
  }
  const shaped = (values: Float32Array | Int32Array, ...dims: number[]): Tensor =>
    np.array(values, { shape: [batch, ...dims] })
  const [[summed, [logprobs]], gradients] = trainStep(config, loss, frozenStem)(
    tensorsOf(config, parameters),
    {
      patches: shaped(arrays.patches, patchCount(config), patchSize(config)),
      tokens: shaped(arrays.tokens, words),
      goal: shaped(arrays.goal, words),
      colour: shaped(arrays.colour, colourCount),
      mask: shaped(arrays.mask, 1, config.contextTokens, config.contextTokens),
    },
    {
      next: shaped(Int32Array.from(row(({ reply }) => reply)), words),
      weights: shaped(
        row(({ weights }) => weights),
        words,
      ),
      advantages: shaped(
        row(({ advantages }) => advantages),
        words,
      ),
      oldLogprobs: shaped(
        row(({ oldLogprobs }) => oldLogprobs),
        words,
      ),
      form: shaped(
        Int32Array.from(
          row(({ formed, prompt, reply }) =>
            formed ? formStatesOf(reply, newestShown(viewAndText(prompt).tokens)) : [],
          ),
        ),
        words,
      ),
    },
  )
  const all = await floatsOf(logprobs!)
  return {
    loss: (await floatsOf(summed))[0]!,
    gradient: await flat(config, gradients),
    said: data.map(({ reply }, b) => [...all.subarray(startOf(b), startOf(b) + reply.length)]),
  }
}

export async function lookReference(
  config: ModelConfig,
  parameters: Float32Array,
  data: readonly LookDatum[],
): Promise<Reference> {
  const batch = data.length
  const patchLength = patchCount(config) * patchSize(config)
  const patches = new Float32Array(batch * patchLength)
  for (const [b, { view }] of data.entries()) fillPatches(config, view, patches.subarray(b * patchLength))
  const joined = (parts: readonly Float32Array[], ...dims: number[]): Tensor =>
    np.array(Float32Array.from(parts.flatMap((part) => [...part])), { shape: [batch, ...dims] })
  const [[summed, said], gradients] = lookStep(config)(
    tensorsOf(config, parameters),
    np.array(patches, { shape: [batch, patchCount(config), patchSize(config)] }),
    {
      rows: np.array(new Float32Array(batch).fill(1), { shape: [batch] }),
      presence: joined(
        data.map(({ presence }) => presence),
        patchTokens(config),
        presenceLabels,
      ),
      kind: joined(
        data.map(({ kind }) => kind),
        kindLabels,
      ),
    },
  )
  const loss = (await floatsOf(summed))[0]!
  const gradient = await flat(config, gradients)
  return { loss, gradient, said: await Promise.all(said.map(async (part) => [...(await floatsOf(part))])) }
}

/** Log-probabilities after each text token of each sequence, by jax-js. */
export async function logprobsReference(
  config: ModelConfig,
  values: Float32Array,
  sequences: readonly TokenSequence[],
): Promise<Float32Array[]> {
  const batch = sequences.length
  const words = textTokens(config)
  const arrays = sequenceArrays(config, sequences, batch)
  const [own, rest] = split(tensorsOf(config, values), 'stem.')
  const features = stem(
    config,
    own,
    np.array(arrays.patches, { shape: [batch, patchCount(config), patchSize(config)] }),
  )
  const inputs = {
    patches: np.zeros([1]),
    tokens: np.array(arrays.tokens, { shape: [batch, words] }),
    goal: np.array(arrays.goal, { shape: [batch, words] }),
    colour: np.array(arrays.colour, { shape: [batch, colourCount] }),
    mask: np.array(arrays.mask, { shape: [batch, 1, config.contextTokens, config.contextTokens] }),
  }
  const all = await floatsOf(forward(config, rest, features, inputs, firstCell))
  const perSequence = words * config.vocabulary
  return sequences.map(({ tokens }, b) =>
    all.slice(b * perSequence, b * perSequence + tokens.length * config.vocabulary),
  )
}

function tensorsOf(config: ModelConfig, parameters: Float32Array): Parameters {
  return Object.fromEntries(
    parameterSpecs(config).map(({ name, shape, offset, size }) => [
      name,
      np.array(parameters.slice(offset, offset + size), { shape: [...shape] }),
    ]),
  )
}

async function flat(config: ModelConfig, gradients: Parameters): Promise<Float32Array> {
  const parts = parameterSpecs(config).map(({ name }) => floatsOf(weight(gradients, name)))
  return Float32Array.from((await Promise.all(parts)).flatMap((part) => [...part]))
}
