import * as fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import type { ViewRule } from '../protocol/profile.ts'
import { profiles } from '../protocol/profile.ts'
import { fitSize, isTooNarrow, view } from './fit.ts'
import { openPicture } from './open.ts'
import type { Picture } from './picture.ts'
import { region } from './region.ts'

const official = profiles.official.observationView

describe('fitSize', () => {
  // Reference 5.3.
  it.each([
    [
      [4000, 3000],
      [1632, 1224],
    ],
    [
      [2250, 1500],
      [1732, 1154],
    ],
    [
      [7680, 4320],
      [1885, 1060],
    ],
    [
      [1000, 700],
      [1000, 700],
    ],
    [
      [120, 80],
      [244, 163],
    ],
    [
      [1, 1],
      [200, 200],
    ],
    [
      [3000, 20],
      [4201, 29],
    ],
    [
      [14, 2786],
      [29, 5643],
    ],
  ])('gives a region of %j the view %j that the released loop gives', ([width, height], [w, h]) => {
    expect(fitSize({ width: width!, height: height! }, official)).toEqual({ width: w, height: h })
  })

  it('widens a region of 200 : 1 or more to less than that', () => {
    // 28 x 5,700 is inside the pixel range: int(5700 / 190 + 1) = 31.
    expect(fitSize({ width: 28, height: 5700 }, official)).toEqual({ width: 31, height: 5700 })
    expect(fitSize({ width: 5700, height: 28 }, official)).toEqual({ width: 5700, height: 31 })
    expect(fitSize({ width: 28, height: 5599 }, official)).toEqual({ width: 28, height: 5599 })
    expect(fitSize({ width: 28, height: 5600 }, official)).toEqual({ width: 30, height: 5600 })
  })

  it('enlarges a thin first picture, for which the released loader takes the next row of its data', () => {
    expect(fitSize({ width: 3000, height: 20 }, profiles.official.firstView)).toEqual({ width: 4201, height: 29 })
  })

  it('leaves thin regions thin where the rule has no aspect limit', () => {
    expect(fitSize({ width: 28, height: 5700 }, profiles.official.firstView)).toEqual({ width: 28, height: 5700 })
  })

  it('shows a picture of any shape, however thin, within the budget and the shape that a server takes', () => {
    const side = fc.integer({ min: 1, max: 40_000 })
    const pixelReasoner = profiles['pixel-reasoner'].firstView
    const rules = [profiles.default.firstView, profiles.deepeyes.firstView, pixelReasoner]
    fc.assert(
      fc.property(side, side, fc.constantFrom(...rules), (width, height, rule) => {
        // A line that Pixel Reasoner's loop enlarges past what a picture can be: refused where it is drawn, below.
        fc.pre(rule !== pixelReasoner || Math.max(width / height, height / width) < 10_000)
        const fitted = fitSize({ width, height }, rule)
        const [longer, shorter] = [Math.max(fitted.width, fitted.height), Math.min(fitted.width, fitted.height)]
        expect(shorter).toBeGreaterThanOrEqual(28)
        expect(longer / shorter).toBeLessThanOrEqual(200)
        expect(longer).toBeLessThan(65_536)
      }),
    )
  })

  it('gives a line the size that Pixel Reasoner has for it, which is refused as too thin where it is drawn', async () => {
    const rule = profiles['pixel-reasoner'].firstView
    const size = { width: 1, height: 12_000 }
    expect(fitSize(size, rule).height).toBeGreaterThan(65_535)
    const create = { ...size, channels: 3, background: '#c33' } as const
    const picture = await openPicture(await sharp({ create }).png().toBuffer())
    await expect(view(picture, pixelBox(0, 0, 1, 12_000), rule)).rejects.toMatchObject({ code: 'picture-too-thin' })
  })

  it('keeps to the budget and to the shape for every region that is not thin', () => {
    const side = fc.integer({ min: 1, max: 20_000 })
    fc.assert(
      fc.property(side, side, (width, height) => {
        fc.pre(Math.max(width, height) / Math.min(width, height) < 10)
        const fitted = fitSize({ width, height }, official)
        const pixels = fitted.width * fitted.height
        expect(pixels).toBeLessThanOrEqual(2_000_000)
        expect(pixels).toBeGreaterThan(40_000 - fitted.width - fitted.height)
        expect(fitted.width / fitted.height / (width / height)).toBeCloseTo(1, 1)
      }),
    )
  })

  it('gives whole sides of at least the smallest for every region', () => {
    const side = fc.integer({ min: 1, max: 40_000 })
    fc.assert(
      fc.property(side, side, (width, height) => {
        const fitted = fitSize({ width, height }, official)
        expect(Number.isInteger(fitted.width) && Number.isInteger(fitted.height)).toBe(true)
        expect(Math.min(fitted.width, fitted.height)).toBeGreaterThanOrEqual(28)
        expect(Math.max(fitted.width / fitted.height, fitted.height / fitted.width)).toBeLessThan(200)
      }),
    )
  })
})

