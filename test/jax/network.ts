/**
 * The network: a convolutional stem turns a 64 x 64 view into 16 picture tokens, which stand before the text in a
 * transformer. The prompt (view, question, last turn) is seen in both directions, the reply causally. Functions here
 * build jax-js graphs; every tensor passed in is consumed, as in jax-js itself.
 *
 * Shapes: B sequences, T tokens of which the first I are picture tokens, D width, V vocabulary.
 */
import {
  cellsPerPatch,
  colourCount,
  halvingConvolutions,
  patchTokens,
  type ModelConfig,
  textTokens,
} from '../../src/model/config.ts'
import { nn, numpy as np, type Tensor } from './jax.ts'
import { defined, itemAt, lastOf } from '../../src/shared/known.ts'

export type Parameters = Readonly<Record<string, Tensor>>

export function weight(parameters: Parameters, name: string): Tensor {
  return defined(parameters[name], name)
}

/** Inputs of a batch, made by `batch.ts`. */
export interface Inputs {
  /** [B, patchCount, patchSize]: the first convolution's patches. */
  readonly patches: Tensor
  /** [B, T - I] text tokens. */
  readonly tokens: Tensor
  /** [B, T - I] share of each text token in the question's goal (1 on its colour and shape, else 0). */
  readonly goal: Tensor
  /** [B, colourCount] the goal's colour, one-hot; all 0 without a goal. */
  readonly colour: Tensor
  /** [B, 1, T, T] 0 where a token may look, a large negative number elsewhere. */
  readonly mask: Tensor
}

function axis(tensor: Tensor, index: number): number {
  return itemAt(tensor.shape, index)
}

const epsilon = 1e-5

/** Root-mean-square normalisation over the last axis. */
function normalise(x: Tensor): Tensor {
  const scale = np.sqrt(np.mean(np.square(x.ref), -1, { keepdims: true }).add(epsilon))
  return x.div(scale)
}

/** [B, n, n, C] to [B * (n/2+1)^2, 4C]: zero-padded by one and cut into 2 x 2 blocks. */
function blocks(x: Tensor, batch: number, n: number, channels: number): Tensor {
  const m = n / 2 + 1
  return np
    .pad(x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ])
    .reshape([batch, m, 2, m, 2, channels])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([batch * m * m, 4 * channels])
}

/** A 4 x 4 convolution of stride 2 over blocks: one product, then the four shifted parts summed. [B, n/2, n/2, out]. */
function blockConvolution(x: Tensor, weight: Tensor, batch: number, n: number): Tensor {
  const m = n / 2
  const out = axis(weight, 1) / 4
  const parts = np.matmul(x, weight).reshape([batch, m + 1, m + 1, 4, out])
  const part = (dy: number, dx: number): Tensor => parts.ref.slice([], [dy, dy + m], [dx, dx + m], dy * 2 + dx, [])
  const sum = part(0, 0).add(part(0, 1)).add(part(1, 0)).add(part(1, 1))
  parts.dispose()
  return sum
}

/** [B, patchCount, patchSize] to picture features [B, I, D]. Rectifying after cutting keeps the products on contiguous memory. */
export function stem(config: ModelConfig, p: Parameters, patches: Tensor): Tensor {
  const [batch, count, inputs] = [axis(patches, 0), axis(patches, 1), axis(patches, 2)]
  const channels = itemAt(config.stemChannels, 0)
  let n = Math.sqrt(count)
  let x = np.matmul(patches.reshape([batch * count, inputs]), weight(p, 'stem.1')).add(weight(p, 'stem.1.bias'))
  x = x.reshape([batch, n, n, channels])
  for (const { name, from } of halvingConvolutions(config)) {
    x = blockConvolution(nn.relu(blocks(x, batch, n, from)), weight(p, name), batch, n).add(weight(p, `${name}.bias`))
    n /= 2
  }
  x = nn.relu(x).reshape([batch * patchTokens(config), lastOf(config.stemChannels)])
  x = np.matmul(x, weight(p, 'stem.out')).add(weight(p, 'stem.out.bias'))
  return normalise(x).reshape([batch, patchTokens(config), config.width])
}

