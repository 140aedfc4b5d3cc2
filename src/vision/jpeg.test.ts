/** JPEGs (and WebP) that decode without an error although they are damaged: refused in data, noted where somebody asks. */
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import { PixelCache } from './cache.ts'
import { openPicture } from './open.ts'
import type { OpenOptions } from './open.ts'

const [width, height] = [320, 240]
/** Like a photograph: noise, smoothed a little, so that the compressed data use every byte. */
const photograph = sharp(
  Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 11) & 255)),
  { raw: { width, height, channels: 3 } },
).blur(0.7)
const jpeg = await photograph.clone().jpeg({ quality: 90 }).toBuffer()

async function pixelsOf(bytes: Uint8Array, options?: OpenOptions) {
  const picture = await openPicture(bytes, options)
  const { data } = await picture.region(pixelBox(0, 0, width, height), { width, height }, 'nearest')
  return { data, note: picture.note }
}

function replaced(bytes: Buffer, from: RegExp, to: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')
}

const copies: readonly (readonly [what: string, from: RegExp, to: string])[] = [
  ['LF became CR LF', /\n/g, '\r\n'],
  ['LF became CR LF except behind CR', /(?<!\r)\n/g, '\r\n'],
  ['CR was dropped', /\r/g, ''],
  ['CR became LF', /\r/g, '\n'],
  ['LF became CR', /\n/g, '\r'],
]

describe('copied as text', () => {
  it.each(copies)('is refused, whoever asks: %s', async (_, from, to) => {
    const scans = jpeg.indexOf('\xff\xda', 0, 'latin1')
    const bytes = Buffer.concat([jpeg.subarray(0, scans), replaced(jpeg.subarray(scans), from, to)])
    for (const options of [{}, { cutOff: 'shown' }, { reading: 'pillow' }] as const) {
      const opening = openPicture(bytes, options)
      await expect(opening).rejects.toMatchObject({ code: 'picture-damaged', exitCode: 2 })
      await expect(opening).rejects.toThrow('was copied as text')
    }
  })

  it('is refused where the pairs CR LF became LF, if there would be enough of them', async () => {
    const large = await photograph.clone().resize(2000, 1500).sharpen().jpeg({ quality: 100 }).toBuffer()
    expect((await openPicture(large)).width).toBe(2000)
    await expect(openPicture(replaced(large, /\r\n/g, '\n'))).rejects.toThrow('was copied as text')
  })

  it('is refused as WebP', async () => {
    const webp = await photograph.clone().webp({ quality: 95 }).toBuffer()
    expect((await openPicture(webp)).width).toBe(width)
    const bytes = Buffer.concat([webp.subarray(0, 40), replaced(webp.subarray(40), /\n/g, '\r\n')])
    await expect(openPicture(bytes)).rejects.toThrow('was copied as text')
  })

  it.each([
    ['\x89PNG\n\x1a\n\0\0\0\0\0\0'],
    ['\x89PNG\r\r\n\x1a\r\n\0\0\0'],
    [`${'\xef\xbf\xbd'.repeat(4)}\0\x10JFIF`],
    ['\xc3\xbf\xc3\x98\xc3\xbf\xc3\xa0\0\x10JFIF'],
  ])('is told by its first bytes: %j', async (begin) => {
    const opening = openPicture(Buffer.from(begin, 'latin1'))
    await expect(opening).rejects.toMatchObject({ code: 'picture-damaged' })
    await expect(opening).rejects.toThrow('was copied as text, which changed its bytes. Copy or download it again')
  })

  it('is not suspected of flat or small pictures', async () => {
    const flat = sharp({ create: { width: 2000, height: 1500, channels: 3, background: '#336' } })
    for (const bytes of [await flat.jpeg().toBuffer(), await photograph.clone().resize(24).jpeg().toBuffer()]) {
      expect((await openPicture(bytes)).note).toBeUndefined()
    }
  })
})

describe('without a piece in the middle, but with its end marker', () => {
  const half = Math.floor(jpeg.length / 2)
  const holed = Buffer.concat([jpeg.subarray(0, half), jpeg.subarray(half + 4096)])

  it('is refused in data, and shown with a note to somebody who asks, whatever else is decoded', async () => {
    const others = Promise.all(Array.from({ length: 30 }, () => openPicture(jpeg, { cache: new PixelCache(0) })))
    await expect(openPicture(holed)).rejects.toMatchObject({ code: 'picture-damaged', exitCode: 2 })
    const { data, note } = await pixelsOf(holed, { cutOff: 'shown' })
    expect(note).toContain('is damaged: parts of it may appear grey or garbled')
    const upper = width * 3 * 80
    expect(Buffer.compare(data.subarray(0, upper), (await pixelsOf(jpeg)).data.subarray(0, upper))).toBe(0)
    await others
  })

  it('is read as Pillow does, which ignores it', async () => {
    expect((await pixelsOf(holed, { reading: 'pillow' })).note).toBeUndefined()
  })
})

describe('habits of cameras that the decoder warns about are no damage:', () => {
  const scans = jpeg.indexOf('\xff\xda', 0, 'latin1')
  const changed = (at: number, value: number): Buffer =>
    Buffer.concat([jpeg.subarray(0, at), Buffer.of(value), jpeg.subarray(at + 1)])
  const withJfif = Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from('\xff\xe0\0\x10JFIF\0\x03\0\0\0\x01\0\x01\0\0', 'latin1'),
    jpeg.subarray(jpeg.indexOf('\xff\xdb', 0, 'latin1')),
  ])

  it.each([
    ['bytes between the segments', Buffer.concat([jpeg.subarray(0, scans), Buffer.alloc(7), jpeg.subarray(scans)])],
    ['bytes before the end marker', Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(300), jpeg.subarray(-2)])],
    ['an unknown version', withJfif],
    ['odd parameters of the scan', changed(scans + 2 + jpeg.readUInt16BE(scans + 2) - 2, 0)],
  ])('%s', async (_, bytes) => {
    const whole = await pixelsOf(jpeg)
    for (const options of [{}, { cutOff: 'shown' }] as const) expect(await pixelsOf(bytes, options)).toEqual(whole)
  })
})

it('a JPEG that lacks only its end marker is shown without a note: it has all of its pixels', async () => {
  expect(await pixelsOf(jpeg.subarray(0, -2), { cutOff: 'shown' })).toEqual(await pixelsOf(jpeg))
})
