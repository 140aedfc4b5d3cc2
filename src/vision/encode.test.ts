import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { dataUrl, encode, encodeJpeg, encodePng } from './encode.ts'
import { openPicture } from './open.ts'
import { pixelBox } from '../protocol/box.ts'
import type { Pixels } from './picture.ts'

const smooth: Pixels = {
  width: 50,
  height: 40,
  data: Uint8Array.from({ length: 50 * 40 * 3 }, (_, i) => (Math.floor(i / 3) % 50) * 4 + (i % 3) * 10),
}

describe('encode', () => {
  it('gives PNG that comes back as it was', async () => {
    const picture = await openPicture(await encode(smooth, 'png'))
    const back = await picture.region(pixelBox(0, 0, 50, 40), smooth, 'nearest')
    expect(Buffer.compare(back.data, smooth.data)).toBe(0)
  })

  it('gives JPEG that is close', async () => {
    const encoded = await encode(smooth, 'jpeg')
    expect((await sharp(encoded).metadata()).format).toBe('jpeg')
    const back = await sharp(encoded).raw().toBuffer()
    expect(smooth.data.every((value, i) => Math.abs(value - back[i]!) <= 12)).toBe(true)
  })

  it('takes a quality for JPEG', async () => {
    const sizes = await Promise.all([30, 90].map(async (quality) => (await encodeJpeg(smooth, quality)).length))
    expect(sizes[0]).toBeLessThan(sizes[1]!)
  })

  it('encodes pixels that are a part of a larger buffer', async () => {
    const padded = new Uint8Array(smooth.data.length + 10)
    padded.set(smooth.data, 7)
    const part = { ...smooth, data: padded.subarray(7, 7 + smooth.data.length) }
    expect(Buffer.compare(await encodePng(part), await encodePng(smooth))).toBe(0)
  })
})

describe('dataUrl', () => {
  it('holds the encoded bytes', async () => {
    const encoded = await encode(smooth, 'png')
    const url = dataUrl(encoded, 'png')
    expect(url.slice(0, 22)).toBe('data:image/png;base64,')
    expect(Buffer.compare(Buffer.from(url.slice(22), 'base64'), encoded)).toBe(0)
  })
})
