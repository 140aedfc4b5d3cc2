import * as fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import { areaRegion } from './area.ts'
import { bicubicRegion, lanczosRegion } from './lanczos.ts'
import type { Pixels } from './picture.ts'
import { region } from './region.ts'
import { random } from '../shared/random.ts'

async function fixture(name: string): Promise<Pixels> {
  const { data, info } = await sharp(`${import.meta.dirname}/fixtures/${name}.png`)
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

function noise(width: number, height: number, seed: number): Pixels {
  const { int } = random('noise', seed)
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => int(256)) }
}

function difference(a: Pixels, b: Pixels): { largest: number; mean: number } {
  expect([a.width, a.height, a.data.length]).toEqual([b.width, b.height, b.data.length])
  let largest = 0
  let sum = 0
  for (let i = 0; i < a.data.length; i++) {
    const d = Math.abs(a.data[i]! - b.data[i]!)
    largest = Math.max(largest, d)
    sum += d
  }
  return { largest, mean: sum / a.data.length }
}

function pixel(pixels: Pixels, x: number, y: number, channel: number): number {
  return pixels.data[(y * pixels.width + x) * 3 + channel]!
}

/** How much of the source pixel `[i, i + 1)` lies in `[from, to)`. */
function overlap(i: number, from: number, to: number): number {
  return Math.max(0, Math.min(i + 1, to) - Math.max(i, from))
}

/** The definition of an area mean, one output value at a time. */
function areaMean(source: Pixels, boxPx: PixelBox, size: Size, x: number, y: number, channel: number): number {
  const { width, height } = boxSize(boxPx)
  const left = (x * width) / size.width
  const right = ((x + 1) * width) / size.width
  const top = (y * height) / size.height
  const bottom = ((y + 1) * height) / size.height
  let sum = 0
  for (let j = Math.floor(top); j < Math.min(bottom, height); j++) {
    for (let i = Math.floor(left); i < Math.min(right, width); i++) {
      const weight = overlap(i, left, right) * overlap(j, top, bottom)
      sum += weight * pixel(source, boxPx[0] + i, boxPx[1] + j, channel)
    }
  }
  return sum / ((right - left) * (bottom - top))
}

const inside = pixelBox(13, 25, 218, 169)
let source: Pixels

beforeAll(async () => {
  source = await fixture('source')
})

describe('region', () => {
  it.each(['nearest', 'area', 'lanczos3'] as const)('copies a box at its own size exactly (%s)', async (resampler) => {
    const cut = await region(source, inside, boxSize(inside), resampler)
    expect([cut.width, cut.height]).toEqual([205, 144])
    for (const [x, y] of [
      [0, 0],
      [204, 143],
      [100, 70],
    ] as const) {
      for (const c of [0, 1, 2]) expect(pixel(cut, x, y, c)).toBe(pixel(source, 13 + x, 25 + y, c))
    }
  })

  it.each([
    [pixelBox(0, 0, 241, 10)],
    [pixelBox(-1, 0, 5, 5)],
    [pixelBox(5, 5, 5, 9)],
    [pixelBox(9, 5, 5, 9)],
    [pixelBox(0.5, 0, 5, 5)],
    [pixelBox(0, 0, Number.NaN, 5)],
  ])('refuses the box %j', async (boxPx) => {
    await expect(region(source, boxPx, { width: 4, height: 4 }, 'area')).rejects.toThrow(RangeError)
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses a width of %d', async (width) => {
    await expect(region(source, inside, { width, height: 4 }, 'area')).rejects.toThrow(RangeError)
  })

  it('reads only inside the box', async () => {
    const framed = noise(40, 30, 1)
    const plain: Pixels = {
      ...framed,
      data: framed.data.map((_, i) => {
        const x = Math.floor(i / 3) % 40
        const y = Math.floor(i / 120)
        return x >= 7 && x < 31 && y >= 5 && y < 23 ? 100 : framed.data[i]!
      }),
    }
    for (const resampler of ['nearest', 'area', 'lanczos3'] as const) {
      for (const size of [
        { width: 9, height: 7 },
        { width: 50, height: 61 },
        { width: 50, height: 7 },
      ]) {
        const { data } = await region(plain, pixelBox(7, 5, 31, 23), size, resampler)
        expect(data.every((value) => value === 100)).toBe(true)
      }
    }
  })
})

