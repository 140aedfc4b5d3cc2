/** What people photograph and phones write, each made here: opened as a viewer shows it, or refused with the name of what it is. */
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { heicFile } from '../../test/heic-file.ts'
import { pixelBox } from '../protocol/box.ts'
import { profiles } from '../protocol/profile.ts'
import { view } from './fit.ts'
import { openPicture } from './open.ts'
import type { OpenOptions } from './open.ts'
import type { Picture } from './picture.ts'

const [red, blue, green] = [
  [76, 85, 255],
  [29, 255, 107],
  [150, 44, 21],
] as const
const blocks = [
  [red, blue, green],
  [blue, blue, red],
]

/** The colours in the middles of cells, each channel high or low. */
async function cells(picture: Picture, columns: number, rows: number): Promise<string[]> {
  const size = { width: columns, height: rows }
  const { data } = await picture.region(pixelBox(0, 0, picture.width, picture.height), size, 'nearest')
  return Array.from({ length: columns * rows }, (_, at) =>
    [...data.subarray(at * 3, at * 3 + 3)].map((value) => (value > 128 ? 1 : 0)).join(''),
  )
}

describe('HEIC', () => {
  it('opens upright, whatever its brands say beside what codes it', async () => {
    const lying = await openPicture(heicFile({ blocks }))
    expect([lying.width, lying.height]).toEqual([48, 32])
    expect(await cells(lying, 3, 2)).toEqual(['100', '001', '010', '001', '001', '100'])
    const upright = await openPicture(heicFile({ blocks, turns: 1, brands: ['mif1', 'mif1', 'miaf'] }))
    expect([upright.width, upright.height]).toEqual([32, 48])
    expect(await cells(upright, 2, 3)).toEqual(['010', '100', '001', '001', '100', '001'])
  })

  it('is shown in sRGB where it has another profile', async () => {
    const p3 = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
      .png()
      .withIccProfile('p3')
      .toBuffer()
    const { icc } = await sharp(p3).metadata()
    const skin = [100, 100, 180] as const
    const colour = async (file: Buffer) => {
      const { data } = await (await openPicture(file)).region(pixelBox(0, 0, 1, 1), { width: 1, height: 1 }, 'nearest')
      return [...data]
    }
    const plain = await colour(heicFile({ blocks: [[skin]] }))
    const wide = await colour(heicFile({ blocks: [[skin]], icc: icc! }))
    // More of the same hue.
    expect(wide[0]! - wide[1]!).toBeGreaterThan(plain[0]! - plain[1]! + 5)
  })

  it('is refused where it is damaged, and under profiles that read as Pillow does', async () => {
    const file = heicFile({ blocks })
    await expect(openPicture(file.subarray(0, file.length - 900))).rejects.toMatchObject({ code: 'picture-damaged' })
    const official = openPicture(file, { reading: 'pillow' })
    await expect(official).rejects.toThrow('which Pillow does not support')
  })
})

describe('AVIF', () => {
  it.each([
    ['avif', 'avif'],
    ['mif1', 'miaf'],
    ['msf1', 'msf1'],
    ['avis', 'avis'],
  ])('opens under the brands %s and %s', async (major, other) => {
    const file = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#f00' } })
      .avif({ bitdepth: 10 })
      .toBuffer()
    file.write(major, 8, 'latin1')
    for (let at = 16; at + 4 <= file.readUInt32BE(0); at += 4) file.write(other, at, 'latin1')
    expect(await cells(await openPicture(file), 1, 1)).toEqual(['100'])
  })
})

/** A TIFF of one pixel with further entries, or such a camera's. */
function tiff(...tags: readonly (readonly [tag: number, type: number, value: number])[]): Buffer {
  const file = Buffer.alloc(8 + 2 + tags.length * 12 + 4)
  file.write('II*\0', 'latin1')
  file.writeUInt32LE(8, 4)
  file.writeUInt16LE(tags.length, 8)
  for (const [index, [tag, type, value]] of tags.entries()) {
    file.writeUInt16LE(tag, 10 + index * 12)
    file.writeUInt16LE(type, 12 + index * 12)
    file.writeUInt32LE(1, 14 + index * 12)
    file.writeUInt32LE(value, 18 + index * 12)
  }
  return file
}

describe('what cannot be opened is named, with what to do', () => {
  const media = (brand: string) => Buffer.from(`\0\0\0\x14ftyp${brand}\0\0\0\0${brand}....`, 'latin1')
  it.each([
    ['DNG', tiff([254, 4, 1], [50_706, 1, 0x401]), /raw camera file.*Develop it/],
    ['NEF', tiff([254, 4, 1], [259, 3, 1], [330, 4, 100]), /raw camera file/],
    ['ARW', tiff([259, 3, 32_767]), /raw camera file/],
    ['a sensor', tiff([262, 3, 32_803]), /raw camera file/],
    ['CR2', Buffer.from('II*\0\x10\0\0\0CR\x02\0\0\0\0\0', 'latin1'), /raw camera file/],
    ['CR3', media('crx '), /raw camera file/],
    ['JPEG XL', Buffer.from('\xff\x0a\0\0\0\0\0\0\0\0\0\0', 'latin1'), /JPEG XL.*djxl/],
    ['JPEG 2000', Buffer.from('\0\0\0\x0cjP  \r\n\x87\n', 'latin1'), /JPEG 2000.*opj_decompress/],
    ['a video', media('mp42'), /a video.*frame/],
    ['PDF', Buffer.from('%PDF-1.7\n', 'latin1'), /PDF.*page/],
  ])('%s', async (_, file, message) => {
    await expect(openPicture(file)).rejects.toMatchObject({ code: 'picture-not-an-image', exitCode: 2 })
    await expect(openPicture(file)).rejects.toThrow(message)
  })
})

