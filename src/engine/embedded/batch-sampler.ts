/**
 * Samples replies for many prompts at once: prompts are read in one pass, then every unfinished reply gets its next
 * token. Each row draws from its own seeded stream, so what a prompt is answered does not depend on its neighbours.
 */
import { sequenceArrays } from '../../model/batch.ts'
import { colourCount, patchTokens, type ModelConfig, patchCount, patchSize, textTokens } from '../../model/config.ts'
import { floatsOf, numpy as np, tree } from '../../model/jax.ts'
import { type Parameters, rotaryTable } from '../../model/network.ts'
import { turnForm, type TurnForm } from '../../model/grammar.ts'
import { special } from '../../model/tokenizer.ts'
import { random, type Random } from '../../shared/random.ts'
import { itemAt, lastOf } from '../../shared/known.ts'
import type { SampledReply, SampleRequest } from '../engine.ts'
import { viewAndText } from '../engine.ts'
import { nextTokens, readPrompts, split, stepParameters } from './graphs.ts'
import { floatAt } from '../../shared/number-at.ts'

/** Batch sizes that are compiled when first needed; a smaller batch is padded, and costs what the full one does. */
const batchSizes = [4, 16, 32] as const

export type BatchSampler = (requests: readonly SampleRequest[], version: number) => Promise<SampledReply[]>

interface Row {
  readonly request: SampleRequest
  readonly rng: Random
  readonly form: TurnForm | undefined
  readonly tokens: number[]
  readonly logprobs: number[]
  ended: boolean
  done: boolean
}

