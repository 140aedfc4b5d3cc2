import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boxSize, pixelBox, relativeBox, withinParent } from './box.ts'
import type { RelativeBox } from './box.ts'
import { profiles } from './profile.ts'
import { resolveBox, resolveSource } from './resolve-box.ts'

const { official, default: helpful } = profiles
const box = (...corners: readonly number[]): RelativeBox => corners as unknown as RelativeBox

describe('resolveBox', () => {
  // Reference 5.5.
  it.each([
    [4000, 3000, [0.1, 0.2, 0.3, 0.4], [400, 600, 1200, 1200]],
    [4000, 3000, [0, 0, 1, 1], [0, 0, 3999, 2999]],
    [2250, 1500, [-0.05, 0.5, 0.2, 1.2], [0, 750, 450, 1499]],
    [100, 100, [0.29, 0.1, 0.58, 0.9], [28, 10, 57, 90]],
    [100, 100, [-0.005, -0.009, 0.5, 0.5], [0, 0, 50, 50]],
    [2, 2, [0, 0, 1, 1], [0, 0, 1, 1]],
  ])('%i x %i, %j -> %j', (width, height, corners, expected) => {
    expect(resolveBox(box(...corners), { width, height }, official)).toEqual({ boxPx: expected })
  })

  it.each([
    [2250, 1500, [0.5, 0.5, 0.5004, 0.6], 'empty-width', '[1125, 750, 1125, 900]'],
    [2250, 1500, [100, 200, 300, 400], 'empty-width', '[225000, 300000, 2249, 1499]'],
    [2250, 1500, [0.6, 0.1, 0.5, 0.2], 'empty-width', '[1350, 150, 1125, 300]'],
    [2250, 1500, [0.1, 0.9, 0.5, 0.2], 'empty-height', '[225, 1350, 1125, 300]'],
    [2250, 1500, [-0.5, 0.1, -0.2, 0.4], 'empty-width', '[0, 150, -450, 600]'],
    [1, 1, [0, 0, 1, 1], 'empty-width', '[0, 0, 0, 0]'],
    [1000, 1000, [0, 0, 0.8, 0.004], 'too-thin', 'exceeds 200, which is too large.'],
    [1000, 1000, [0, 0, 0.004, 0.8], 'too-thin', 'exceeds 200, which is too large.'],
    [1000, 1000, [0, 0, 1e308, 0.5], 'bad-box', 'cannot convert float infinity to integer'],
    [1000, 1000, [Number.NaN, 0, 1, 1], 'bad-box', ''],
    [1000, 1000, [0, 0, 1, Number.POSITIVE_INFINITY], 'bad-box', ''],
  ])('%i x %i, %j is refused as %s', (width, height, corners, code, quotedBox) => {
    const result = resolveBox(box(...corners), { width, height }, official)
    expect(result).toMatchObject({ code, error: expect.stringContaining(quotedBox) })
  })

  it('allows a shape just under the ratio', () => {
    expect(resolveBox(box(0, 0, 0.796, 0.004), { width: 1000, height: 1000 }, official)).toEqual({
      boxPx: [0, 0, 796, 4],
    })
  })

  it('says in its own words how to do better, where the profile asks for it', () => {
    const result = resolveBox(box(0.6, 0.1, 0.5, 0.2), { width: 100, height: 100 }, helpful)
    expect(result).toMatchObject({ error: expect.stringContaining('x0 has to be less than x1') })
  })

  it('gives a crop inside its source or an error, for any four numbers and any size', () => {
    const corner = fc.oneof(fc.double({ min: -2, max: 3 }), fc.double())
    const side = fc.integer({ min: 1, max: 40_000 })
    expect(() =>
      fc.assert(
        fc.property(corner, corner, corner, corner, side, side, (x0, y0, x1, y1, width, height) => {
          const result = resolveBox(relativeBox(x0, y0, x1, y1), { width, height }, official)
          if ('error' in result) return true
          const [left, top, right, bottom] = result.boxPx
          const inside = left >= 0 && top >= 0 && right <= width - 1 && bottom <= height - 1
          const whole = result.boxPx.every((value) => Number.isInteger(value) && !Object.is(value, -0))
          const size = boxSize(result.boxPx)
          const aspect = size.width / size.height
          return inside && whole && size.width >= 1 && size.height >= 1 && Math.max(aspect, 1 / aspect) < 200
        }),
      ),
    ).not.toThrow()
  })

  it('never leaves the original picture, however deep crops are nested', () => {
    const corner = fc.double({ min: -0.2, max: 1.2, noNaN: true })
    const anyBox = fc.tuple(corner, corner, corner, corner)
    expect(() =>
      fc.assert(
        fc.property(fc.array(anyBox, { maxLength: 6 }), (nested) => {
          let region = pixelBox(0, 0, 4000, 3000)
          return nested.every((corners) => {
            const result = resolveBox(box(...corners), boxSize(region), official)
            if ('error' in result) return true
            const outer = region
            region = withinParent(result.boxPx, outer)
            const inside =
              region[0] >= outer[0] && region[1] >= outer[1] && region[2] <= outer[2] && region[3] <= outer[3]
            const { width, height } = boxSize(region)
            return inside && width === boxSize(result.boxPx).width && height === boxSize(result.boxPx).height
          })
        }),
      ),
    ).not.toThrow()
  })
})

