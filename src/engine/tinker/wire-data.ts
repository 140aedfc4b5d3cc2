/** Data of the engine as sequences of the protocol, and log-probabilities back to the reply they belong to. Pure. */
import type { Datum, Loss } from '../engine.ts'
import { policyLossFigures } from '../policy-loss.ts'
import { defined, itemAt, lastOf } from '../../shared/known.ts'
import { sum } from '../../shared/numbers.ts'
import type { Chunk, TensorData, WireDatum } from './protocol.ts'
import type { SequenceTurn } from './sequences.ts'
import type { TinkerKind } from './server-kinds.ts'

function lengthOf(chunk: Chunk): number {
  return chunk.type === 'image' ? chunk.expected_tokens : chunk.tokens.length
}

/** Positions of all chunks, pictures at their full length. */
export function positions(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, chunk) => sum + lengthOf(chunk), 0)
}

/** The chunks with `tokens` behind them; the last chunk grows if it is text. */
export function append(chunks: readonly Chunk[], tokens: readonly number[]): Chunk[] {
  const last = chunks.at(-1)
  if (tokens.length === 0) return [...chunks]
  return last?.type === 'encoded_text'
    ? [...chunks.slice(0, -1), { type: 'encoded_text', tokens: [...last.tokens, ...tokens] }]
    : [...chunks, { type: 'encoded_text', tokens }]
}

/**
 * A sequence behind the rendered prompt of its last turn: all of it without its last token, and for each position the token
 * that follows, with its weight, or its advantage and old log-probability. Pictures are no targets: 0 stands there. Which tokens
 * are the policy's own is said where the server has a name for it.
 */
export function wireSequence(
  prompt: readonly Chunk[],
  turns: readonly SequenceTurn[],
  loss: Loss,
  kind: Pick<TinkerKind, 'ownTokens'>,
): WireDatum {
  const { reply } = lastOf(turns).datum
  const all = prompt.flatMap((chunk) => (chunk.type === 'image' ? zeros(chunk.expected_tokens) : [...chunk.tokens]))
  const targets = [...all.slice(1), ...reply]
  const tensor = (valuesOf: (datum: Datum) => readonly number[]): TensorData => {
    const data = zeros(targets.length)
    // What stands at a position belongs to the token behind it.
    for (const { at, datum } of turns) for (const [i, value] of valuesOf(datum).entries()) data[at - 1 + i] = value
    return { dtype: 'float32', data }
  }
  const target_tokens: TensorData = { dtype: 'int64', data: targets }
  const chunks = append(prompt, reply.slice(0, -1))
  if (loss.kind === 'cross-entropy') {
    return { chunks, inputs: { target_tokens, weights: tensor(({ weights }) => defined(weights, 'the weights')) } }
  }
  const own = kind.ownTokens[loss.kind]
  const rollout = turns.some(({ datum }) => datum.rolloutLogprobs !== undefined)
  return {
    chunks,
    inputs: {
      target_tokens,
      logprobs: tensor((datum) => defined(datum.oldLogprobs, 'the old log-probabilities')),
      ...(rollout && { rollout_logprobs: tensor((datum) => defined(datum.rolloutLogprobs, 'what was sampled')) }),
      advantages: tensor((datum) => defined(datum.advantages, 'the advantages')),
      ...(own && { [own]: tensor((datum) => datum.reply.map(() => 1)) }),
    },
  }
}

/** The log-probabilities of each turn's reply, from those of its whole sequence. */
export function replyLogprobs(row: readonly number[], turns: readonly SequenceTurn[]): number[][] {
  return turns.map(({ at, datum }) => row.slice(at - 1, at - 1 + datum.reply.length))
}

/**
 * The same for a server that takes means, over the weights of a sequence and then over the sequences: advantages times
 * both divisors, so that its mean is our sum. Every call has to hold all data of an optimiser step. Weights cannot be
 * mended so: the server divides each sequence's by their own sum. `sequences`: of the whole step.
 */
export function forMeans(data: readonly WireDatum[], sequences: number = data.length): WireDatum[] {
  return data.map(({ chunks, inputs }) => {
    const { advantages } = inputs
    if (!advantages) return { chunks, inputs }
    const weights = advantages.data.map((value) => (value === 0 ? 0 : 1))
    const count = weights.reduce<number>((a, b) => a + b, 0)
    const scaled = advantages.data.map((value) => value * sequences * count)
    return {
      chunks,
      inputs: { ...inputs, weights: { dtype: 'float32', data: weights }, advantages: { ...advantages, data: scaled } },
    }
  })
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0)
}

/** The loss as the protocol names it; thresholds are ratios, of `dppo` differences of probabilities. */
export function wireLoss(
  loss: Loss,
  kind: Pick<TinkerKind, 'ownRange'>,
): { readonly lossFn: string; readonly lossFnConfig?: Record<string, number> } {
  if (loss.kind === 'cross-entropy') return { lossFn: 'cross_entropy' }
  const { kind: lossFn, clipLow, clipHigh } = loss
  if (kind.ownRange.includes(lossFn)) return { lossFn }
  if (lossFn === 'dppo') return { lossFn, lossFnConfig: { delta_low: clipLow, delta_high: clipHigh } }
  return { lossFn, lossFnConfig: { clip_low_threshold: 1 - clipLow, clip_high_threshold: 1 + clipHigh } }
}

/** The summed loss, from log-probabilities alone: what servers report differs in what it is summed over. */
export function lossOf(data: readonly Datum[], loss: Loss, logprobs: readonly (readonly number[])[]): number {
  if (loss.kind !== 'cross-entropy') return policyLossFigures(data, loss, logprobs).loss
  return -sum(data.flatMap(({ weights = [] }, d) => itemAt(logprobs, d).map((value, i) => itemAt(weights, i) * value)))
}