describe('a grid', () => {
  const grid = profiles.deepeyes.observationView

  // Worked by hand from the rounding that qwen-vl-utils defines; 350 / 28 = 12.5 goes to the even 12.
  it.each([
    [1000, 700, 1008, 700],
    [350, 350, 336, 336],
    [20, 20, 56, 56],
    [10, 1000, 28, 1008],
    [5000, 4000, 4004, 3192],
  ])('shows %dx%d at %dx%d', (width, height, w, h) => {
    expect(fitSize({ width, height }, grid)).toEqual({ width: w, height: h })
  })

  it('enlarges to the least number of pixels that the rule asks for', () => {
    expect(fitSize({ width: 100, height: 50 }, profiles['pixel-reasoner-lenient'].observationView)).toEqual({
      width: 644,
      height: 336,
    })
  })

  it('has whole cells and keeps to its range, for every region', () => {
    const side = fc.integer({ min: 1, max: 20_000 })
    fc.assert(
      fc.property(side, side, (width, height) => {
        fc.pre(Math.max(width, height) / Math.min(width, height) < 100)
        const fitted = fitSize({ width, height }, grid)
        const pixels = fitted.width * fitted.height
        expect([fitted.width % 28, fitted.height % 28]).toEqual([0, 0])
        expect(pixels).toBeGreaterThanOrEqual(4 * 28 * 28)
        expect(pixels).toBeLessThanOrEqual(16_384 * 28 * 28)
      }),
    )
  })
})

describe('view', () => {
  const data = Uint8Array.from({ length: 90 * 60 * 3 }, (_, i) => i % 251)
  const picture: Picture = {
    width: 90,
    height: 60,
    sha256: 'of a test',
    region: (boxPx, size, resampler) => region({ width: 90, height: 60, data }, boxPx, size, resampler),
  }

  it('is the fitted size, by the resampler of the rule', async () => {
    const boxPx = pixelBox(10, 10, 70, 50)
    const seen = await view(picture, boxPx, official)
    expect(seen).toEqual(await picture.region(boxPx, { width: 244, height: 163 }, 'nearest'))
    expect([seen.width, seen.height, seen.data.length]).toEqual([244, 163, 244 * 163 * 3])
  })

  it('takes the two steps of a thin region one after the other, to the pixels that Pillow gives', async () => {
    const open = (name: string) => openPicture(`${import.meta.dirname}/fixtures/${name}.png`)
    const boxPx = pixelBox(3, 90, 200, 93)
    const size = { width: 1891, height: 29 }
    const source = await open('source')
    const seen = await view(source, boxPx, official)
    const expected = await (await open('nearest-thin-1891x29')).region(pixelBox(0, 0, 1891, 29), size, 'nearest')
    expect([seen.width, seen.height]).toEqual([1891, 29])
    expect(Buffer.compare(seen.data, expected.data)).toBe(0)
    expect(Buffer.compare(seen.data, (await source.region(boxPx, size, 'nearest')).data)).not.toBe(0)
  })

  it('is the exact size when the rule says so', async () => {
    const rule: ViewRule = { kind: 'exact', width: 64, height: 64, resampler: 'area' }
    const seen = await view(picture, pixelBox(0, 0, 90, 60), rule)
    expect([seen.width, seen.height, seen.data.length]).toEqual([64, 64, 64 * 64 * 3])
  })
})

it.each([
  [27, 27, false], // enlarged to 200x200
  [1, 1, false],
  [28, 2000, false],
  [27, 2000, true],
  [1400, 20, true], // 1673x23 once it has 40,000 pixels
  [1000, 29, false],
  [100_000, 40, false], // 70710x28
  [100_000, 39, true],
  [50, 1_600, false],
] as const)('whether the released loader refuses %dx%d: %s', (width, height, refused) => {
  expect(isTooNarrow({ width, height }, profiles.official.firstView)).toBe(refused)
})