describe('a JPEG that lacks its last bytes', () => {
  const whole = sharp(
    Buffer.from(Array.from({ length: 128 * 128 * 3 }, (_, i) => (i * 7 + Math.floor(i / 384)) % 251)),
    {
      raw: { width: 128, height: 128, channels: 3 },
    },
  )
    .jpeg()
    .toBuffer()
  const cut = async (by: number, options: OpenOptions) => openPicture((await whole).subarray(0, -by), options)

  it.each([50, 3000])('is shown without the last %i to somebody who asks about it, with a note', async (by) => {
    const picture = await cut(by, { cutOff: 'shown' })
    expect(picture.note).toContain('is truncated')
    const { data } = await picture.region(pixelBox(0, 0, 128, 8), { width: 128, height: 8 }, 'nearest')
    const all = await (
      await openPicture(await whole)
    ).region(pixelBox(0, 0, 128, 8), { width: 128, height: 8 }, 'nearest')
    expect(Buffer.compare(data, all.data)).toBe(0)
  })

  it('is refused in data, and as Pillow does, however little is missing', async () => {
    await expect(cut(50, {})).rejects.toMatchObject({ code: 'picture-damaged' })
    for (const by of [1, 50])
      await expect(cut(by, { reading: 'pillow', cutOff: 'shown' })).rejects.toThrow('is truncated')
    expect((await openPicture(await whole, { cutOff: 'shown' })).note).toBeUndefined()
  })
})

/** A BMP of 2 x 1 pixels: `header` behind its size, then the masks or the palette, then one row. */
function bmp(header: Buffer, behind: Buffer, row: Buffer): Buffer {
  const file = Buffer.alloc(14)
  file.write('BM', 'latin1')
  file.writeUInt32LE(18 + header.length + behind.length, 10)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(header.length + 4)
  return Buffer.concat([file, size, header, behind, row])
}

function bmpHeader(bits: number, compression: number, length = 36): Buffer {
  const header = Buffer.alloc(length)
  header.writeInt32LE(2, 0)
  header.writeInt32LE(1, 4)
  header.writeUInt16LE(1, 8)
  header.writeUInt16LE(bits, 10)
  if (length > 12) header.writeUInt32LE(compression, 12)
  return header
}

function words(...values: readonly number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer)
}

describe('BMP', () => {
  it.each([
    [
      'ten bits a colour',
      bmp(bmpHeader(32, 3), words(0x3ff00000, 0xffc00, 0x3ff), words(0x3ff00000, 0x3ff)),
      ['100', '001'],
    ],
    [
      'masks with alpha',
      bmp(bmpHeader(32, 6), words(255, 65_280, 16_711_680, 0xff000000), words(0xff0000ff, 0x000000ff)),
      ['100', '111'],
    ],
    [
      'masks with alpha that is nowhere',
      bmp(bmpHeader(32, 6), words(255, 65_280, 16_711_680, 0xff000000), words(0x000000ff, 0x00ff0000)),
      ['100', '001'],
    ],
    ['two bits a pixel', bmp(bmpHeader(2, 0), words(0, 0xff0000, 0xff00, 0xff), words(0x60)), ['100', '010']],
    [
      'a short header of OS/2',
      bmp(bmpHeader(24, 0, 12), Buffer.alloc(0), Buffer.from([0, 0, 255, 255, 0, 0, 0, 0])),
      ['100', '001'],
    ],
  ])('with %s', async (_, file, expected) => {
    expect(await cells(await openPicture(file), 2, 1)).toEqual(expected)
  })

  it('with what Pillow does not read is refused where it reads', async () => {
    const file = bmp(bmpHeader(32, 3), words(0x3ff00000, 0xffc00, 0x3ff), words(0, 0))
    await expect(openPicture(file, { reading: 'pillow' })).rejects.toThrow('Pillow does not support its layout')
  })
})

describe('what a phone writes', () => {
  const shot = sharp({ create: { width: 60, height: 40, channels: 3, background: '#00f' } })
  it('opens as its first picture where a second or a gain map follows (MPO, Ultra HDR)', async () => {
    const both = Buffer.concat([await shot.jpeg().toBuffer(), await shot.clone().resize(30).jpeg().toBuffer()])
    for (const reading of ['displayed', 'pillow'] as const) {
      expect((await openPicture(both, { reading })).width).toBe(60)
    }
  })

  it('opens as BigTIFF, and CMYK, and with alpha on white', async () => {
    expect(await cells(await openPicture(await shot.clone().tiff({ bigtiff: true }).toBuffer()), 1, 1)).toEqual(['001'])
    const cmyk = await shot.clone().toColourspace('cmyk').jpeg().toBuffer()
    expect(await cells(await openPicture(cmyk), 1, 1)).toEqual(['001'])
    const clear = { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } as const
    expect(await cells(await openPicture(await sharp({ create: clear }).png().toBuffer()), 1, 1)).toEqual(['111'])
  })

  it('may be a panorama of more than 200:1, which is shown whole', async () => {
    const panorama = await openPicture(
      await sharp({ create: { width: 12_000, height: 40, channels: 3, background: '#0f0' } })
        .jpeg()
        .toBuffer(),
    )
    const seen = await view(panorama, pixelBox(0, 0, 12_000, 40), profiles.default.firstView)
    expect(seen.width / seen.height).toBeLessThanOrEqual(200)
  })
})