/** One-hot of integer `tokens`, over a new last axis. */
export function oneHot(tokens: Tensor, classes: number): Tensor {
  const rank = tokens.shape.length
  const range = np.arange(classes).reshape([...Array<number>(rank).fill(1), classes])
  return np.equal(np.expandDims(tokens, -1), range).astype(np.float32)
}

/** [rows, D] embeddings of [rows] tokens: a product with a one-hot, whose gradient is a product too. */
function embed(config: ModelConfig, embedding: Tensor, tokens: Tensor): Tensor {
  return np.matmul(oneHot(tokens, config.vocabulary), embedding)
}

/**
 * Where what the goal names shows: the share, 0 to 1, to which each cell of each patch holds its colour, [B, I, 4].
 * `features` are [B, I, D], `colour` is [B, colourCount], one-hot. The perception loss teaches the same head.
 */
function presenceOfGoal(config: ModelConfig, p: Parameters, features: Tensor, colour: Tensor): Tensor {
  const [batch, patches] = [axis(features, 0), axis(features, 1)]
  const logits = presenceLogits(config, p, features).reshape([batch, patches, cellsPerPatch, colourCount])
  const ofGoal = np.sum(logits.mul(colour.reshape([batch, 1, 1, colourCount])), -1)
  return np.reciprocal(np.exp(ofGoal.mul(-1)).add(1))
}

/** Logits [B * I, presenceLabels]: each colour in each of a patch's cells. */
export function presenceLogits(config: ModelConfig, p: Parameters, features: Tensor): Tensor {
  const rows = features.reshape([axis(features, 0) * axis(features, 1), config.width])
  return np.matmul(rows, weight(p, 'look.presence')).add(weight(p, 'look.presence.bias'))
}

/**
 * Picture features [B, I, D] to picture tokens: weighed by their match with the goal's words, and marked with the names
 * of their cells, strongly where the goal's colour shows. To name a place is then to copy it from the picture.
 */
function pictureTokens(
  config: ModelConfig,
  p: Parameters,
  features: Tensor,
  goal: { readonly words: Tensor; readonly colour: Tensor },
  cellNames: Tensor,
): Tensor {
  const [batch, patches] = [axis(features, 0), axis(features, 1)]
  const gate = np.expandDims(np.matmul(goal.words, weight(p, 'goal')).add(1), 1)
  // Features have a length of sqrt(D), names of about one: what is found has to be heard beside what is seen.
  const loud = 0.6 * Math.sqrt(config.width)
  const strength = presenceOfGoal(config, p, features.ref, goal.colour)
    .mul(loud)
    .add(1 / cellsPerPatch)
  // [B, I, 4] to [B, I, 64]: each patch has its own four of the 64 cells.
  const own = np.eye(patches).reshape([1, patches, patches, 1])
  const spread = strength.reshape([batch, patches, 1, cellsPerPatch]).mul(own)
  const cells = patches * cellsPerPatch
  const places = np.matmul(spread.reshape([batch * patches, cells]), cellNames)
  return features.mul(gate).add(places.reshape([batch, patches, config.width]))
}

/** Rotary position tables [T, head/2] for every position of the context, and `half`, their width. */
function rotaryTable(config: ModelConfig): { cos: Float32Array; sin: Float32Array; half: number } {
  const half = config.width / config.heads / 2
  const cos = new Float32Array(config.contextTokens * half)
  const sin = new Float32Array(config.contextTokens * half)
  for (let t = 0; t < config.contextTokens; t++) {
    for (let i = 0; i < half; i++) {
      const angle = t * 1000 ** (-i / half)
      cos[t * half + i] = Math.cos(angle)
      sin[t * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin, half }
}

/** Rotates [B, H, n, head] by tables that broadcast to [B, H, n, head/2]. */
function rotate(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  const half = axis(x, 3) / 2
  const a = x.ref.slice([], [], [], [0, half])
  const b = x.slice([], [], [], [half, 2 * half])
  const first = a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref))
  const second = a.mul(sin).add(b.mul(cos))
  return np.concatenate([first, second], -1)
}

