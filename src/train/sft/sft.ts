/**
 * Supervised fine-tuning, the first stage of the recipe: next-token prediction on the policy's own tokens of correct
 * trajectories, over the `Engine` interface. A step follows from the seed and its number, so any step can be the first.
 */
import type { AdamParameters, Datum, Engine, ForwardBackward, TokenUsage } from '../../engine/engine.ts'
import { textLength, usageSince } from '../../engine/engine.ts'
import { random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { logStep } from '../../runs/training.ts'
import { checkFinite } from '../check-finite.ts'
import { keepCheckpoint } from '../run-log.ts'
import {
  addSums,
  type ByPart,
  greedyParts,
  partFigures,
  type PartFigures,
  partMeans,
  type PartReader,
  sumByPart,
} from '../token-parts.ts'
import { type TokenKind, kindsOf, tokenKinds } from './token-kinds.ts'

export interface SftSettings {
  readonly steps: number
  /** Turns a step. */
  readonly batch: number
  readonly learningRate: number
  readonly warmupSteps: number
  readonly seed: number
  /** Steps between checkpoints. */
  readonly saveEvery: number
}

export interface SftMetrics {
  readonly step: number
  /** Mean loss a token of the reply, in nats. */
  readonly loss: number
  readonly gradientNorm: number
  readonly learningRate: number
  readonly tokensPerSecond: number
  /** Share of tokens of each kind that were the likeliest; empty where the engine cannot tell. */
  readonly accuracy: Readonly<Partial<Record<TokenKind, number>>>
  /** What it came to on a server: tokens of this step, and their cost where prices are known. */
  readonly usage?: TokenUsage
  /** Of the tokens of replies, by the part of a turn that they write. */
  readonly parts?: ByPart<PartFigures>
  /** Share of these that were the likeliest; absent where the engine cannot tell. */
  readonly partAccuracy?: ByPart<number>
}

/** Loss weight of each kind of token: what has to be seen counts more than what is only copied. */
const kindWeights: Readonly<Record<TokenKind, number>> = {
  verdict: 3,
  shape: 2,
  digit: 6,
  find: 3,
  place: 1,
  source: 1,
  box: 0.5,
  other: 0.5,
}

/** Linear warm-up, then a cosine down to a fiftieth. `step` counts from 1. */
function learningRateAt({ learningRate, warmupSteps, steps }: SftSettings, step: number): number {
  if (step <= warmupSteps) return (learningRate * step) / warmupSteps
  const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps)
  return learningRate * (0.02 + 0.98 * 0.5 * (1 + Math.cos(Math.PI * progress)))
}

/**
 * The examples of each step, as indices: every example comes once an epoch, in a new order each time. The orders of two epochs are
 * kept, since shuffling the 200,000 turns of a cold start takes as long as a quarter of a step.
 */
export function batchIndices(
  count: number,
  { batch, seed }: Pick<SftSettings, 'batch' | 'seed'>,
): (step: number) => number[] {
  const all = Array.from({ length: count }, (_, i) => i)
  const orders = new Map<number, readonly number[]>()
  const orderOf = (epoch: number): readonly number[] => {
    const order = orders.get(epoch) ?? random('sft-order', seed, epoch).shuffle(all)
    orders.delete(epoch)
    orders.set(epoch, order)
    const [oldest = epoch] = orders.keys()
    if (orders.size > 2) orders.delete(oldest)
    return order
  }
  return (step) => {
    const first = (step - 1) * batch
    return Array.from({ length: batch }, (_, i) => {
      const position = first + i
      return itemAt(orderOf(Math.floor(position / count)), position % count)
    })
  }
}

/** A datum whose weights sum, over the batch, to one. */
export function withWeights(data: readonly Omit<Datum, 'weights'>[]): Datum[] {
  const weights = data.map(({ reply }) => kindsOf(reply).map((kind) => kindWeights[kind]))
  const total = weights.flat().reduce((a, b) => a + b, 0)
  return data.map((datum, i) => ({ ...datum, weights: itemAt(weights, i).map((weight) => weight / total) }))
}

