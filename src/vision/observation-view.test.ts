import { describe, expect, it } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import { profiles } from '../protocol/profile.ts'
import { observationView, storedView, viewKey } from './observation-view.ts'
import type { Picture } from './picture.ts'
import { region } from './region.ts'

const data = Uint8Array.from({ length: 90 * 60 * 3 }, (_, i) => 1 + (i % 250))
const picture: Picture = {
  width: 90,
  height: 60,
  sha256: 'of a test',
  region: (boxPx, size, resampler) => region({ width: 90, height: 60, data }, boxPx, size, resampler),
}
const whole = pixelBox(0, 0, 90, 60)
const original = { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: { width: 84, height: 56 } }

describe('what a policy sees', () => {
  it('is black where a box of DeepEyes leaves the picture, and the picture where it does not', async () => {
    const boxPx = pixelBox(62, 32, 90, 60)
    const askedPx = pixelBox(62, 32, 118, 88)
    const view = { width: 56, height: 56 }
    const crop = { index: 1, parent: 0, boxPx, askedPx, boxInOriginalPx: boxPx, view }
    const seen = await observationView(picture, crop, [original, crop], profiles.deepeyes)
    const pixel = (x: number, y: number) => [...seen.data.subarray((y * 56 + x) * 3, (y * 56 + x) * 3 + 3)]
    const from = (x: number, y: number) => [...data.subarray((y * 90 + x) * 3, (y * 90 + x) * 3 + 3)]
    expect([seen.width, seen.height]).toEqual([56, 56])
    expect([pixel(0, 0), pixel(27, 27)]).toEqual([from(62, 32), from(89, 59)])
    expect([pixel(28, 0), pixel(0, 28), pixel(55, 55)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ])
    const beside = { ...crop, askedPx: pixelBox(200, 200, 256, 256) }
    const dark = await observationView(picture, beside, [original, beside], profiles.deepeyes)
    expect(dark.data.every((level) => level === 0)).toBe(true)
    expect(viewKey(picture, crop, [original, crop], profiles.deepeyes)).not.toBe(
      viewKey(picture, beside, [original, beside], profiles.deepeyes),
    )
  })

  it('has the size that a stored search noted, also where the settings of its profile were changed', async () => {
    const view = { width: 96, height: 64 }
    const seen = await storedView(picture, { observations: [{ ...original, view }] }, 0, profiles.embedded)
    const expected = await picture.region(whole, view, profiles.embedded.firstView.resampler)
    expect({ width: seen.width, height: seen.height }).toEqual(view)
    expect(Buffer.compare(seen.data, expected.data)).toBe(0)
    const { width, height } = await observationView(picture, original, [original], profiles.embedded)
    const own = { observations: [{ ...original, view: { width, height } }] }
    expect((await storedView(picture, own, 0, profiles.embedded)).width).toBe(64)
  })

  it('is made by Pixel Reasoner of the resized picture that the crop was cut from', async () => {
    const profile = profiles['pixel-reasoner']
    const frame = await picture.region(whole, { width: 560, height: 392 }, 'bicubic')
    const askedPx = pixelBox(0, 0, 300, 200)
    const boxPx = pixelBox(0, 0, 48, 33)
    const view = { width: 784, height: 532 }
    const crop = { index: 1, parent: 0, boxPx, askedPx, boxInOriginalPx: boxPx, view }
    const cut = await region(frame, askedPx, { width: 560, height: 392 }, 'bicubic')
    const expected = await region(cut, pixelBox(0, 0, 560, 392), view, 'bicubic')
    const seen = await observationView(picture, crop, [original, crop], profile)
    expect(Buffer.compare(seen.data, expected.data)).toBe(0)
  })
})
