/**
 * The backward pass over packed rows: from the gradient of the logits to that of every parameter. What the forward pass kept is read,
 * never written.
 */
import { itemAt, lastOf } from '../../shared/known.ts'
import { floatAt } from '../../shared/number-at.ts'
import {
  cellsPerPatch,
  colourCount,
  halvingConvolutions,
  kindLabels,
  patchSize,
  patchTokens,
  presenceLabels,
} from '../config.ts'
import { firstCell, loudness } from './forward.ts'
import type { Gradients } from './gradients.ts'
import type { Address, Kernels } from './kernels.ts'
import type { ConvolutionTape, LayerTape, StemTape, Tape } from './tape.ts'

/** Adds the gradients that follow from `dLogits`: a row, `tape.logitStride` long, for each row that is predicted from. */
export function backward(gradients: Gradients, tape: Tape, dLogits: Address, frozenStem: boolean): void {
  const { net, scratch } = gradients
  const { config, kernels } = net
  const { call } = kernels
  const { width, vocabulary } = config
  const { tailRows: rows, logitStride } = tape
  const embedding = gradients.of('embedding')
  call.gemmTransposed(dLogits, logitStride, tape.normal, width, embedding, width, vocabulary, width, rows, scratch)
  const dNormal = kernels.take(rows * width)
  call.gemm(dLogits, logitStride, gradients.turned('embedding'), dNormal, width, rows, width, vocabulary, false)
  let dx = zeros(kernels, rows * width)
  call.normaliseBack(rows, width, tape.normal, tape.scale, dNormal, dx)
  for (let layer = config.layers - 1; layer >= 0; layer--) {
    const own = itemAt(tape.layers, layer)
    feedForwardBack(gradients, layer, own, dx)
    dx = attendBack(gradients, tape, layer, own, dx)
  }
  const dFeatures = firstRowsBack(gradients, tape, dx)
  if (!frozenStem) stemBack(gradients, tape.stem, dFeatures)
}

function zeros(kernels: Kernels, count: number): Address {
  const at = kernels.take(count)
  kernels.floats(at, count).fill(0)
  return at
}

/** Of `x · matrix`, x [rows, m], matrix [m, n]: adds the gradient of the matrix, and returns that of x. */
function productBack(
  gradients: Gradients,
  name: string,
  [m, n]: readonly [number, number],
  rows: number,
  x: Address,
  dOut: Address,
): Address {
  const { kernels } = gradients.net
  kernels.call.gemmTransposed(x, m, dOut, n, gradients.of(name), n, m, n, rows, gradients.scratch)
  const dx = kernels.take(rows * m)
  kernels.call.gemm(dOut, n, gradients.turned(name), dx, m, rows, m, n, false)
  return dx
}

/** `dx`, the gradient of what the layer puts out, becomes that of what came to its feed-forward half. */
function feedForwardBack(gradients: Gradients, layer: number, tape: LayerTape, dx: Address): void {
  const { kernels, config } = gradients.net
  const { call } = kernels
  const { width, mlpWidth } = config
  const { rows } = tape
  const mark = kernels.mark()
  const squares = kernels.take(rows * mlpWidth)
  call.square(rows * mlpWidth, tape.hidden, squares)
  const dHidden = productBack(gradients, `${layer}.down`, [mlpWidth, width], rows, squares, dx)
  call.squareBack(rows * mlpWidth, tape.hidden, dHidden)
  const dNormal = productBack(gradients, `${layer}.up`, [width, mlpWidth], rows, tape.normal2, dHidden)
  call.normaliseBack(rows, width, tape.normal2, tape.scale2, dNormal, dx)
  kernels.release(mark)
}

/** The gradient of all rows that came to the layer: `dx` has those that it works on, the last layer only the tails. */
function attendBack(gradients: Gradients, tape: Tape, layer: number, own: LayerTape, dx: Address): Address {
  const { net, scratch } = gradients
  const { kernels, config } = net
  const { call } = kernels
  const { width, heads } = config
  const head = width / heads
  const stride = 3 * width
  const isWhole = own.rows === tape.rows
  const all = isWhole ? dx : zeros(kernels, tape.rows * width)
  const mark = kernels.mark()
  const dMixed = productBack(gradients, `${layer}.out`, [width, width], own.rows, own.mixed, dx)
  const dProjected = zeros(kernels, tape.rows * stride)
  let { probabilities } = own
  let done = 0
  for (const { row, length, tail } of tape.sequences) {
    const queries = isWhole ? length : tail
    const first = row + length - queries
    const key = 4 * (row * stride + width)
    const value = key + 4 * width
    call.attentionBack(
      queries,
      length,
      heads,
      head,
      probabilities,
      own.projected + 4 * first * stride,
      dProjected + 4 * first * stride,
      own.projected + key,
      own.projected + value,
      dProjected + key,
      dProjected + value,
      stride,
      dMixed + 4 * done * width,
      scratch,
    )
    call.rotateBack(length, 2 * heads, head, dProjected + 4 * row * stride, stride, net.cos, net.sin)
    if (!isWhole) call.add(queries * width, dx + 4 * done * width, all + 4 * first * width)
    done += queries
    probabilities += 4 * heads * queries * Math.ceil(length / 8) * 8
  }
  const dNormal = productBack(gradients, `${layer}.qkv`, [width, stride], tape.rows, own.normal, dProjected)
  call.normaliseBack(tape.rows, width, own.normal, own.scale, dNormal, all)
  kernels.release(mark)
  return all
}

