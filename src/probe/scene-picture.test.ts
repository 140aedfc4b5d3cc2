import { describe, expect, it } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { random } from '../shared/random.ts'
import type { Pixels } from '../vision/picture.ts'
import { region } from '../vision/region.ts'
import { colourRgb, drawScene } from './draw.ts'
import { makeScene } from './scene.ts'
import { scenePicture } from './scene-picture.ts'

/** In 8-bit steps: the mean, the largest, and the share of values that are more than 24 apart. */
function difference(a: Pixels, b: Pixels): { mean: number; largest: number; shareApart: number } {
  expect([a.width, a.height, a.data.length]).toEqual([b.width, b.height, b.data.length])
  const { data } = a
  // One loop, since the arrays hold millions of values.
  let [sum, largest, apart] = [0, 0, 0]
  for (let i = 0; i < data.length; i++) {
    const d = Math.abs(data[i]! - b.data[i]!)
    sum += d
    largest = Math.max(largest, d)
    if (d > 24) apart++
  }
  return { mean: sum / data.length, largest, shareApart: apart / data.length }
}

describe('scenePicture', () => {
  it.each(levels)('draws a region at once as averaging the full %s picture would', async (level: Level) => {
    const sidePx = 2048
    for (const seed of [3, 11]) {
      const scene = makeScene(seed, level)
      const picture = scenePicture(scene, sidePx)
      const full = drawScene(scene, [0, 0, 1, 1], { width: sidePx, height: sidePx })
      const rng = random('regions', level, seed)
      const { x, y } = scene.objects[scene.target]!
      for (const share of [1, 9 / 16, 1 / 4, 1 / 16]) {
        const width = Math.round(share * sidePx)
        const height = Math.round(width * rng.between(0.7, 1))
        const low = (at: number, length: number): number =>
          Math.max(0, Math.min(sidePx - length, Math.round(at * sidePx - rng.next() * length)))
        const [x0, y0] = [low(x, width), low(y, height)]
        const boxPx = pixelBox(x0, y0, x0 + width, y0 + height)
        const half = { width: width >> 1, height: height >> 1 }
        for (const size of [{ width: 64, height: 64 }, { width: 100, height: 37 }, half]) {
          const drawn = await picture.region(boxPx, size, 'area')
          const apart = difference(drawn, await region(full, boxPx, size, 'area'))
          expect(apart.mean).toBeLessThan(4)
          expect(apart.shareApart).toBeLessThan(0.01)
          // Outlines are sampled 2 to 5 times along a pixel, so single pixels on them differ by up to half a step.
          expect(apart.largest).toBeLessThan(128)
        }
      }
    }
  })

  it('shows no more of a region than the picture holds', async () => {
    const scene = makeScene(5, 'hard')
    const picture = scenePicture(scene, 512)
    const full = drawScene(scene, [0, 0, 1, 1], { width: 512, height: 512 })
    const boxPx = pixelBox(200, 100, 232, 132)
    for (const resampler of ['nearest', 'lanczos3'] as const) {
      const enlarged = await picture.region(boxPx, { width: 128, height: 128 }, resampler)
      const { mean } = difference(enlarged, await region(full, boxPx, { width: 128, height: 128 }, resampler))
      expect(mean).toBeLessThan(0.5)
    }
  })

  it('draws 8K pictures', async () => {
    const scene = makeScene(9, 'hard')
    const { x, y, colour } = scene.objects[scene.target]!
    const picture = scenePicture(scene, 8192)
    const top = Math.round(y * 8192) - 100
    const band = await picture.region(pixelBox(0, top, 8192, top + 200), { width: 8192, height: 200 }, 'area')
    const row = band.data.subarray(100 * 8192 * 3, 101 * 8192 * 3)
    const near = Array.from({ length: 300 }, (_, i) => Math.round(x * 8192) - 150 + i)
    expect(near.some((px) => colourRgb[colour].every((value, c) => row[px * 3 + c] === value))).toBe(true)
  })

  it('is named by its content and size', () => {
    const name = (seed: number, sidePx: number): string => scenePicture(makeScene(seed, 'easy'), sidePx).sha256
    expect(name(1, 512)).toMatch(/^[0-9a-f]{64}$/)
    expect(name(1, 512)).toBe(name(1, 512))
    expect(new Set([name(1, 512), name(2, 512), name(1, 513)]).size).toBe(3)
  })
})