describe('nearest', () => {
  it.each([
    [77, 53],
    [307, 190],
  ])('picks the same pixels as Pillow at %dx%d', async (width, height) => {
    const ours = await region(source, inside, { width, height }, 'nearest')
    expect(difference(ours, await fixture(`nearest-${width}x${height}`))).toEqual({ largest: 0, mean: 0 })
  })
})

describe('area', () => {
  it('is the exact mean of the area under each pixel when it shrinks', () => {
    const sizes = fc.record({
      inputs: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
      outputs: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
      corner: fc.tuple(fc.nat(5), fc.nat(5)),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(sizes, ({ inputs, outputs, corner, seed }) => {
        const [x0, y0] = corner
        const image = noise(inputs[0] + x0 + (seed % 3), inputs[1] + y0, seed)
        const boxPx = pixelBox(x0, y0, x0 + inputs[0], y0 + inputs[1])
        const size = { width: Math.min(outputs[0], inputs[0]), height: Math.min(outputs[1], inputs[1]) }
        const ours = areaRegion(image, boxPx, size)
        for (let y = 0; y < size.height; y++) {
          for (let x = 0; x < size.width; x++) {
            for (let c = 0; c < 3; c++) {
              const exact = areaMean(image, boxPx, size, x, y, c)
              expect(Math.abs(pixel(ours, x, y, c) - exact)).toBeLessThanOrEqual(0.501)
            }
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('does not overflow on a thousand white rows, or on any width', () => {
    const white: Pixels = { width: 7, height: 1100, data: new Uint8Array(7 * 1100 * 3).fill(255) }
    for (const height of [1, 2, 3, 1099]) {
      const { data } = areaRegion(white, pixelBox(0, 0, 7, 1100), { width: 2, height })
      expect(data.every((value) => value === 255)).toBe(true)
    }
  })

  it('is bilinear when it grows, as Pillow is, within rounding', async () => {
    const ours = areaRegion(source, inside, { width: 307, height: 190 })
    expect(difference(ours, await fixture('bilinear-307x190')).largest).toBeLessThanOrEqual(1)
  })
})

describe('bicubic', () => {
  it('has an exact form that equals Pillow bit for bit, and is exact when it grows', async () => {
    for (const [width, height] of [[120, 90] as const, [307, 190] as const]) {
      const ours = bicubicRegion(source, inside, { width, height })
      expect(difference(ours, await fixture(`bicubic-${width}x${height}`))).toEqual({ largest: 0, mean: 0 })
    }
    const grown = await region(source, inside, { width: 307, height: 190 }, 'bicubic')
    expect(difference(grown, await fixture('bicubic-307x190')).largest).toBe(0)
  })

  it('is close to Pillow when it shrinks', async () => {
    const ours = await region(source, inside, { width: 120, height: 90 }, 'bicubic')
    const off = difference(ours, await fixture('bicubic-120x90'))
    expect(off.mean).toBeLessThan(0.4)
    expect(off.largest).toBeLessThanOrEqual(24)
  })
})

describe('lanczos3', () => {
  it.each(['120x90', '31x22', '307x190'])('has an exact form that equals Pillow bit for bit at %s', async (size) => {
    const [width, height] = size.split('x').map(Number) as [number, number]
    const ours = lanczosRegion(source, inside, { width, height })
    expect(difference(ours, await fixture(`lanczos-${size}`))).toEqual({ largest: 0, mean: 0 })
  })

  it('is exact when it grows', async () => {
    const ours = await region(source, inside, { width: 307, height: 190 }, 'lanczos3')
    expect(difference(ours, await fixture('lanczos-307x190')).largest).toBe(0)
  })

  // Hard edges are the worst case: on this picture single values may be 20 levels off, the mean 0.4 (1.4 at six-fold).
  it.each([
    [120, 90, 0.4],
    [31, 22, 1.4],
  ])('is close to Pillow when it shrinks to %dx%d', async (width, height, mean) => {
    const ours = await region(source, inside, { width, height }, 'lanczos3')
    const off = difference(ours, await fixture(`lanczos-${width}x${height}`))
    expect(off.mean).toBeLessThan(mean)
    expect(off.largest).toBeLessThanOrEqual(24)
  })
})