/** Of pictures and words before the first layer: adds the gradients, and returns that of the pictures' features. */
function firstRowsBack(gradients: Gradients, { sequences, goal, tokens, stem }: Tape, dx: Address): Address {
  const { net } = gradients
  const { config, kernels } = net
  const { call } = kernels
  const { width } = config
  const patches = patchTokens(config)
  const embedding = gradients.of('embedding')
  const names = 4 * firstCell * width
  const batch = sequences.length
  const dFeatures = kernels.take(batch * patches * width)
  const dGate = kernels.take(batch * width)
  const dPresence = kernels.take(batch * patches * presenceLabels)
  for (const [b, { row, length, colour }] of sequences.entries()) {
    call.picturesBack(
      patches,
      width,
      colour,
      colourCount,
      loudness(width),
      dx + 4 * row * width,
      stem.features + 4 * b * patches * width,
      goal.gate + 4 * b * width,
      goal.strength + 4 * b * patches * cellsPerPatch,
      net.values('embedding') + names,
      dFeatures + 4 * b * patches * width,
      dGate + 4 * b * width,
      embedding + names,
      dPresence + 4 * b * patches * presenceLabels,
    )
    const text = row + patches
    call.scatterAdd(length - patches, width, tokens + 4 * text, dx + 4 * text * width, embedding)
  }
  const dWords = productBack(gradients, 'goal', [width, width], batch, goal.words, dGate)
  for (const [b, { goalTokens }] of sequences.entries()) {
    for (const token of goalTokens) call.add(width, dWords + 4 * b * width, embedding + 4 * token * width)
  }
  const dSeen = presenceBack(gradients, batch * patches, stem.features, dPresence)
  call.add(batch * patches * width, dSeen, dFeatures)
  return dFeatures
}

/** Of the presence head: adds its gradients, and returns that of the features. */
function presenceBack(gradients: Gradients, rows: number, features: Address, dPresence: Address): Address {
  const { kernels, config } = gradients.net
  kernels.call.addColumns(rows, presenceLabels, dPresence, gradients.of('look.presence.bias'))
  return productBack(gradients, 'look.presence', [config.width, presenceLabels], rows, features, dPresence)
}

/** Adds the gradients that follow from those of what the perception heads said of the stem's views. */
export function lookBack(gradients: Gradients, stem: StemTape, dPresence: Address, dKind: Address): void {
  const { kernels, config } = gradients.net
  const { views, features } = stem
  const rows = views * patchTokens(config)
  const dFeatures = presenceBack(gradients, rows, features, dPresence)
  const bias = kernels.floats(gradients.of('look.kind.bias'), kindLabels)
  for (const [i, value] of kernels.floats(dKind, views * kindLabels).entries()) {
    const label = i % kindLabels
    bias[label] = floatAt(bias, label) + value
  }
  const all = patchTokens(config) * config.width
  const dSeen = productBack(gradients, 'look.kind', [all, kindLabels], views, features, dKind)
  kernels.call.add(views * all, dSeen, dFeatures)
  stemBack(gradients, stem, dFeatures)
}

/** Of the stem: adds its gradients. */
function stemBack(gradients: Gradients, tape: StemTape, dFeatures: Address): void {
  const { kernels, config } = gradients.net
  const { call } = kernels
  const { width, stemChannels, patchesPerSide: side } = config
  const rows = tape.views * side ** 2
  const dOut = zeros(kernels, rows * width)
  call.normaliseBack(rows, width, tape.features, tape.scale, dFeatures, dOut)
  call.addColumns(rows, width, dOut, gradients.of('stem.out.bias'))
  const { out } = lastOf(tape.convolutions)
  let dx = productBack(gradients, 'stem.out', [lastOf(stemChannels), width], rows, out, dOut)
  let n = side
  for (const [i, { name, from, to }] of [...halvingConvolutions(config).entries()].toReversed()) {
    n *= 2
    dx = convolutionBack(gradients, name, [from, to], tape.views, n, itemAt(tape.convolutions, i + 1), dx)
  }
  const first = itemAt(tape.convolutions, 0)
  const pixels = tape.views * n ** 2
  const [inputs, channels] = [patchSize(config), itemAt(stemChannels, 0)]
  call.rectifyBack(pixels * channels, first.out, dx)
  call.addColumns(pixels, channels, dx, gradients.of('stem.1.bias'))
  const dKernel = gradients.of('stem.1')
  call.gemmTransposed(
    first.columns,
    inputs,
    dx,
    channels,
    dKernel,
    channels,
    inputs,
    channels,
    pixels,
    gradients.scratch,
  )
}

/**
 * Of `out = relu(columns · kernel + bias)`, columns unfolded from [views, side, side, c]: adds the gradients, and returns that of what
 * was unfolded. `dOut` is used up.
 */
function convolutionBack(
  gradients: Gradients,
  name: string,
  [c, n]: readonly [number, number],
  views: number,
  side: number,
  { columns, out }: ConvolutionTape,
  dOut: Address,
): Address {
  const { kernels } = gradients.net
  const { call } = kernels
  const rows = views * (side / 2) ** 2
  const size = 16 * c
  call.rectifyBack(rows * n, out, dOut)
  call.addColumns(rows, n, dOut, gradients.of(`${name}.bias`))
  const dKernel = zeros(kernels, size * n)
  call.gemmTransposed(columns, size, dOut, n, dKernel, n, size, n, rows, gradients.scratch)
  call.addKernel(c, n, dKernel, gradients.of(name))
  const dColumns = kernels.take(rows * size)
  call.gemm(dOut, n, gradients.turned(name), dColumns, size, rows, size, n, false)
  const dx = kernels.take(views * side ** 2 * c)
  call.foldColumns(views, side, c, dColumns, dx)
  return dx
}
