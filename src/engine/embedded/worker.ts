/** A worker thread of the embedded engine: a replica of the model that trains on its share and samples in batches. */
import { workerData } from 'node:worker_threads'
import { formStatesOf } from '../../model/grammar.ts'
import { sequenceArrays, fillPatches, type TokenSequence, type SequenceArrays } from '../../model/batch.ts'
import {
  colourCount,
  patchTokens,
  kindLabels,
  type ModelConfig,
  patchCount,
  patchSize,
  presenceLabels,
  textTokens,
} from '../../model/config.ts'
import { floatsOf, numpy as np, type Tensor } from '../../model/jax.ts'
import { type Inputs, type Parameters, weight } from '../../model/network.ts'
import { parameterSpecs } from '../../model/parameters.ts'
import { answerRequests } from '../../shared/worker-client.ts'
import { itemAt, lastOf } from '../../shared/known.ts'
import type { Datum, ForwardBackward, LookDatum, Looked, Loss } from '../engine.ts'
import { textLength, viewAndText } from '../engine.ts'
import { lookStep, type LookStep, trainStep, type TrainStep } from './graphs.ts'
import type { Answer, Request, Start } from './messages.ts'
import { createBatchSampler } from './batch-sampler.ts'

const { config, parameters, gradients, frozenStem }: Start = workerData
const specs = parameterSpecs(config)
const values = new Float32Array(parameters)
const sums = new Float32Array(gradients)

/** Sequences a compiled training step takes; shorter batches are padded. */
const microBatch = 16
/** Contexts that are compiled: most turns need less than the longest. */
const contexts = [56, 64, 72].filter((tokens) => tokens < config.contextTokens)

const steps = new Map<string, TrainStep>()
let looks: LookStep | undefined
const sampler = createBatchSampler(config, currentParameters)

/** Copies the shared parameters into tensors. */
function currentParameters(): Parameters {
  return Object.fromEntries(
    specs.map(({ name, shape, offset, size }) => [
      name,
      np.array(values.slice(offset, offset + size), { shape: [...shape] }),
    ]),
  )
}

async function addGradients(all: Parameters, scale: number): Promise<void> {
  for (const { name, offset } of specs) {
    const part = await floatsOf(weight(all, name))
    for (let i = 0; i < part.length; i++) sums[offset + i]! += part[i]! * scale
  }
}

function tensors(arrays: SequenceArrays, total: number): Inputs {
  const { batch, patches, tokens, goal, colour, mask } = arrays
  return {
    patches: np.array(patches, { shape: [batch, patchCount(config), patchSize] }),
    tokens: np.array(tokens, { shape: [batch, tokens.length / batch] }),
    goal: np.array(goal, { shape: [batch, tokens.length / batch] }),
    colour: np.array(colour, { shape: [batch, colourCount] }),
    mask: np.array(mask, { shape: [batch, 1, total, total] }),
  }
}

/** The text of a datum: the reply's last token is only ever predicted. Target `i` of the reply follows position `i`. */
function sequenceOf(datum: Datum): TokenSequence {
  const { view, tokens } = viewAndText(datum.prompt)
  return { view, tokens: [...tokens, ...datum.reply.slice(0, -1)], promptLength: tokens.length }
}

/** Trains on neighbours in length together, each micro-batch in the shortest context that holds it. */
async function train(data: readonly Datum[], loss: Loss): Promise<ForwardBackward> {
  const length = (datum: Datum): number => textLength(datum.prompt) + datum.reply.length - 1
  const order = data.map((datum, i) => ({ datum, i })).sort((a, b) => length(a.datum) - length(b.datum) || a.i - b.i)
  const logprobs: number[][] = []
  const greedy: boolean[][] = []
  let total = 0
  for (let from = 0; from < order.length; from += microBatch) {
    const next = order.slice(from, from + microBatch)
    const part = next.map(({ datum }) => datum)
    const longest = patchTokens(config) + length(lastOf(part))
    const contextTokens = contexts.find((tokens) => tokens >= longest) ?? config.contextTokens
    const trained = await trainMicroBatch({ ...config, contextTokens }, part, loss)
    total += trained.loss
    for (const [b, { i }] of next.entries()) {
      logprobs[i] = itemAt(trained.logprobs, b)
      greedy[i] = itemAt(trained.greedy, b)
    }
  }
  return { loss: total, logprobs, greedy }
}

