import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import { PixelCache } from './cache.ts'
import { openPicture } from './open.ts'
import type { Picture, Resampler } from './picture.ts'

const kilobyte = (value: number) => async () => new Uint8Array(1000).fill(value)
const first = (data: Uint8Array) => data[0]

/** A promise and what settles it. */
function gate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

async function fails(): Promise<never> {
  throw new Error('damaged')
}

describe('PixelCache', () => {
  it('decodes once for all who ask while it is kept', async () => {
    const cache = new PixelCache(5000)
    const asked = Array.from({ length: 1000 }, () => cache.read('a', 1000, kilobyte(7), first))
    expect(new Set(await Promise.all(asked))).toEqual(new Set([7]))
    await cache.read('a', 1000, kilobyte(7), first)
    expect([cache.decodes, cache.heldBytes]).toEqual([1, 1000])
  })

  it('drops the least recently used', async () => {
    const cache = new PixelCache(2000)
    for (const key of ['a', 'b', 'a', 'c']) await cache.read(key, 1000, kilobyte(1), first)
    expect([cache.decodes, cache.heldBytes]).toEqual([3, 2000])
    await cache.read('a', 1000, kilobyte(1), first)
    expect(cache.decodes).toBe(3)
    await cache.read('b', 1000, kilobyte(1), first)
    expect(cache.decodes).toBe(4)
  })

  it('never drops what is being read, and makes others wait for the room', async () => {
    const cache = new PixelCache(1500)
    const { open, opened } = gate()
    const reading = cache.read('a', 1000, kilobyte(1), async (data) => {
      await opened
      return data[0]
    })
    const order: string[] = []
    const b = cache.read('b', 1000, kilobyte(2), () => order.push('b'))
    const small = cache.read('small', 100, kilobyte(3), () => order.push('small'))
    // Everything that can go on does.
    for (let n = 0; n < 10; n++) await new Promise(setImmediate)
    expect([cache.decodes, cache.heldBytes, order]).toEqual([1, 1000, []])
    open()
    expect(await reading).toBe(1)
    await Promise.all([b, small])
    expect([cache.decodes, cache.heldBytes, order]).toEqual([3, 1100, ['b', 'small']])
  })

  it('admits a picture larger than the bound, alone', async () => {
    const cache = new PixelCache(500)
    let most = 0
    const watch = async (data: Uint8Array) => {
      most = Math.max(most, cache.heldBytes)
      await new Promise(setImmediate)
      return data[0]
    }
    const read = ['a', 'b', 'c', 'd'].map((key, i) => cache.read(key, 1000, kilobyte(i), watch))
    expect(await Promise.all(read)).toEqual([0, 1, 2, 3])
    expect(most).toBe(1000)
  })

  it('forgets a decode that failed, and gives its room back', async () => {
    const cache = new PixelCache(1000)
    const failed = await Promise.allSettled([1, 2].map(() => cache.read('a', 1000, fails, first)))
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(cache.heldBytes).toBe(0)
    expect(await cache.read('a', 1000, kilobyte(5), first)).toBe(5)
  })

  it('goes on after a reader that failed', async () => {
    const cache = new PixelCache(1000)
    await expect(cache.read('a', 1000, kilobyte(1), fails)).rejects.toThrow('damaged')
    expect(await cache.read('b', 1000, kilobyte(2), first)).toBe(2)
  })
})

/** Opens `sources` and looks at some regions of each; all searches at once. Returns the most bytes held at any look. */
async function search(sources: readonly (string | Uint8Array)[], cache: PixelCache): Promise<number> {
  let most = 0
  async function look(picture: Picture, x: number, resampler: Resampler): Promise<void> {
    const size = { width: 16, height: 16 }
    const pixels = await picture.region(pixelBox(x, 10, x + 32, 42), size, resampler)
    expect(pixels.data.length).toBe(16 * 16 * 3)
    most = Math.max(most, cache.heldBytes)
  }
  await Promise.all(
    sources.map(async (source) => {
      const picture = await openPicture(source, { cache })
      await look(picture, 0, 'area')
      await look(picture, 40, 'lanczos3')
    }),
  )
  return most
}

describe('a cache of real pictures', () => {
  const bytes = 120 * 50 * 3
  const encoded = sharp({ create: { width: 120, height: 50, channels: 3, background: '#456' } })
    .jpeg()
    .toBuffer()

  it('decodes a picture once for a thousand searches over it', async () => {
    const cache = new PixelCache(10 * bytes)
    const picture = await encoded
    const searches = Array.from({ length: 1000 }, () => picture)
    await search(searches, cache)
    expect([cache.decodes, cache.heldBytes]).toEqual([1, bytes])
  })

  it('stays within its bound for a thousand searches over a thousand pictures', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cache-'))
    try {
      const cache = new PixelCache(10 * bytes)
      const files = Array.from({ length: 1000 }, (_, i) => join(folder, `${i}.jpg`))
      // What follows the end of a JPEG is not looked at, but makes it another file.
      for (const path of files) await writeFile(path, Buffer.concat([await encoded, Buffer.from(path)]))
      const most = await search(files, cache)
      expect(most).toBeGreaterThan(8 * bytes)
      expect(most).toBeLessThanOrEqual(10 * bytes)
      expect(cache.decodes).toBeGreaterThanOrEqual(1000)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('holds one 8K picture at a time when there is room for one', async () => {
    const frame = 7680 * 4320 * 3
    const cache = new PixelCache(frame + 1000)
    const files = await Promise.all(
      ['#456', '#654'].map((background) =>
        sharp({ create: { width: 7680, height: 4320, channels: 3, background } })
          .jpeg()
          .toBuffer(),
      ),
    )
    expect(await search([...files, ...files], cache)).toBe(frame)
  })
})
