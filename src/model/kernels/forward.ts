/**
 * The transformer over packed rows: sequences stand one after the other without padding, each with a cache of keys and values
 * of its own. A pass reads whole sequences, or goes on with some from where they are: what a row becomes is the same either way,
 * bit for bit.
 */
import { cellsPerPatch, colourCount, patchTokens, presenceLabels } from '../config.ts'
import { cellName, cellsInOrder } from '../language.ts'
import { tokenOf } from '../tokenizer.ts'
import { itemAt } from '../../shared/known.ts'
import { floatAt } from '../../shared/number-at.ts'
import type { Address } from './kernels.ts'
import type { Network } from './network.ts'
import type { LayerTape, PackedSequence, StemTape, Tape } from './tape.ts'

/** What is to be read of a sequence. */
export interface Stretch {
  /** The index of its view among those of the stem, where it begins; absent where it goes on. */
  readonly view?: number
  /** Its position, in rows; the view's come before the text. */
  readonly first: number
  readonly tokens: readonly number[]
  readonly prefix: number
  readonly tail: number
  readonly colour: number
  readonly goalTokens: readonly number[]
  /** Its keys and values: `cacheFloats`. */
  readonly cache: Address
}

export const firstCell: number = tokenOf(` ${cellName(itemAt(cellsInOrder, 0))}`)

/** Features have a length of sqrt(D), names of about one: what is found has to be heard beside what is seen. */
export function loudness(width: number): number {
  return 0.6 * Math.sqrt(width)
}

/** Positions that a cache holds. */
function capacity(net: Network): number {
  return Math.ceil(net.config.contextTokens / 8) * 8
}

/** Floats of the keys and values of one sequence in all layers. */
export function cacheFloats(net: Network): number {
  return net.config.layers * 2 * capacity(net) * net.config.width
}

/** Log-odds of the token after each row of the tails. Whatever it takes is for the caller to release. */
export function forward(net: Network, stem: StemTape, stretches: readonly Stretch[], keeps: boolean): Tape {
  const { config, kernels } = net
  const { call } = kernels
  const { width, vocabulary } = config
  const sequences = packed(net, stretches)
  const rows = sequences.reduce((sum, { length }) => sum + length, 0)
  const tailRows = sequences.reduce((sum, { tail }) => sum + tail, 0)
  const tokens = kernels.take(rows)
  const positions = kernels.take(rows)
  const x = kernels.take(rows * width)
  const tails = kernels.take(tailRows * width)
  fillRows(net, stretches, sequences, tokens, positions)
  call.gatherRows(net.values('embedding'), tokens, rows, width, x)
  const goal = placePictures(net, stem, stretches, sequences, x)
  const layers: LayerTape[] = []
  for (let layer = 0; layer < config.layers; layer++) {
    const mark = kernels.mark()
    const isLast = layer === config.layers - 1
    layers.push(
      runLayer(net, layer, {
        stretches,
        sequences,
        rows,
        positions,
        x,
        out: isLast ? tails : x,
        outRows: isLast ? tailRows : rows,
        keeps,
      }),
    )
    if (!keeps) kernels.release(mark)
  }
  const normal = kernels.take(tailRows * width)
  const scale = kernels.take(tailRows)
  const logitStride = Math.ceil(vocabulary / 8) * 8
  const logits = kernels.take(tailRows * logitStride)
  call.normalise(tails, tailRows, width, normal, scale)
  call.gemm(normal, width, net.panels('embedding'), logits, logitStride, tailRows, logitStride, width, false)
  return { sequences, rows, tailRows, tokens, layers, normal, scale, logits, logitStride, goal, stem }
}

function packed(net: Network, stretches: readonly Stretch[]): PackedSequence[] {
  let row = 0
  return stretches.map(({ view, tokens, tail, prefix, colour, goalTokens }) => {
    const length = tokens.length + (view === undefined ? 0 : patchTokens(net.config))
    row += length
    return { row: row - length, length, tail, prefix, colour, goalTokens }
  })
}

function fillRows(
  { kernels }: Network,
  stretches: readonly Stretch[],
  sequences: readonly PackedSequence[],
  tokens: Address,
  positions: Address,
): void {
  const rows = sequences.reduce((sum, { length }) => sum + length, 0)
  const tokenOfRow = kernels.whole(tokens, rows)
  const positionOfRow = kernels.whole(positions, rows)
  for (const [s, stretch] of stretches.entries()) {
    const { row, length } = itemAt(sequences, s)
    const pictures = length - stretch.tokens.length
    tokenOfRow.fill(0, row, row + pictures)
    tokenOfRow.set(stretch.tokens, row + pictures)
    for (let i = 0; i < length; i++) positionOfRow[row + i] = stretch.first + i
  }
}

