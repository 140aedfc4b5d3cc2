/**
 * Convolution resampling (with a wider filter when shrinking), bit-identical to Pillow: two passes, horizontal then vertical, each rounded to
 * 8 bits. libvips shrinks many times faster, but enlarges bicubically with an offset of half a pixel.
 */
import { boxSize } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import type { Pixels } from './picture.ts'
import { wholeAt } from '../shared/number-at.ts'

/** One axis: output `i` is the sum of `weights[i * taps + t]` x input `first[i] + t`, for `t < count[i]`. */
interface Kernel {
  readonly taps: number
  readonly first: Int32Array
  readonly count: Int32Array
  /** Fixed-point weights; those of one output sum to 1. */
  readonly weights: Int32Array
}

/** 32 bits minus 8 for the pixel and 2 for overshoot. */
const fractionBits = 22
const half = 1 << (fractionBits - 1)

/** A filter: weight by distance in pixels, and its radius. */
interface Filter {
  readonly reach: number
  readonly weight: (distance: number) => number
}

/** Windowed sinc, a = 3. */
const lanczos: Filter = { reach: 3, weight: (x) => sinc(x) * sinc(x / 3) }

/** Cubic convolution, a = -0.5. */
const cubic: Filter = {
  reach: 2,
  weight: (x) => {
    const d = Math.abs(x)
    return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2
  },
}

export function lanczosRegion(source: Pixels, boxPx: PixelBox, size: Size): Pixels {
  return filteredRegion(source, boxPx, size, lanczos)
}

export function bicubicRegion(source: Pixels, boxPx: PixelBox, size: Size): Pixels {
  return filteredRegion(source, boxPx, size, cubic)
}

function filteredRegion(source: Pixels, boxPx: PixelBox, size: Size, filter: Filter): Pixels {
  const inner = boxSize(boxPx)
  const start = (boxPx[1] * source.width + boxPx[0]) * 3
  const across = kernel(inner.width, size.width, filter)
  const middle = new Uint8Array(size.width * inner.height * 3)
  for (let y = 0; y < inner.height; y++) {
    const row = start + y * source.width * 3
    for (let x = 0; x < size.width; x++) {
      const from = row + wholeAt(across.first, x) * 3
      const to = (y * size.width + x) * 3
      for (let c = 0; c < 3; c++) middle[to + c] = weigh(source.data, from + c, 3, across, x)
    }
  }
  const down = kernel(inner.height, size.height, filter)
  const stride = size.width * 3
  const data = new Uint8Array(stride * size.height)
  for (let y = 0; y < size.height; y++) {
    const row = wholeAt(down.first, y) * stride
    for (let i = 0; i < stride; i++) data[y * stride + i] = weigh(middle, row + i, stride, down, y)
  }
  return { width: size.width, height: size.height, data }
}

function weigh(
  bytes: Uint8Array,
  from: number,
  step: number,
  { weights, taps, count }: Kernel,
  output: number,
): number {
  const n = count[output]!
  let sum = half
  for (let t = 0, k = output * taps, at = from; t < n; t++, k++, at += step) sum += bytes[at]! * weights[k]!
  return Math.min(Math.max(sum >> fractionBits, 0), 255)
}

function kernel(inputs: number, outputs: number, { reach, weight }: Filter): Kernel {
  const scale = inputs / outputs
  const widening = Math.max(scale, 1)
  const support = reach * widening
  const taps = Math.ceil(support) * 2 + 1
  const within = (x: number): number => (x > -reach && x < reach ? weight(x) : 0)
  const first = new Int32Array(outputs)
  const count = new Int32Array(outputs)
  const weights = new Int32Array(outputs * taps)
  for (let i = 0; i < outputs; i++) {
    const centre = (i + 0.5) * scale
    const from = Math.max(Math.trunc(centre - support + 0.5), 0)
    const to = Math.min(Math.trunc(centre + support + 0.5), inputs)
    const exact = Array.from({ length: to - from }, (_, t) => within((from + t - centre + 0.5) / widening))
    const total = exact.reduce((sum, weight) => sum + weight, 0)
    exact.forEach((weight, t) => {
      const fixed = (weight / total) * (1 << fractionBits)
      weights[i * taps + t] = Math.trunc(fixed + (fixed < 0 ? -0.5 : 0.5))
    })
    first[i] = from
    count[i] = exact.length
  }
  return { taps, first, count, weights }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI)
}
