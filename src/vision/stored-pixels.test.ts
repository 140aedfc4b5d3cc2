/** Pictures as the released loader opens them, pixel for pixel of what Pillow made of the same files, and as displayed. */
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it, test } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import type { PictureReading } from '../protocol/rules.ts'
import { PixelCache } from './cache.ts'
import { openPicture } from './open.ts'
import { pixelsId } from './picture.ts'

interface Expected {
  readonly size: readonly [number, number]
  /** Packed, as base64. */
  readonly rgb: string
}

/** See `fixtures/README.md`. */
const files = JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/pillow.json`, 'utf8')) as readonly (Expected & {
  readonly name: string
  readonly file: string
  readonly displayed?: Expected
})[]

async function opened(bytes: Uint8Array, reading: PictureReading) {
  const picture = await openPicture(bytes, { reading, cache: new PixelCache(1e6) })
  const { width, height } = picture
  const { data } = await picture.region(pixelBox(0, 0, width, height), { width, height }, 'nearest')
  return { size: [width, height], data }
}

/** The greatest difference in levels. */
function apart(found: Uint8Array, expected: string): number {
  const wanted = Buffer.from(expected, 'base64')
  if (found.length !== wanted.length) return Infinity
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0)
}

test.each(files)('$name, as Pillow reads it', async ({ name, file, size, rgb }) => {
  const { size: found, data } = await opened(Buffer.from(file, 'base64'), 'pillow')
  expect(found).toEqual(size)
  // AVIF is decoded by another library here; of the others not a level differs.
  expect(apart(data, rgb)).toBeLessThanOrEqual(name.startsWith('AVIF') ? 1 : 0)
})

const shown = files.flatMap(({ name, file, displayed }) => (displayed ? [{ name, file, displayed }] : []))

test.each(shown)('$name, as displayed: upright, in sRGB, on white', async ({ file, displayed }) => {
  const { size, data } = await opened(Buffer.from(file, 'base64'), 'displayed')
  expect(size).toEqual(displayed.size)
  // Profiles and opacities are rounded otherwise.
  expect(apart(data, displayed.rgb)).toBeLessThanOrEqual(1)
})

test.each(files.filter(({ name }) => name.includes('animated')))(
  '$name, is refused to be displayed',
  async ({ file }) => {
    const error = { code: 'picture-animated', message: expect.stringContaining('contains 2 pictures') as unknown }
    await expect(openPicture(Buffer.from(file, 'base64'))).rejects.toMatchObject(error)
  },
)

it('a PNG that is an animation of one frame is a picture', async () => {
  const animated = Buffer.from(files.find(({ name }) => name === 'PNG, animated')!.file, 'base64')
  const frames = animated.indexOf('acTL', 0, 'latin1') + 4
  animated.writeUInt32BE(1, frames)
  animated.writeUInt32BE(crc32(animated.subarray(frames - 4, frames + 8)), frames + 8)
  expect((await openPicture(animated)).width).toBe(12)
})

describe('a BMP', () => {
  const bytes = Buffer.from(files.find(({ name }) => name === 'BMP, RGB')!.file, 'base64')
  const changed = (at: number, ...values: number[]): Buffer => {
    const copy = Buffer.from(bytes)
    copy.set(values, at)
    return copy
  }

  it.each([
    ['cut off in its pixels', bytes.subarray(0, -9), 'its pixels are truncated'],
    ['cut off in its header', bytes.subarray(0, 40), 'its header is truncated'],
    ['of another header', changed(14, 41), 'its header has 41 bytes'],
    ['of 3 bits', changed(28, 3), 'its pixels have 3 bits'],
    ['that holds a JPEG', changed(30, 4), 'the compression 4'],
    ['of no width', changed(18, 0), 'it is 0x8 pixels'],
    ['of runs in 24 bits', changed(30, 1), 'it has 24 bits and the compression 1'],
  ])('%s is refused, and the reason told', async (_, broken, reason) => {
    const error = { code: 'picture-damaged', message: expect.stringContaining(reason) as unknown }
    await expect(openPicture(broken)).rejects.toMatchObject(error)
  })

  it('that promises more pixels than there may be is refused before any is made', async () => {
    const cache = new PixelCache(1e6)
    const huge = changed(18, 0, 0, 1, 0, 0, 0, 1, 0)
    await expect(openPicture(huge, { cache })).rejects.toMatchObject({ code: 'picture-too-large' })
    expect(cache.decodes).toBe(0)
  })
})

it('keeps both readings of one file apart, and names them apart', async () => {
  const cache = new PixelCache(1e6)
  const file = await sharp(Buffer.alloc(2 * 1 * 3, 9), { raw: { width: 2, height: 1, channels: 3 } })
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer()
  const [displayed, stored] = [
    await openPicture(file, { cache }),
    await openPicture(file, { cache, reading: 'pillow' }),
  ]
  expect([displayed.width, stored.width]).toEqual([1, 2])
  expect(displayed.sha256).toBe(stored.sha256)
  expect(pixelsId(displayed)).not.toBe(pixelsId(stored))
  expect(cache.decodes).toBe(2)
})
