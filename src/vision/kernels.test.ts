import { describe, expect, it } from 'vitest'
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { PixelBox } from '../protocol/box.ts'
import { random } from '../shared/random.ts'
import { halved, picked } from './kernels.ts'
import type { Pixels } from './picture.ts'

function noise(width: number, height: number): Pixels {
  const { int } = random('kernels', width, height)
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => int(256)) }
}

const at = ({ width, data }: Pixels, x: number, y: number, channel: number): number =>
  data[(y * width + x) * 3 + channel]!

/** Every value of a result, one at a time from its definition. */
function defined(width: number, height: number, value: (x: number, y: number, channel: number) => number): number[] {
  return Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return value(pixel % width, Math.floor(pixel / width), i % 3)
  })
}

describe('halving', () => {
  it.each([
    ['a whole picture', 64, 36, pixelBox(0, 0, 64, 36)],
    ['a box inside', 70, 51, pixelBox(3, 5, 69, 47)],
    ['an output width that is no multiple of four', 31, 9, pixelBox(1, 1, 27, 9)],
    ['one pixel', 2, 2, pixelBox(0, 0, 2, 2)],
    ['rows that do not fit one strip', 6_000, 58, pixelBox(0, 0, 6_000, 58)],
    ['a column of pixels', 7, 300, pixelBox(4, 0, 6, 300)],
  ] as const)('is the rounded mean of each four pixels: %s', (_, width, height, box: PixelBox) => {
    const source = noise(width, height)
    const half = halved(source, box)
    const size = boxSize(box)
    const mean = (x: number, y: number, c: number): number => {
      const value = (dx: number, dy: number): number => at(source, box[0] + 2 * x + dx, box[1] + 2 * y + dy, c)
      return Math.floor((value(0, 0) + value(1, 0) + value(0, 1) + value(1, 1) + 2) / 4)
    }
    expect([half.width, half.height]).toEqual([size.width / 2, size.height / 2])
    expect([...half.data]).toEqual(defined(half.width, half.height, mean))
  })
})

describe('picking', () => {
  it.each([
    [1, 1],
    [5, 3],
    [40, 25],
  ])('takes the pixels of the given columns and rows: %i x %i', (width, height) => {
    const source = noise(23, 19)
    const box = pixelBox(4, 2, 23, 19)
    const columns = Int32Array.from({ length: width }, (_, i) => Math.floor((i * 19) / width))
    const rows = Int32Array.from({ length: height }, (_, i) => Math.floor((i * 17) / height))
    const expected = defined(width, height, (x, y, c) => at(source, 4 + columns[x]!, 2 + rows[y]!, c))
    expect([...picked(source, box, columns, rows).data]).toEqual(expected)
  })
})
