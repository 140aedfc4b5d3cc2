/**
 * Area resampling: when shrinking, each output pixel is the exact mean of the source rectangle it covers (box filter with weighted
 * fractional edges); along an enlarged axis, bilinear between pixel centres. Reads the decoded picture in place.
 */
import { boxSize } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import type { Pixels } from './picture.ts'
import { byteAt, floatAt, wholeAt } from '../shared/number-at.ts'

/** One axis: output `i` is `firstWeight * in[first] + (whole samples in between) + lastWeight * in[last]`, over `total`. */
interface Taps {
  readonly first: Int32Array
  readonly last: Int32Array
  readonly firstWeight: Float32Array
  readonly lastWeight: Float32Array
  readonly total: number
}

export function areaRegion(source: Pixels, boxPx: PixelBox, size: Size): Pixels {
  const inner = boxSize(boxPx)
  const across = taps(inner.width, size.width)
  const down = taps(inner.height, size.height)
  const scale = 1 / (across.total * down.total)
  const start = (boxPx[1] * source.width + boxPx[0]) * 3
  const sums = new Float32Array(inner.width * 3)
  const data = new Uint8Array(size.width * size.height * 3)
  for (let y = 0; y < size.height; y++) {
    sumDown(source, start, down, y, sums)
    sumAcross(sums, across, scale, data, y * size.width * 3)
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
      firstWeight[i] = 1 - floatAt(lastWeight, i)
    } else {
      // Integer arithmetic, so that a right edge on a pixel boundary never reaches into the next pixel.
      first[i] = Math.floor((i * inputs) / outputs)
      last[i] = Math.ceil(((i + 1) * inputs) / outputs) - 1
      firstWeight[i] = wholeAt(first, i) + 1 - (i * inputs) / outputs
      lastWeight[i] = last[i] === first[i] ? 0 : ((i + 1) * inputs) / outputs - wholeAt(last, i)
    }
  }
  return { first, last, firstWeight, lastWeight, total: grows ? 1 : inputs / outputs }
}

/** 16-bit lanes hold the sum of this many bytes: 257 * 255 = 65,535. */
const laneRows = 257

/**
 * The weighted rows under output row `y`, summed byte by byte into `sums`; `start` is the box's first byte. Four bytes are
 * added at a time, as two words of two lanes.
 */
function sumDown(source: Pixels, start: number, down: Taps, y: number, sums: Float32Array): void {
  const { data } = source
  const words = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const stride = source.width * 3
  const a = start + wholeAt(down.first, y) * stride
  const b = start + wholeAt(down.last, y) * stride
  const wa = floatAt(down.firstWeight, y)
  const wb = floatAt(down.lastWeight, y)
  const rowsBetween = Math.max(wholeAt(down.last, y) - wholeAt(down.first, y) - 1, 0)
  const whole = sums.length - (sums.length % 4)
  for (let i = 0; i < whole; i += 4) {
    let s0 = byteAt(data, a + i) * wa + byteAt(data, b + i) * wb
    let s1 = byteAt(data, a + i + 1) * wa + byteAt(data, b + i + 1) * wb
    let s2 = byteAt(data, a + i + 2) * wa + byteAt(data, b + i + 2) * wb
    let s3 = byteAt(data, a + i + 3) * wa + byteAt(data, b + i + 3) * wb
    let at = a + i + stride
    for (let left = rowsBetween; left > 0; left -= laneRows) {
      let even = 0
      let odd = 0
      for (let n = Math.min(left, laneRows); n > 0; n--, at += stride) {
        const word = words.getUint32(at, true)
        even = (even + (word & 0xff00ff)) | 0
        odd = (odd + ((word >>> 8) & 0xff00ff)) | 0
      }
      s0 += even & 0xffff
      s1 += odd & 0xffff
      s2 += even >>> 16
      s3 += odd >>> 16
    }
    sums[i] = s0
    sums[i + 1] = s1
    sums[i + 2] = s2
    sums[i + 3] = s3
  }
  for (let i = whole; i < sums.length; i++) {
    let sum = byteAt(data, a + i) * wa + byteAt(data, b + i) * wb
    for (let at = a + i + stride; at < b + i; at += stride) sum += byteAt(data, at)
    sums[i] = sum
  }
}

function sumAcross(sums: Float32Array, across: Taps, scale: number, out: Uint8Array, outAt: number): void {
  const { first, last, firstWeight, lastWeight } = across
  for (let x = 0, o = outAt; x < first.length; x++, o += 3) {
    const a = wholeAt(first, x) * 3
    const b = wholeAt(last, x) * 3
    const wa = floatAt(firstWeight, x)
    const wb = floatAt(lastWeight, x)
    let red = floatAt(sums, a) * wa + floatAt(sums, b) * wb
    let green = floatAt(sums, a + 1) * wa + floatAt(sums, b + 1) * wb
    let blue = floatAt(sums, a + 2) * wa + floatAt(sums, b + 2) * wb
    for (let i = a + 3; i < b; i += 3) {
      red += floatAt(sums, i)
      green += floatAt(sums, i + 1)
      blue += floatAt(sums, i + 2)
    }
    out[o] = red * scale + 0.5
    out[o + 1] = green * scale + 0.5
    out[o + 2] = blue * scale + 0.5
  }
}
