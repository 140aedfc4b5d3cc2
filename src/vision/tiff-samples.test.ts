/** TIFFs of numbers that the decoder misreads or does not read: shown rightly, or refused with what to do. */
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { greyTags, rgbTags, tiffFile } from '../../test/tiff-file.ts'
import { pixelBox } from '../protocol/box.ts'
import { openPicture } from './open.ts'
import type { OpenOptions } from './open.ts'

/** The bits of halves: 1 has the exponent 15, a sign is the highest bit. */
const half = new Map([
  [0, 0],
  [2 ** -24, 1],
  [0.25, 0x3400],
  [0.5, 0x3800],
  [1, 0x3c00],
  [20, 0x4d00],
  [-10, 0xc900],
  [Infinity, 0x7c00],
  [Number.NaN, 0x7e00],
])
const halves = (...values: readonly number[]) => Buffer.from(Uint16Array.from(values, (v) => half.get(v)!).buffer)
const floats = (...values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer)
const shorts = (...values: readonly number[]) => Buffer.from(Int16Array.from(values).buffer)

/** One row of pixels. */
async function row(width: number, tags: number[][], data: Buffer | Buffer[], options?: OpenOptions) {
  const picture = await openPicture(tiffFile([{ width, height: 1, tags, data }]), options)
  return [...(await picture.region(pixelBox(0, 0, width, 1), { width, height: 1 }, 'nearest')).data]
}

const greys = async (tags: number[][], data: Buffer, options?: OpenOptions) =>
  (await row(4, tags, data, options)).filter((_, at) => at % 3 === 0)

const changed = (tags: number[][], ...others: number[][]) => [
  ...tags.filter(([tag]) => !others.some(([other]) => other === tag)),
  ...others,
]
const whiteIsZero = [262, 3, 0]

describe('16-bit floats', () => {
  it('are greys', async () => {
    expect(await greys(greyTags(16, 3), halves(0, 0.25, 0.5, 1))).toEqual([0, 64, 128, 255])
    expect(await greys(greyTags(16, 3), halves(-10, 0, 0.25, 20))).toEqual([0, 85, 87, 255])
    expect(await greys(greyTags(16, 3), halves(Number.NaN, 2 ** -24, 0.5, Infinity))).toEqual([0, 0, 128, 255])
    expect(await greys(changed(greyTags(16, 3), whiteIsZero), halves(0, 0.25, 0.5, 1))).toEqual([255, 191, 128, 0])
  })

  it('are the same colours in pixels and in planes', async () => {
    const pixels = await row(2, rgbTags(16, 3), halves(0, 1, 0.25, 1, 0.5, 0))
    const planes = [halves(0, 1), halves(1, 0.5), halves(0.25, 0)]
    expect(await row(2, [...rgbTags(16, 3), [284, 3, 2]], planes)).toEqual(pixels)
    expect(pixels).toEqual([0, 255, 137, 255, 188, 0])
  })
})

describe('signed integers', () => {
  it('are stretched from their minimum to their maximum', async () => {
    expect(await greys(greyTags(16, 2), shorts(-1000, -500, 0, 1000))).toEqual([0, 64, 128, 255])
    expect(await greys(greyTags(8, 2), Buffer.from(Int8Array.of(-128, -64, 0, 127)))).toEqual([0, 64, 128, 255])
    expect(await greys(changed(greyTags(16, 2), whiteIsZero), shorts(-1000, -500, 0, 1000))).toEqual([255, 191, 128, 0])
  })

  it('are clipped as Pillow does', async () => {
    const read = greys(greyTags(16, 2), shorts(-1000, 20, 255, 1000), { reading: 'pillow' })
    expect(await read).toEqual([0, 20, 255, 255])
  })
})

describe('32-bit floats', () => {
  it('may have white at zero', async () => {
    expect(await greys(changed(greyTags(32, 3), whiteIsZero), floats(0, 0.25, 0.5, 1))).toEqual([255, 191, 128, 0])
  })

  it('keep their values under a profile, in which the decoder would make them black', async () => {
    const profiled = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
      .png()
      .withIccProfile('srgb')
      .toBuffer()
    const { icc } = await sharp(profiled).metadata()
    const profile = [34_675, 7, ...icc!]
    const pixels = floats(0, 1, 0.25, 1, 0.5, 0)
    expect(await row(2, [...rgbTags(32, 3), profile], pixels)).toEqual(await row(2, rgbTags(32, 3), pixels))
    expect(await greys([...greyTags(32, 3), profile], floats(0, 0.25, 0.5, 1))).toEqual([0, 64, 128, 255])
  })

  it('in RGB are light if most are, of which highlights are white, and otherwise numbers', async () => {
    expect(await row(2, rgbTags(32, 3), floats(0, 0.5, 1, 0.25, 30, 0))).toEqual([0, 188, 255, 137, 255, 0])
    expect(await row(2, rgbTags(32, 3), floats(0, 128, 255, 64, 30, 99))).toEqual([0, 128, 255, 64, 30, 99])
  })
})

describe('refused with what to do, not misread:', () => {
  const data = Buffer.alloc(64)
  it.each([
    ['64-bit floats', greyTags(64, 3), '64-bit floats'],
    ['64-bit integers', rgbTags(64, 1), '64-bit integers'],
    ['12-bit integers', greyTags(12, 1), '12-bit integers'],
    ['24-bit floats', greyTags(24, 3), '24-bit floats'],
    ['complex numbers', greyTags(64, 6), 'complex numbers'],
    ['differences of 16-bit floats', [...greyTags(16, 3), [317, 3, 3]], 'the predictor for floats'],
    ['floats of inks', changed(rgbTags(16, 3, 4), [262, 3, 5]), 'colours other than greys and RGB'],
  ])('%s', async (_, tags, words) => {
    const opening = row(1, tags, data)
    await expect(opening).rejects.toMatchObject({ code: 'picture-not-an-image', exitCode: 2 })
    await expect(opening).rejects.toThrow(`${words}, which cannot be read. Save it with`)
  })

  it('what Pillow does not read, where it reads', async () => {
    for (const [tags, bytes] of [
      [greyTags(16, 3), halves(0, 0.25, 0.5, 1)],
      [rgbTags(32, 3), floats(...Array.from({ length: 12 }, () => 0.5))],
    ] as const) {
      await expect(row(4, tags, bytes, { reading: 'pillow' })).rejects.toThrow('Pillow does not support its samples')
    }
  })
})

it('a channel that a program saved beside the colours is no transparency', async () => {
  const pixels = Buffer.from([10, 20, 30, 0, 40, 50, 60, 255])
  expect(await row(2, [...rgbTags(8, 1, 4), [338, 3, 0]], pixels)).toEqual([10, 20, 30, 40, 50, 60])
  expect(await row(2, [...rgbTags(8, 1, 4), [338, 3, 2]], pixels)).toEqual([255, 255, 255, 40, 50, 60])
  const two = Buffer.from([10, 20, 30, 0, 0, 40, 50, 60, 255, 0])
  expect(await row(2, [...rgbTags(8, 1, 5), [338, 3, 0, 0]], two)).toEqual([10, 20, 30, 40, 50, 60])
  const grey = Buffer.from(Uint16Array.of(0, 0, 1023, 0).buffer)
  const greyAndMask = changed(greyTags(16, 1), [258, 3, 16, 16], [277, 3, 2], [338, 3, 0], [339, 3, 1, 1])
  expect(await row(2, greyAndMask, grey)).toEqual([0, 0, 0, 255, 255, 255])
})
