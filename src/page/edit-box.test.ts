import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pixelBox, tidyBox } from '../protocol/box.ts'
import { changedBox, drawnBox, edgeNames, typedBox } from './edit-box.ts'
import type { BoxEdges, BoxLimits, Grip } from './edit-box.ts'

const sign = fc.constantFrom(-1 as const, 0 as const, 1 as const)
const grip: fc.Arbitrary<Grip> = fc.oneof(fc.constant('move' as const), fc.record({ x: sign, y: sign }))

/** A region of a picture, the step of keys in it, and a box on steps inside. */
const place = fc
  .tuple(fc.nat(500), fc.nat(500), fc.integer({ min: 16, max: 4_000 }), fc.integer({ min: 16, max: 4_000 }))
  .chain(([left, top, width, height]) => {
    const least = [width / 16, height / 16] as const
    const limits: BoxLimits = { within: pixelBox(left, top, left + width, top + height), least }
    const cells = fc.tuple(fc.nat(15), fc.nat(15)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const)
    return fc.tuple(cells, cells).map(([[x0, x1], [y0, y1]]) => {
      const box: BoxEdges = [left + x0 * least[0], top + y0 * least[1], left + x1 * least[0], top + y1 * least[1]]
      return { limits, box }
    })
  })

function expectRoom([x0, y0, x1, y1]: BoxEdges, { within, least }: BoxLimits): void {
  const slack = 1e-6
  expect(x1 - x0).toBeGreaterThanOrEqual(least[0] - slack)
  expect(y1 - y0).toBeGreaterThanOrEqual(least[1] - slack)
  expect(Math.min(x0 - within[0], y0 - within[1], within[2] - x1, within[3] - y1)).toBeGreaterThanOrEqual(-slack)
}

describe('a box that is edited', () => {
  test('stays in its region and at least one step wide and high, wherever it is and however keys move or resize it', () => {
    const steps = fc.array(fc.record({ grip, x: sign, y: sign }), { maxLength: 40 })
    fc.assert(
      fc.property(place, steps, ({ limits, box }, presses) => {
        let now = box
        for (const { grip, x, y } of presses) {
          now = changedBox(now, grip, [x * limits.least[0], y * limits.least[1]], limits)
          expectRoom(now, limits)
        }
        // And as the policy reads it, which is on steps.
        const [left, top, right, bottom] = limits.within
        const share = (edge: number, low: number, high: number): number => (edge - low) / (high - low)
        const [x0, y0, x1, y1] = tidyBox(
          [
            share(now[0], left, right),
            share(now[1], top, bottom),
            share(now[2], left, right),
            share(now[3], top, bottom),
          ],
          1 / 16,
        )
        expect(Math.min(x1 - x0, y1 - y0)).toBeGreaterThanOrEqual(1 / 16)
      }),
    )
  })

  test('at any edge or corner, a grip pushed past the other side stops one step before it, and the other side stays', () => {
    fc.assert(
      fc.property(place, grip, ({ limits, box }, grip) => {
        if (grip === 'move') return
        const [x0, y0, x1, y1] = changedBox(box, grip, [-grip.x * 9_999, -grip.y * 9_999], limits)
        expectRoom([x0, y0, x1, y1], limits)
        if (grip.x >= 0) expect(x0).toBe(box[0])
        if (grip.x <= 0) expect(x1).toBe(box[2])
        if (grip.y >= 0) expect(y0).toBe(box[1])
        if (grip.y <= 0) expect(y1).toBe(box[3])
      }),
    )
  })

  test('between any two points is drawn at least one step wide and high', () => {
    const point = fc.tuple(fc.integer({ min: -100, max: 5_000 }), fc.integer({ min: -100, max: 5_000 }))
    fc.assert(fc.property(place, point, point, ({ limits }, a, b) => expectRoom(drawnBox(a, b, limits), limits)))
  })
})

describe('edges that are typed', () => {
  const within = pixelBox(100, 50, 500, 450)
  const before = [200, 100, 300, 200] as const

  test('replace those of the box', () => {
    expect(typedBox(before, { left: '120', bottom: ' 450 ' }, within)).toEqual([120, 100, 300, 450])
    expect(typedBox(before, {}, within)).toEqual(before)
  })

  test.each(
    edgeNames.flatMap((edge) => ['', ' ', '12.5', 'x', '-1', '501', '1e999'].map((text) => [edge, text] as const)),
  )('the %s edge "%s" is refused by its name, with what fits', (edge, text) => {
    expect(typedBox(before, { [edge]: text }, within)).toEqual({
      edge,
      problem: expect.stringMatching(new RegExp(`^The ${edge} edge is .+ whole pixels .+, from \\d+ to \\d+\\.$`)),
    })
  })

  test.each([
    [{ left: '300' }, 'left'],
    [{ right: '200' }, 'right'],
    [{ top: '300' }, 'top'],
    [{ bottom: '60' }, 'bottom'],
  ] as const)('a box without an inside is refused: %j', (typed, edge) => {
    expect(typedBox(before, typed, within)).toMatchObject({ edge, problem: expect.stringContaining('has to be less') })
  })
})
