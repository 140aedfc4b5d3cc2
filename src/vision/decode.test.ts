/** What real files do that simple ones do not: missing ends, many scans, further pages, deep values, damage. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { queryObjects } from 'node:v8'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { greyTags, tiffFile } from '../../test/tiff-file.ts'
import { pixelBox } from '../protocol/box.ts'
import { PixelCache } from './cache.ts'
import { openPicture } from './open.ts'

const width = 96
const height = 64
/** Smooth enough to compress, and different everywhere. */
const levels = Buffer.from(
  Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + Math.floor(i / 288) * 3) % 251),
)
const drawn = () => sharp(levels, { raw: { width, height, channels: 3 } })

async function pixelsOf(bytes: Uint8Array): Promise<Uint8Array> {
  const picture = await openPicture(bytes)
  const size = { width: picture.width, height: picture.height }
  return (await picture.region(pixelBox(0, 0, size.width, size.height), size, 'nearest')).data
}

describe('a JPEG', () => {
  it.each([1, 2])('that lacks its last %d bytes, its end marker, opens with all of its pixels', async (missing) => {
    for (const progressive of [false, true]) {
      const whole = await drawn().jpeg({ progressive }).toBuffer()
      expect(Buffer.compare(await pixelsOf(whole.subarray(0, -missing)), await pixelsOf(whole))).toBe(0)
    }
  })

  it('that lacks pixels is refused, though its end marker may be put back', async () => {
    const whole = await drawn().jpeg().toBuffer()
    for (const share of [0.6, 0.9, 0.99]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share))
      await expect(openPicture(cut)).rejects.toMatchObject({ code: 'picture-damaged' })
    }
  })

  it('of a hundred scans and more, each as dear as the whole picture, is refused before it is decoded', async () => {
    const bytes = await drawn().jpeg({ progressive: true }).toBuffer()
    const last = bytes.lastIndexOf('\xff\xda', undefined, 'latin1')
    const repeated = Buffer.concat([
      bytes.subarray(0, -2),
      ...Array.from({ length: 100 }, () => bytes.subarray(last, -2)),
    ])
    const cache = new PixelCache(1e6)
    const error = { code: 'picture-too-large', message: expect.stringContaining('more than 100 scans') as unknown }
    await expect(openPicture(repeated, { cache })).rejects.toMatchObject(error)
    expect(cache.decodes).toBe(0)
  })
})

const page8 = (side: number) => ({
  width: side,
  height: side,
  tags: greyTags(8, 1),
  data: Buffer.alloc(side * side, 90),
})