/** Queries, keys and values [3, B, H, n, head] of normalised rows [B * n, D]. */
function project(
  config: ModelConfig,
  weights: Tensor,
  rows: Tensor,
  batch: number,
  n: number,
): [query: Tensor, key: Tensor, value: Tensor] {
  const head = config.width / config.heads
  const all = np.matmul(normalise(rows), weights).reshape([batch, n, 3, config.heads, head]).transpose([2, 0, 3, 1, 4])
  const part = (i: number): Tensor => all.ref.slice(i)
  const parts: [Tensor, Tensor, Tensor] = [part(0), part(1), part(2)]
  all.dispose()
  return parts
}

/** Attention of queries [B, H, n, head] over keys and values [B, H, m, head]; rows [B * n, D]. */
function attend(config: ModelConfig, q: Tensor, k: Tensor, v: Tensor, mask: Tensor): Tensor {
  const [batch, n, head] = [axis(q, 0), axis(q, 2), axis(q, 3)]
  const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(head))
  const weights = nn.softmax(scores.add(mask), -1)
  return np
    .matmul(weights, v)
    .transpose([0, 2, 1, 3])
    .reshape([batch * n, config.width])
}

/** The feed-forward half of a layer, with squared rectifiers: they need no exponential. */
function feedForward(p: Parameters, layer: number, rows: Tensor): Tensor {
  const hidden = np.square(nn.relu(np.matmul(normalise(rows), weight(p, `${layer}.up`))))
  return np.matmul(hidden, weight(p, `${layer}.down`))
}

/** Log-probabilities [rows, V] of the next token after hidden rows [rows, D]. */
function nextToken(embedding: Tensor, rows: Tensor): Tensor {
  return nn.logSoftmax(np.matmul(normalise(rows), embedding.transpose()), -1)
}

/** The sequence's rows before the first layer: [B * T, D]. `cell` is the token of the first cell. */
function firstRows(config: ModelConfig, p: Parameters, features: Tensor, inputs: Inputs, cell: number): Tensor {
  const batch = axis(inputs.tokens, 0)
  const length = textTokens(config)
  const embedding = weight(p, 'embedding')
  const text = embed(config, embedding.ref, inputs.tokens.reshape([batch * length])).reshape([
    batch,
    length,
    config.width,
  ])
  const words = np.sum(text.ref.mul(np.expandDims(inputs.goal, -1)), 1)
  const names = embedding.slice([cell, cell + patchTokens(config) * cellsPerPatch], [])
  const pictures = pictureTokens(config, p, features, { words, colour: inputs.colour }, names)
  return np.concatenate([pictures, text], 1).reshape([batch * config.contextTokens, config.width])
}

/** The whole forward pass: log-probabilities [B * (T - I), V] of the token after each text token. */
export function forward(config: ModelConfig, p: Parameters, features: Tensor, inputs: Inputs, cell: number): Tensor {
  const batch = axis(inputs.tokens, 0)
  const table = rotaryTable(config)
  const tableShape = [1, 1, config.contextTokens, table.half]
  const cos = np.array(table.cos, { shape: tableShape })
  const sin = np.array(table.sin, { shape: tableShape })
  let rows = firstRows(config, { ...p, embedding: weight(p, 'embedding').ref }, features, inputs, cell)
  for (let layer = 0; layer < config.layers; layer++) {
    const [q, k, v] = project(config, weight(p, `${layer}.qkv`), rows.ref, batch, config.contextTokens)
    const mixed = attend(config, rotate(q, cos.ref, sin.ref), rotate(k, cos.ref, sin.ref), v, inputs.mask.ref)
    rows = rows.add(np.matmul(mixed, weight(p, `${layer}.out`)))
    rows = rows.ref.add(feedForward(p, layer, rows))
  }
  for (const spent of [cos, sin, inputs.mask]) spent.dispose()
  const last = rows
    .reshape([batch, config.contextTokens, config.width])
    .slice([], [patchTokens(config), config.contextTokens], [])
  return nextToken(weight(p, 'embedding'), last.reshape([batch * textTokens(config), config.width]))
}