/** Puts the views before the text, in sight of the goal that the text names. */
function placePictures(
  net: Network,
  stem: StemTape,
  stretches: readonly Stretch[],
  sequences: readonly PackedSequence[],
  x: Address,
): Tape['goal'] {
  const { config, kernels } = net
  const { call } = kernels
  const { width } = config
  const patches = patchTokens(config)
  const seen = stretches.flatMap(({ view }, s) =>
    view === undefined ? [] : [{ view, sequence: itemAt(sequences, s) }],
  )
  const words = kernels.take(seen.length * width)
  const gate = kernels.take(seen.length * width)
  const cells = patches * cellsPerPatch
  const strength = kernels.take(seen.length * cells)
  const presence = kernels.take(stem.views * patches * presenceLabels)
  const embedding = net.values('embedding')
  const sums = kernels.floats(words, seen.length * width).fill(0)
  for (const [i, { sequence }] of seen.entries()) {
    for (const token of sequence.goalTokens) {
      const word = kernels.floats(embedding + token * width * 4, width)
      for (let d = 0; d < width; d++) sums[i * width + d] = floatAt(sums, i * width + d) + floatAt(word, d)
    }
  }
  kernels.floats(gate, seen.length * width).fill(1)
  call.gemm(words, width, net.panels('goal'), gate, width, seen.length, width, width, true)
  const rows = stem.views * patches
  call.gemm(
    stem.features,
    width,
    net.panels('look.presence'),
    presence,
    presenceLabels,
    rows,
    presenceLabels,
    width,
    false,
  )
  call.addBias(presence, rows, presenceLabels, net.values('look.presence.bias'), false)
  const strengths = kernels.floats(strength, seen.length * cells)
  const shows = kernels.floats(presence, rows * presenceLabels)
  const loud = loudness(width)
  for (const [i, { view, sequence }] of seen.entries()) {
    for (let cell = 0; cell < cells; cell++) {
      const { colour } = sequence
      const odds = colour < 0 ? 0 : floatAt(shows, (view * cells + cell) * colourCount + colour)
      strengths[i * cells + cell] = loud / (1 + Math.exp(-odds)) + 1 / cellsPerPatch
    }
    call.pictureRows(
      stem.features + view * patches * width * 4,
      gate + i * width * 4,
      strength + i * cells * 4,
      embedding + firstCell * width * 4,
      patches,
      cellsPerPatch,
      width,
      x + sequence.row * width * 4,
    )
  }
  return { words, gate, strength }
}

/** Rows of a layer: `x` comes in; the sum goes to `out`, which is `x` or, in the last layer, takes the tails alone. */
interface LayerRows {
  readonly stretches: readonly Stretch[]
  readonly sequences: readonly PackedSequence[]
  readonly rows: number
  readonly positions: Address
  readonly x: Address
  readonly out: Address
  readonly outRows: number
  readonly keeps: boolean
}

function runLayer(net: Network, layer: number, pass: LayerRows): LayerTape {
  const { config, kernels } = net
  const { call } = kernels
  const { width, heads, mlpWidth } = config
  const { rows, x, out, outRows } = pass
  const head = width / heads
  const normal = kernels.take(rows * width)
  const scale = kernels.take(rows)
  const projected = kernels.take(rows * 3 * width)
  call.normalise(x, rows, width, normal, scale)
  call.gemm(normal, width, net.panels(`${layer}.qkv`), projected, 3 * width, rows, 3 * width, width, false)
  call.rotate(projected, 3 * width, rows, 2 * heads, head, pass.positions, net.cos, net.sin)
  const { mixed, probabilities } = attention(net, layer, pass, projected)
  call.gemm(mixed, width, net.panels(`${layer}.out`), out, width, outRows, width, width, true)
  const normal2 = kernels.take(outRows * width)
  const scale2 = kernels.take(outRows)
  const hidden = kernels.take(outRows * mlpWidth)
  const squares = pass.keeps ? kernels.take(outRows * mlpWidth) : hidden
  call.normalise(out, outRows, width, normal2, scale2)
  call.gemm(normal2, width, net.panels(`${layer}.up`), hidden, mlpWidth, outRows, mlpWidth, width, false)
  call.squareRectify(hidden, outRows * mlpWidth, squares)
  call.gemm(squares, mlpWidth, net.panels(`${layer}.down`), out, width, outRows, width, mlpWidth, true)
  return { rows: outRows, normal, scale, projected, probabilities, mixed, normal2, scale2, hidden }
}

/** Each sequence's rows attend to its cache, after their own keys and values have come into it. */
function attention(
  net: Network,
  layer: number,
  { stretches, sequences, x, out, outRows, keeps }: LayerRows,
  projected: Address,
): Pick<LayerTape, 'mixed' | 'probabilities'> {
  const { config, kernels } = net
  const { call } = kernels
  const { width, heads } = config
  const head = width / heads
  const space = capacity(net)
  const isWhole = out === x
  const sizes = sequences.map(({ length, tail, prefix }, s) => {
    const seen = Math.ceil(Math.max(prefix, itemAt(stretches, s).first + length) / 8) * 8
    return heads * (isWhole ? length : tail) * seen
  })
  const mixed = kernels.take(outRows * width)
  const probabilities = kernels.take(keeps ? sizes.reduce((sum, size) => sum + size, 0) : Math.max(...sizes))
  let at = probabilities
  let done = 0
  for (const [s, { row, length, tail, prefix }] of sequences.entries()) {
    const { first, cache } = itemAt(stretches, s)
    const keys = cache + layer * 2 * space * width * 4
    const values = keys + space * width * 4
    const queries = isWhole ? length : tail
    const from = length - queries
    const start = projected + row * 3 * width * 4
    call.keepKeys(start + width * 4, 3 * width, length, first, heads, head, space, keys, values)
    call.attend(
      start + from * 3 * width * 4,
      3 * width,
      queries,
      first + from,
      prefix,
      heads,
      head,
      space,
      keys,
      values,
      at,
      mixed + done * width * 4,
      width,
    )
    if (!isWhole)
      kernels
        .floats(out + done * width * 4, queries * width)
        .set(kernels.floats(x + (row + from) * width * 4, queries * width))
    done += queries
    if (keeps) at += itemAt(sizes, s) * 4
  }
  return { mixed, probabilities }
}
