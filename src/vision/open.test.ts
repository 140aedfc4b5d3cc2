import type * as fs from 'node:fs/promises'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import { sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { PixelCache } from './cache.ts'
import { openPicture } from './open.ts'
import type { OpenOptions } from './open.ts'
import type { Picture } from './picture.ts'

/** What was read from files, in order, without keeping it in memory. */
const filesRead: WeakRef<Uint8Array>[] = []
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  const readFile = async (path: string): Promise<Uint8Array> => {
    const bytes = await real.readFile(path)
    filesRead.push(new WeakRef(bytes))
    return bytes
  }
  return { ...real, readFile }
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

/** 60 x 40: red, then green on the right half; blue in the bottom quarter. */
function drawn() {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">
    <path fill="#f00" d="M0 0h30v30h-30z"/><path fill="#0f0" d="M30 0h30v30h-30z"/><path fill="#00f" d="M0 30h60v10h-60z"/>
  </svg>`
  return sharp(Buffer.from(svg))
}
const flat = () => drawn().flatten()

async function pixelAt(picture: Picture, x: number, y: number): Promise<number[]> {
  const { data } = await picture.region(pixelBox(x, y, x + 1, y + 1), { width: 1, height: 1 }, 'nearest')
  return [...data]
}

const red = [255, 0, 0]
const green = [0, 255, 0]
const blue = [0, 0, 255]

/** How far the picture is from the drawing, in levels. */
async function offDrawing(picture: Picture): Promise<number> {
  if (picture.width !== 60 || picture.height !== 40) return Infinity
  const places = [
    [5, 5, red],
    [55, 5, green],
    [5, 37, blue],
    [55, 37, blue],
  ] as const
  const off = places.map(async ([x, y, colour]) => {
    const found = await pixelAt(picture, x, y)
    return Math.max(...found.map((value, c) => Math.abs(value - colour[c]!)))
  })
  return Math.max(...(await Promise.all(off)))
}

async function failure(source: string | Uint8Array, options?: OpenOptions): Promise<UserError> {
  const error = await openPicture(source, options).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(UserError)
  return error as UserError
}

describe('openPicture', () => {
  it('opens a file and names it by the hash of its bytes', async () => {
    const bytes = await flat().png().toBuffer()
    const picture = await openPicture(await file('plain.png', bytes))
    expect(await offDrawing(picture)).toBe(0)
    expect(picture.sha256).toBe(sha256(bytes))
  })

  it.each(['png', 'webp', 'tiff', 'gif'] as const)('opens %s exactly, from bytes', async (format) => {
    const bytes = await flat().toFormat(format, { lossless: true, compression: 'lzw' }).toBuffer()
    expect(await offDrawing(await openPicture(bytes))).toBe(0)
  })

  it.each(['jpeg', 'avif'] as const)('opens %s closely', async (format) => {
    const bytes = await flat().toFormat(format, { quality: 95 }).toBuffer()
    expect(await offDrawing(await openPicture(bytes))).toBeLessThanOrEqual(12)
  })

  it('opens 16-bit pictures', async () => {
    const deep = await flat().toColourspace('rgb16').png().toBuffer()
    expect((await sharp(deep).metadata()).depth).toBe('ushort')
    expect(await offDrawing(await openPicture(deep))).toBe(0)
    const grey = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#808080' } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    expect((await sharp(grey).metadata()).depth).toBe('ushort')
    expect(await pixelAt(await openPicture(grey), 1, 1)).toEqual([128, 128, 128])
  })

  it('opens greyscale as RGB', async () => {
    const grey = await flat().toColourspace('b-w').png().toBuffer()
    expect((await sharp(grey).metadata()).channels).toBe(1)
    const [r, g, b] = await pixelAt(await openPicture(grey), 55, 5)
    expect([r, g]).toEqual([g, b])
    expect(r).toBeGreaterThan(100)
  })

  it('makes transparent parts white', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><path fill="#f00" d="M0 0h10v10h-10z"/></svg>'
    const picture = await openPicture(await sharp(Buffer.from(svg)).png().toBuffer())
    expect(await pixelAt(picture, 5, 5)).toEqual(red)
    expect(await pixelAt(picture, 15, 5)).toEqual([255, 255, 255])
  })

  it('opens CMYK', async () => {
    const cmyk = await flat().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
    const picture = await openPicture(cmyk)
    const [r, g, b] = await pixelAt(picture, 5, 5)
    expect(r).toBeGreaterThan(200)
    expect(Math.max(g!, b!)).toBeLessThan(70)
  })

  it.each([
    ['p3', 'srgb'],
    ['p3', 'rgb16'],
    ['srgb', 'rgb16'],
  ])('turns the colours of %s, stored as %s, into sRGB', async (profile, space) => {
    const colour = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 100, b: 50 } } })
    const wide = await colour.toColourspace(space).withIccProfile(profile).png().toBuffer()
    const stored = await sharp(wide, { ignoreIcc: true }).toColourspace('srgb').raw().toBuffer()
    expect([...stored.subarray(0, 3)].join() === '200,100,50').toBe(profile === 'srgb')
    const found = await pixelAt(await openPicture(wide), 4, 4)
    for (const [c, value] of [200, 100, 50].entries()) expect(Math.abs(found[c]! - value)).toBeLessThanOrEqual(2)
  })

  it.each([2, 3, 4, 5, 6, 7, 8])('applies EXIF orientation %d, unless read as Pillow does', async (orientation) => {
    // Stored in such a way that applying the orientation gives the drawing back.
    const undo = {
      2: [0, true],
      3: [180, false],
      4: [180, true],
      5: [90, true],
      6: [270, false],
      7: [270, true],
      8: [90, false],
    }
    const [angle, mirror] = undo[orientation as 2] as [number, boolean]
    const upright = await flat().png().toBuffer()
    const turned = await sharp(upright).rotate(angle).png().toBuffer()
    const stored = await sharp(turned).flop(mirror).withMetadata({ orientation }).png().toBuffer()
    expect(await offDrawing(await openPicture(stored))).toBe(0)

    const asStored = await openPicture(stored, { reading: 'pillow' })
    const sideways = orientation >= 5
    expect([asStored.width, asStored.height]).toEqual(sideways ? [40, 60] : [60, 40])
    expect(Buffer.from(await pixelAt(asStored, 1, 1))).toEqual((await sharp(stored).raw().toBuffer()).subarray(0, 3))
  })

  it('keeps no encoded file in memory while its picture is open', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const path = await file('released.png', await flat().png().toBuffer())
    filesRead.length = 0
    const picture = await openPicture(path, { cache: new PixelCache(1) })
    expect(filesRead).toHaveLength(1)
    const isHeld = (): boolean => {
      collectGarbage()
      return filesRead[0]!.deref() !== undefined
    }
    await expect.poll(isHeld).toBe(false)
    expect(await offDrawing(picture)).toBe(0)
  })

  it('opens a thousand at once', async () => {
    const cache = new PixelCache(1e6)
    const bytes = await flat().png().toBuffer()
    const pictures = await Promise.all(Array.from({ length: 1000 }, () => openPicture(bytes, { cache })))
    expect(await offDrawing(pictures[999]!)).toBe(0)
    expect(cache.decodes).toBe(1)
  })
})

/** A PNG whose header promises `width` x `height` and whose pixels are a few bytes. */
function pngHeader(width: number, height: number): Buffer {
  const chunk = (type: string, body: Buffer): Buffer => {
    const named = Buffer.concat([Buffer.from(type), body])
    const length = Buffer.alloc(4)
    const check = Buffer.alloc(4)
    length.writeUInt32BE(body.length)
    check.writeUInt32BE(crc32(named))
    return Buffer.concat([length, named, check])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const magic = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  const body = deflateSync(Buffer.alloc(1000))
  return Buffer.concat([magic, chunk('IHDR', header), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))])
}

describe('openPicture refuses', () => {
  it.each([
    [30_000, 30_000, /30000x30000 pixels, more than 200 million/],
    [50_000, 1_000, /a side may have at most 40000/],
    [20_000, 10_001, /more than 200 million/],
  ])('a picture of %dx%d, from its header', async (width, height, message) => {
    const cache = new PixelCache(1e6)
    const error = await failure(pngHeader(width, height), { cache })
    expect(error.code).toBe('picture-too-large')
    expect(error.message).toMatch(message)
    expect(cache.decodes).toBe(0)
  })

  it('more pixels or bytes than the caller allows', async () => {
    const bytes = await flat().png().toBuffer()
    expect((await failure(bytes, { limits: { maxPixels: 2399 } })).code).toBe('picture-too-large')
    expect((await failure(bytes, { limits: { maxFileBytes: 50 } })).code).toBe('picture-too-large')
    expect((await failure(await file('b.png', bytes), { limits: { maxFileBytes: 50 } })).code).toBe('picture-too-large')
    const atTheLimit = await openPicture(bytes, { limits: { maxPixels: 2400, maxFileBytes: bytes.length } })
    expect(await offDrawing(atTheLimit)).toBe(0)
  })

  it.each(['webp', 'gif'] as const)('an animation (%s)', async (format) => {
    const frames = await Promise.all([flat().png().toBuffer(), flat().negate().png().toBuffer()])
    const animation = await sharp(frames, { join: { animated: true } })
      .toFormat(format)
      .toBuffer()
    const error = await failure(animation)
    expect(error.code).toBe('picture-animated')
    expect(error.message).toContain('2 pictures')
  })

  it.each(['png', 'jpeg', 'webp'] as const)('a truncated %s', async (format) => {
    const noise = Buffer.from(Array.from({ length: 90 * 90 * 3 }, (_, i) => (i * i) % 251))
    const whole = await sharp(noise, { raw: { width: 90, height: 90, channels: 3 } })
      .toFormat(format)
      .toBuffer()
    for (const share of [0.1, 0.5, 0.95]) {
      const cut = await file(`cut.${format}`, whole.subarray(0, whole.length * share))
      const error = await failure(cut)
      expect(error.code).toBe('picture-damaged')
      expect(error.message).toContain(cut)
    }
  })

  it('an empty file, text, a drawing in SVG, a folder, and nothing', async () => {
    expect((await failure(await file('empty.jpg', ''))).message).toMatch(/is empty/)
    expect((await failure(await file('text.jpg', 'hello, I am a picture'))).code).toBe('picture-not-an-image')
    expect((await failure(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).code).toBe('picture-not-an-image')
    expect((await failure(folder)).code).toBe('picture-unreadable')
    expect((await failure(join(folder, 'none.jpg'))).code).toBe('picture-not-found')
  })

  it('to go on with a file that changed after its pixels were dropped', async () => {
    const cache = new PixelCache(60 * 40 * 3)
    const path = await file('changing.png', await flat().png().toBuffer())
    const picture = await openPicture(path, { cache })
    await openPicture(await flat().negate().png().toBuffer(), { cache })
    expect(await offDrawing(picture)).toBe(0) // decoded again
    await openPicture(await flat().negate().png().toBuffer(), { cache })
    await writeFile(path, await flat().blur().png().toBuffer())
    await expect(pixelAt(picture, 1, 1)).rejects.toMatchObject({ code: 'picture-changed' })
  })
})
