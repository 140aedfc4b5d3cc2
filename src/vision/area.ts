/**
 * Resampling by area: when shrinking, each output pixel is the exact mean of the source rectangle under it (a box filter,
 * fractional edges weighted); along an axis that grows, bilinear between pixel centres. Reads the decoded picture in place.
 */
import { boxSize } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import type { Pixels } from './picture.ts'

/** One axis: output `i` is `firstWeight * in[first] + (whole samples in between) + lastWeight * in[last]`, over `total`. */
interface Taps {
  readonly first: Int32Array
  readonly last: Int32Array
  readonly firstWeight: Float32Array
  readonly lastWeight: Float32Array
  readonly total: number
}

/** Samples of two bytes fit in 16-bit lanes this many times: 257 * 255 = 65,535. */
const rowsPerLane = 257

export function areaRegion(source: Pixels, boxPx: PixelBox, size: Size): Pixels {
  const inner = boxSize(boxPx)
  const across = taps(inner.width, size.width)
  const down = taps(inner.height, size.height)
  const scale = 1 / (across.total * down.total)
  const rows = new RowSum(source, boxPx)
  const data = new Uint8Array(size.width * size.height * 3)
  for (let y = 0; y < size.height; y++) {
    rows.sum(down.first[y]!, down.last[y]!, down.firstWeight[y]!, down.lastWeight[y]!)
    sumAcross(rows.total, across, scale, data, y * size.width * 3)
  }
  return { width: size.width, height: size.height, data }
}

function taps(inputs: number, outputs: number): Taps {
  const first = new Int32Array(outputs)
  const last = new Int32Array(outputs)
  const firstWeight = new Float32Array(outputs)
  const lastWeight = new Float32Array(outputs)
  const grows = outputs > inputs
  for (let i = 0; i < outputs; i++) {
    if (grows) {
      const centre = ((i + 0.5) * inputs) / outputs - 0.5
      const left = Math.floor(centre)
      first[i] = Math.max(left, 0)
      last[i] = Math.min(left + 1, inputs - 1)
      lastWeight[i] = centre - left
      firstWeight[i] = 1 - lastWeight[i]!
    } else {
      // Whole-number arithmetic, so that a right edge which meets a pixel's edge never spills into the next pixel.
      first[i] = Math.floor((i * inputs) / outputs)
      last[i] = Math.ceil(((i + 1) * inputs) / outputs) - 1
      firstWeight[i] = first[i]! + 1 - (i * inputs) / outputs
      lastWeight[i] = last[i] === first[i] ? 0 : ((i + 1) * inputs) / outputs - last[i]!
    }
  }
  return { first, last, firstWeight, lastWeight, total: grows ? 1 : inputs / outputs }
}

/** Weighted sums of rows of a box. Whole rows are added four bytes at a time, as two pairs of 16-bit lanes. */
class RowSum {
  /** One sum per byte of a row of the box. */
  readonly total: Float32Array
  readonly #source: Uint8Array
  readonly #words: DataView
  readonly #start: number
  readonly #stride: number
  readonly #even: Uint32Array
  readonly #odd: Uint32Array

  constructor(source: Pixels, boxPx: PixelBox) {
    const bytes = boxSize(boxPx).width * 3
    this.total = new Float32Array(bytes)
    this.#source = source.data
    this.#words = new DataView(source.data.buffer, source.data.byteOffset, source.data.byteLength)
    this.#stride = source.width * 3
    this.#start = boxPx[1] * this.#stride + boxPx[0] * 3
    this.#even = new Uint32Array(bytes >> 2)
    this.#odd = new Uint32Array(bytes >> 2)
  }

  /** `total` becomes `firstWeight` x row `first` + the rows in between + `lastWeight` x row `last`. */
  sum(first: number, last: number, firstWeight: number, lastWeight: number): void {
    const { total } = this
    const source = this.#source
    const a = this.#start + first * this.#stride
    const b = this.#start + last * this.#stride
    for (let i = 0; i < total.length; i++) total[i] = source[a + i]! * firstWeight + source[b + i]! * lastWeight
    for (let row = first + 1; row < last; row += rowsPerLane) this.#addRows(row, Math.min(last, row + rowsPerLane))
  }

  #addRows(from: number, to: number): void {
    const even = this.#even
    const odd = this.#odd
    const words = this.#words
    const stride = this.#stride
    even.fill(0)
    odd.fill(0)
    let row = from
    for (; row + 4 <= to; row += 4) {
      for (let k = 0, at = this.#start + row * stride; k < even.length; k++, at += 4) {
        const a = words.getUint32(at, true)
        const b = words.getUint32(at + stride, true)
        const c = words.getUint32(at + 2 * stride, true)
        const d = words.getUint32(at + 3 * stride, true)
        even[k] = even[k]! + (a & 0xff00ff) + (b & 0xff00ff) + (c & 0xff00ff) + (d & 0xff00ff)
        odd[k] =
          odd[k]! + ((a >>> 8) & 0xff00ff) + ((b >>> 8) & 0xff00ff) + ((c >>> 8) & 0xff00ff) + ((d >>> 8) & 0xff00ff)
      }
    }
    for (; row < to; row++) {
      for (let k = 0, at = this.#start + row * stride; k < even.length; k++, at += 4) {
        const a = words.getUint32(at, true)
        even[k] = even[k]! + (a & 0xff00ff)
        odd[k] = odd[k]! + ((a >>> 8) & 0xff00ff)
      }
    }
    const { total } = this
    for (let k = 0, i = 0; k < even.length; k++, i += 4) {
      total[i] = total[i]! + (even[k]! & 0xffff)
      total[i + 1] = total[i + 1]! + (odd[k]! & 0xffff)
      total[i + 2] = total[i + 2]! + (even[k]! >>> 16)
      total[i + 3] = total[i + 3]! + (odd[k]! >>> 16)
    }
    // The bytes that fill no whole word.
    for (let i = even.length * 4; i < total.length; i++) {
      let sum = 0
      for (let r = from; r < to; r++) sum += this.#source[this.#start + r * stride + i]!
      total[i] = total[i]! + sum
    }
  }
}

function sumAcross(sums: Float32Array, across: Taps, scale: number, out: Uint8Array, outAt: number): void {
  const { first, last, firstWeight, lastWeight } = across
  for (let x = 0, o = outAt; x < first.length; x++, o += 3) {
    const a = first[x]! * 3
    const b = last[x]! * 3
    const wa = firstWeight[x]!
    const wb = lastWeight[x]!
    let red = sums[a]! * wa + sums[b]! * wb
    let green = sums[a + 1]! * wa + sums[b + 1]! * wb
    let blue = sums[a + 2]! * wa + sums[b + 2]! * wb
    for (let i = a + 3; i < b; i += 3) {
      red += sums[i]!
      green += sums[i + 1]!
      blue += sums[i + 2]!
    }
    out[o] = red * scale + 0.5
    out[o + 1] = green * scale + 0.5
    out[o + 2] = blue * scale + 0.5
  }
}