describe('the crops of other protocols', () => {
  const deepeyes = profiles['deepeyes-lenient']
  const padded = profiles['pixel-reasoner-lenient']
  const size = { width: 1000, height: 500 }

  it('reach the very edge, and are rounded rather than truncated', () => {
    expect(resolveBox(box(0, 0, 1, 1), size, deepeyes)).toEqual({ boxPx: [0, 0, 1000, 500] })
    expect(resolveBox(box(0.0006, -0.3, 0.29, 7), { width: 100, height: 500 }, deepeyes)).toEqual({
      boxPx: [0, 0, 29, 500],
    })
    expect(resolveBox(box(0.3, 0, 0.2, 1), size, deepeyes)).toMatchObject({ code: 'empty-width' })
  })

  it('are padded by a tenth of the source on every side, within it', () => {
    expect(resolveBox(box(0.3, 0.3, 0.4, 0.4), size, padded)).toEqual({ boxPx: [200, 100, 500, 250] })
    expect(resolveBox(box(0.05, 0, 0.95, 0.1), size, padded)).toEqual({ boxPx: [0, 0, 1000, 100] })
  })

  it('are refused up to 28 pixels a side, padding included', () => {
    const small = { width: 1000, height: 140 }
    expect(resolveBox(box(0.3, 0.5, 0.4, 0.5), small, padded)).toMatchObject({
      code: 'too-small',
      error: expect.stringContaining('[200, 56, 500, 84]'),
    })
    expect(resolveBox(box(0.3, 0.5, 0.4, 0.5072), small, padded)).toEqual({ boxPx: [200, 56, 500, 85] })
  })
})

describe('resolveSource', () => {
  const shown = { count: 3, originals: 1 }

  it.each([
    ['original_image', 0],
    ['observation_0', 0],
    ['observation_1', 1],
    ['observation_2', 2],
    ['observation_02', 2],
    ['observation_1 or so', 1],
  ])('%s is number %i', (source, index) => {
    expect(resolveSource(source, shown, official)).toEqual({ index })
  })

  it.each([
    ['observation_3', 'no-such-source'],
    ['observation_99999999999999999999', 'no-such-source'],
    ['observation_', 'bad-source'],
    ['Original_image', 'bad-source'],
    ['image', 'bad-source'],
    ['', 'bad-source'],
    ['x'.repeat(1_000_000), 'bad-source'],
    ['__proto__', 'bad-source'],
  ])('%.40s is refused as %s', (source, code) => {
    const result = resolveSource(source, shown, official)
    expect(result).toMatchObject({ code })
    expect((result as { error: string }).error.length).toBeLessThan(4_200)
  })

  it('forgives case and blanks where the profile is lenient', () => {
    expect(resolveSource(' Observation 2', shown, helpful)).toEqual({ index: 2 })
    expect(resolveSource('original image', shown, helpful)).toEqual({ index: 0 })
  })

  it.each([
    ['observation2', 2],
    ['obs_2', 2],
    ['observation #2', 2],
    ['<observation_2>', 2],
    ['[Observation 2]', 2],
    ['observation_2_image', 2],
    ['observation_2b', 2],
    ['original', 0],
    ['The original image', 0],
    ['original_image.jpg', 0],
    ['original picture', 0],
  ])('takes %s for picture %i where the profile is lenient', (source, index) => {
    expect(resolveSource(source, shown, helpful)).toEqual({ index })
    expect(resolveSource(source, shown, official)).toEqual(
      source === 'observation_2_image' || source === 'observation_2b'
        ? { index }
        : expect.objectContaining({ code: 'bad-source' }),
    )
  })

  it.each(['observations', 'originals', 'observatory_1', 'image 1', 'crop_1', ''])(
    'does not guess what %j is',
    (source) => {
      expect(resolveSource(source, shown, helpful)).toMatchObject({ code: 'bad-source' })
    },
  )
  it.each([
    ['original_image_1', { index: 0 }],
    ['Original Image 2', { index: 1 }],
    ['observation_1', { index: 2 }],
    ['observation_2', { index: 3 }],
    ['original_image', { code: 'which-original', error: expect.stringContaining('"original_image_2"') as unknown }],
    ['original_image_3', { code: 'no-such-source' }],
    ['original_image_0', { code: 'no-such-source' }],
    ['observation_0', { code: 'no-such-source' }],
    ['observation_3', { code: 'no-such-source' }],
  ])('of two pictures and two crops takes %s for %j', (source, expected) => {
    expect(resolveSource(source, { count: 4, originals: 2 }, helpful)).toMatchObject(expected)
  })

  it('knows the only picture by its number, too, but in the released loop', () => {
    expect(resolveSource('original_image_1', shown, helpful)).toEqual({ index: 0 })
    expect(resolveSource('original_image_1', shown, official)).toMatchObject({ code: 'bad-source' })
  })
})