describe('a TIFF', () => {
  it('of smaller copies behind the picture opens; of further pages it is asked which one is meant', async () => {
    expect((await openPicture(tiffFile([page8(60), page8(30), page8(15)]))).width).toBe(60)
    for (const pages of [
      [page8(60), page8(60)],
      [page8(30), page8(60)],
    ]) {
      await expect(openPicture(tiffFile(pages))).rejects.toMatchObject({ code: 'picture-animated' })
    }
  })

  it('in YCbCr that is not JPEG is refused: the decoder would show it in wrong colours', async () => {
    for (const compression of ['none', 'lzw', 'deflate'] as const) {
      const bytes = await drawn().tiff({ compression }).toBuffer()
      expect((await openPicture(bytes)).width).toBe(width)
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      const start = view.getUint32(4, true)
      for (let at = start + 2; at < start + 2 + 12 * view.getUint16(start, true); at += 12) {
        if (view.getUint16(at, true) === 262) view.setUint16(at + 8, 6, true)
      }
      await expect(openPicture(bytes)).rejects.toThrow('YCbCr')
    }
    expect((await openPicture(await drawn().tiff({ compression: 'jpeg' }).toBuffer())).width).toBe(width)
  })

  it('with private tags opens', async () => {
    const page = page8(20)
    const bytes = tiffFile([{ ...page, tags: [...page.tags, [42_113, 4, 7], [65_000, 4, 7]] }])
    expect((await pixelsOf(bytes))[0]).toBe(90)
  })

  it.each([
    ['from 0 to 1', [0, 0.25, 0.5, 1], [0, 64, 128, 255]],
    ['from 0 to 255', [0, 64, 128, 255], [0, 64, 128, 255]],
    ['of any other range', [-10, 0, 10, 30], [0, 64, 128, 255]],
    ['that are not all numbers', [Number.NaN, Infinity, -Infinity, 0.5], [0, 255, 0, 128]],
    ['that are all alike', [700, 700, 700, 700], [128, 128, 128, 128]],
  ])('of floats %s is scaled', async (_name, floats, expected) => {
    const data = Buffer.from(Float32Array.from(floats).buffer)
    const pixels = await pixelsOf(tiffFile([{ width: 4, height: 1, tags: greyTags(32, 3), data }]))
    expect([...pixels].filter((_, at) => at % 3 === 0)).toEqual(expected)
    expect(pixels[0]).toBe(pixels[2])
  })

  it.each([
    [[0, 1023, 512, 100], 1023],
    [[0, 4095, 2048, 100], 4095],
    [[0, 255, 128, 100], 255],
    [[0, 65_535, 4096, 100], 65_535],
  ])('of 16-bit greys %j is scaled by its real depth', async (greys, most) => {
    const data = Buffer.from(Uint16Array.from(greys).buffer)
    const pixels = await pixelsOf(tiffFile([{ width: 4, height: 1, tags: greyTags(16, 1), data }]))
    expect([...pixels].filter((_, at) => at % 3 === 0)).toEqual(greys.map((value) => Math.round((value / most) * 255)))
  })

  it('shows 16-bit greys with transparency on white', async () => {
    const greyAndAlpha = Uint16Array.from([0, 0, 0, 65_535, 65_535, 65_535, 0, 32_768])
    const png = await sharp(greyAndAlpha, { raw: { width: 4, height: 1, channels: 2 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    const pixels = await pixelsOf(png)
    expect([...pixels].filter((_, at) => at % 3 === 0)).toEqual([255, 0, 255, 127])
  })

  it.each(['lzw', 'deflate', 'jpeg', 'packbits', 'none'] as const)(
    '(%s) without its pixels is refused, not black',
    async (compression) => {
      const whole = await drawn().tiff({ compression }).toBuffer()
      const directory = whole.readUInt32LE(4)
      const [first, last] = [8, Math.max(8, Math.min(directory, whole.length))]
      const emptied = Buffer.from(whole).fill(0, first + Math.floor((last - first) / 2), last)
      // Nothing tells damage in stored values; and of deflate the checksum is not looked at once every pixel is there.
      if (compression !== 'none' && compression !== 'deflate') {
        await expect(openPicture(emptied)).rejects.toMatchObject({ code: 'picture-damaged' })
      }
      await expect(openPicture(whole.subarray(0, Math.floor(whole.length * 0.7)))).rejects.toMatchObject({
        code: 'picture-damaged',
      })
    },
  )
})

it('an AVIF may have fewer pixels than other pictures, since it is decoded in one piece', async () => {
  const bytes = await drawn().avif({ effort: 0 }).toBuffer()
  const size = bytes.indexOf('ispe', 0, 'latin1') + 8 // after the version
  bytes.writeUInt32BE(7000, size)
  bytes.writeUInt32BE(6000, size + 4)
  await expect(openPicture(bytes)).rejects.toMatchObject({
    code: 'picture-too-large',
    message: 'The picture is 7000x6000 pixels, more than 40 million, the most for AVIF. Scale it down first.',
  })
})

it('says what a file is that it does not open, and what to do', async () => {
  await expect(openPicture(Buffer.from('8BPS\0\x01'))).rejects.toMatchObject({
    code: 'picture-not-an-image',
    message:
      'The picture is a Photoshop document, which is not supported, only JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF or BMP. Convert it to PNG or JPEG first.',
  })
})

it('does not keep the encoded file as long as the picture', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'decode-'))
  try {
    const file = join(folder, 'drawn.png')
    await writeFile(file, await drawn().png().toBuffer())
    // Counts what is reachable: everything else is collected first.
    const buffers = (): number => queryObjects(Buffer, { format: 'count' })
    const before = buffers()
    const cache = new PixelCache(1)
    const pictures = []
    for (let n = 0; n < 100; n++) pictures.push(await openPicture(file, { cache }))
    await expect.poll(buffers).toBeLessThan(before + pictures.length)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('leaves the queue for a decoder when its reader has gone', async () => {
  const bytes = await drawn().png().toBuffer()
  const abort = new AbortController()
  const others = Array.from({ length: 4 }, () => openPicture(bytes))
  const waiting = openPicture(bytes, { signal: abort.signal })
  abort.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  await Promise.all(others)
})