/**
 * Trains from `firstStep` to the end. `makeBatch(step)` gives the data of a step, with weights; the next batch is made while
 * the engine works on this one. Metrics go to the run and to `onStep`.
 */
export async function sft(
  engine: Engine,
  settings: SftSettings,
  optimiser: AdamParameters,
  makeBatch: (step: number) => Promise<readonly Datum[]>,
  run: RunFolder,
  options: {
    readonly firstStep?: number
    readonly signal?: AbortSignal | undefined
    /** In whose form the replies are; absent: figures by part are left out. */
    readonly partsOf?: PartReader | undefined
    /** What else adds gradients to a step, such as the perception loss; its figures go into the metrics. */
    readonly beside?: ((step: number) => Promise<object>) | undefined
    readonly onStep?: ((metrics: SftMetrics) => void) | undefined
  } = {},
): Promise<void> {
  const first = options.firstStep ?? 1
  if (first > settings.steps) return
  let next = makeBatch(first)
  for (let step = first; step <= settings.steps; step++) {
    const startedMs = performance.now()
    const before = engine.usage?.()
    const data = await next
    const adam: AdamParameters = { ...optimiser, learningRate: learningRateAt(settings, step) }
    const working = Promise.all([engine.forwardBackward(data, { kind: 'cross-entropy' }), options.beside?.(step)])
    if (step < settings.steps) {
      next = makeBatch(step + 1)
      next.catch(() => {})
    }
    const [learned, besides] = await working
    const { logprobs, greedy } = learned
    checkFinite(step, logprobs)
    const { gradientNorm } = await engine.optimStep(adam)
    const flat = logprobs.flat()
    const metrics: SftMetrics = {
      step,
      loss: -flat.reduce((a, b) => a + b, 0) / flat.length,
      gradientNorm,
      learningRate: adam.learningRate,
      tokensPerSecond: tokensOf(data) / ((performance.now() - startedMs) / 1000),
      accuracy: greedy === undefined ? {} : accuracyByKind(data, greedy),
      ...(before && engine.usage && { usage: usageSince(before, engine.usage()) }),
      ...(options.partsOf && figuresByPart(data, learned, options.partsOf)),
    }
    await logStep(run, { stage: 'sft', ...metrics, ...besides })
    options.onStep?.(metrics)
    const stopping = options.signal?.aborted === true
    if (step % settings.saveEvery === 0 || step === settings.steps || stopping) {
      await keepCheckpoint(engine, run, 'sft', step)
    }
    if (stopping) return
  }
}

function tokensOf(data: readonly Datum[]): number {
  return data.reduce((sum, { prompt, reply }) => sum + textLength(prompt) + reply.length, 0)
}

function figuresByPart(
  data: readonly Datum[],
  { logprobs, greedy }: ForwardBackward,
  partsOf: PartReader,
): Pick<SftMetrics, 'parts' | 'partAccuracy'> {
  const replies = data.map(({ reply }, d) => ({ parts: partsOf(reply), values: itemAt(logprobs, d) }))
  return {
    parts: partFigures(sumByPart(replies)),
    ...(greedy && {
      partAccuracy: partMeans(addSums(data.map(({ reply }, d) => greedyParts(reply, itemAt(greedy, d), partsOf)))),
    }),
  }
}

function accuracyByKind(data: readonly Datum[], greedy: readonly (readonly boolean[])[]): SftMetrics['accuracy'] {
  const right = new Map<TokenKind, number>()
  const all = new Map<TokenKind, number>()
  for (const [d, { reply }] of data.entries()) {
    for (const [i, kind] of kindsOf(reply).entries()) {
      all.set(kind, (all.get(kind) ?? 0) + 1)
      if (itemAt(greedy, d)[i]) right.set(kind, (right.get(kind) ?? 0) + 1)
    }
  }
  return Object.fromEntries(
    tokenKinds.flatMap((kind) => {
      const count = all.get(kind)
      return count === undefined ? [] : [[kind, (right.get(kind) ?? 0) / count]]
    }),
  )
}