async function trainMicroBatch(
  shape: ModelConfig,
  part: readonly Datum[],
  loss: Loss,
): Promise<{ loss: number; logprobs: number[][]; greedy: boolean[][] }> {
  const key = JSON.stringify([shape.contextTokens, loss])
  const step = steps.get(key) ?? trainStep(shape, loss, frozenStem)
  steps.set(key, step)
  const words = textTokens(shape)
  const inputs = tensors(sequenceArrays(shape, part.map(sequenceOf), microBatch), shape.contextTokens)
  const next = new Int32Array(microBatch * words)
  const form = new Int32Array(next.length)
  const rows = [new Float32Array(next.length), new Float32Array(next.length), new Float32Array(next.length)] as const
  const startOf = (b: number): number => b * words + textLength(itemAt(part, b).prompt) - 1
  for (const [b, datum] of part.entries()) {
    next.set(datum.reply, startOf(b))
    rows[0].set(datum.weights ?? [], startOf(b))
    rows[1].set(datum.advantages ?? [], startOf(b))
    rows[2].set(datum.oldLogprobs ?? [], startOf(b))
    if (datum.formed) form.set(formStatesOf(datum.reply), startOf(b))
  }
  const shaped = (row: Float32Array): Tensor => np.array(row, { shape: [microBatch, words] })
  const targets = {
    next: np.array(next, { shape: [microBatch, words] }),
    weights: shaped(rows[0]),
    advantages: shaped(rows[1]),
    oldLogprobs: shaped(rows[2]),
    form: np.array(form, { shape: [microBatch, words] }),
  }
  const [[summed, extras], grads] = step(currentParameters(), inputs, targets)
  const [total = NaN] = await floatsOf(summed)
  const all = await floatsOf(itemAt(extras, 0))
  const best = await floatsOf(itemAt(extras, 1))
  await addGradients(grads, 1)
  const own = part.map((datum, b) => [...all.subarray(startOf(b), startOf(b) + datum.reply.length)])
  return {
    loss: total,
    logprobs: own,
    greedy: own.map((row, b) => row.map((value, i) => value >= itemAt(best, startOf(b) + i))),
  }
}

async function look(data: readonly LookDatum[], scale: number): Promise<Looked> {
  looks ??= lookStep(config)
  let loss = 0
  const seen: { presence: Float32Array[]; kind: Float32Array[] } = { presence: [], kind: [] }
  const cells = patchTokens(config) * presenceLabels
  const batch = microBatch * 2
  for (let from = 0; from < data.length; from += batch) {
    const part = data.slice(from, from + batch)
    const patchLength = patchCount(config) * patchSize
    const patches = new Float32Array(batch * patchLength)
    const presence = new Float32Array(batch * cells)
    const kind = new Float32Array(batch * kindLabels)
    for (const [b, datum] of part.entries()) {
      fillPatches(config, datum.view, patches.subarray(b * patchLength, (b + 1) * patchLength))
      presence.set(datum.presence, b * cells)
      kind.set(datum.kind, b * kindLabels)
    }
    const [[total, extras], grads] = looks(
      currentParameters(),
      np.array(patches, { shape: [batch, patchCount(config), patchSize] }),
      {
        rows: np.array(new Float32Array(batch).fill(1, 0, part.length), { shape: [batch] }),
        presence: np.array(presence, { shape: [batch, patchTokens(config), presenceLabels] }),
        kind: np.array(kind, { shape: [batch, kindLabels] }),
      },
    )
    loss += itemAt(await floatsOf(total), 0)
    const seenCells = await floatsOf(itemAt(extras, 0))
    const seenKinds = await floatsOf(itemAt(extras, 1))
    await addGradients(grads, scale)
    for (let b = 0; b < part.length; b++) {
      seen.presence.push(seenCells.slice(b * cells, (b + 1) * cells))
      seen.kind.push(seenKinds.slice(b * kindLabels, (b + 1) * kindLabels))
    }
  }
  return { loss, ...seen }
}

async function answer(request: Request): Promise<Answer> {
  switch (request.kind) {
    case 'train':
      return { trained: await train(request.data, request.loss) }
    case 'look':
      return { looked: await look(request.data, request.scale) }
    case 'sample':
      return { sampled: await sampler(request.requests, request.version) }
  }
}

// One request after the other: tensors of two at once would not fit the memory they share.
let turn: Promise<unknown> = Promise.resolve()
answerRequests<Request, Answer>((request) => {
  const answered = turn.then(() => answer(request))
  turn = answered.catch(() => {})
  return answered
})