/** `currentParameters` is called again when `version` changes. */
export function createBatchSampler(config: ModelConfig, currentParameters: () => Parameters): BatchSampler {
  const read = readPrompts(config)
  const next = nextTokens(config)
  const total = config.contextTokens
  const words = textTokens(config)
  const table = rotaryTable(config)
  let held: { version: number; p: Parameters } | undefined

  function parametersOf(version: number): Parameters {
    if (held?.version !== version) {
      if (held) tree.dispose(held.p)
      const [unused, p] = split(currentParameters(), 'look.kind')
      tree.dispose(unused)
      held = { version, p }
    }
    return held.p
  }

  async function sampleBatch(requests: readonly SampleRequest[], batch: number, p: Parameters): Promise<Row[]> {
    const rows: Row[] = requests.map((request) => ({
      request,
      rng: random('sample', request.seed),
      form: request.formed ? turnForm() : undefined,
      tokens: [],
      logprobs: [],
      ended: false,
      done: false,
    }))
    const prompts = requests.map(({ prompt, replyStart = [] }) => {
      const { view, tokens } = viewAndText(prompt)
      return { view, tokens: [...tokens, ...replyStart], promptLength: tokens.length }
    })
    const arrays = sequenceArrays(config, prompts, batch)
    const lengths = Array.from({ length: batch }, (_, b) => patchTokens(config) + (prompts[b]?.tokens.length ?? 1))
    const last = new Float32Array(batch * total)
    for (const [b, length] of lengths.entries()) last[b * total + length - 1] = 1
    let [logits, cache] = read(
      tree.ref(p),
      {
        patches: np.array(arrays.patches, { shape: [batch, patchCount(config), patchSize] }),
        tokens: np.array(arrays.tokens, { shape: [batch, words] }),
        goal: np.array(arrays.goal, { shape: [batch, words] }),
        colour: np.array(arrays.colour, { shape: [batch, colourCount] }),
        mask: np.array(arrays.mask, { shape: [batch, 1, total, total] }),
      },
      np.array(last, { shape: [batch, total] }),
    )
    const layers = stepParameters(p)
    for (;;) {
      const logprobs = await floatsOf(logits)
      for (const [b, row] of rows.entries()) if (!row.done) draw(row, logprobs, b, itemAt(lengths, b))
      if (rows.every((row) => row.done)) break
      const tokens = new Int32Array(batch)
      const at = new Float32Array(batch * total)
      const mask = new Float32Array(batch * total).fill(-1e9)
      const cos = new Float32Array(batch * table.half)
      const sin = new Float32Array(batch * table.half)
      for (let b = 0; b < batch; b++) {
        const drawn = rows[b]?.tokens.length ?? 0
        const position = Math.min(total - 1, itemAt(lengths, b) + Math.max(0, drawn - 1))
        tokens[b] = rows[b]?.tokens.at(-1) ?? special.pad
        at[b * total + position] = 1
        mask.fill(0, b * total, b * total + position + 1)
        cos.set(table.cos.subarray(position * table.half, (position + 1) * table.half), b * table.half)
        sin.set(table.sin.subarray(position * table.half, (position + 1) * table.half), b * table.half)
      }
      ;[logits, cache] = next(tree.ref(layers), cache, {
        tokens: np.array(tokens, { shape: [batch] }),
        at: np.array(at, { shape: [batch, total] }),
        cos: np.array(cos, { shape: [batch, 1, 1, table.half] }),
        sin: np.array(sin, { shape: [batch, 1, 1, table.half] }),
        mask: np.array(mask, { shape: [batch, 1, 1, total] }),
      })
    }
    for (const tensor of cache) tensor.dispose()
    return rows
  }

  function draw(row: Row, all: Float32Array, b: number, promptLength: number): void {
    const logprobs = all.subarray(b * config.vocabulary, (b + 1) * config.vocabulary)
    const allowed = row.request.allowed ?? row.form?.allowed()
    const token = pick(logprobs, allowed, row.request.temperature, row.rng)
    row.form?.accept(token)
    row.logprobs.push(itemAt(logprobs, token) - logSum(logprobs, allowed))
    if (token === special.end) row.ended = true
    else row.tokens.push(token)
    const full = promptLength + row.tokens.length >= total || row.tokens.length >= row.request.maxTokens
    row.done = row.ended || full
  }

  return async (requests, version) => {
    const p = parametersOf(version)
    const replies: SampledReply[] = []
    const largest = lastOf(batchSizes)
    for (let from = 0; from < requests.length; from += largest) {
      const part = requests.slice(from, from + largest)
      const batch = batchSizes.find((size) => size >= part.length) ?? largest
      const rows = await sampleBatch(part, batch, p)
      replies.push(...rows.map(({ tokens, logprobs, ended }) => ({ tokens, logprobs, ended })))
    }
    return replies
  }
}

/** Logarithm of the probability that `allowed` have together: what is left out is not part of the policy. */
function logSum(logprobs: Float32Array, allowed: readonly number[] | undefined): number {
  if (!allowed) return 0
  const own = allowed.map((token) => itemAt(logprobs, token))
  const largest = Math.max(...own)
  return largest + Math.log(own.reduce((sum, logprob) => sum + Math.exp(logprob - largest), 0))
}

/** A token drawn from log-probabilities at a temperature, among `allowed`; 0 takes the likeliest. */
function pick(
  logprobs: Float32Array,
  allowed: readonly number[] | undefined,
  temperature: number,
  rng: Random,
): number {
  const count = allowed?.length ?? logprobs.length
  const tokenAt = (i: number): number => allowed?.[i] ?? i
  let best = tokenAt(0)
  for (let i = 1; i < count; i++) if (floatAt(logprobs, tokenAt(i)) > floatAt(logprobs, best)) best = tokenAt(i)
  if (temperature <= 0) return best
  const weight = (i: number): number =>
    Math.exp((floatAt(logprobs, tokenAt(i)) - floatAt(logprobs, best)) / temperature)
  let total = 0
  for (let i = 0; i < count; i++) total += weight(i)
  let left = rng.next() * total
  for (let i = 0; i < count; i++) {
    left -= weight(i)
    if (left < 0) return tokenAt(i)
  }
  return best
}
