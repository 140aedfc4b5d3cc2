import fc from 'fast-check'
import sharp from 'sharp'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { searched } from '../../../test/searched.ts'
import { openPicture } from '../../vision/open.ts'
import { figureCells, mostCells } from './cells.ts'
import { lines, labelWidth } from './text.ts'
import { figureSvg, layoutOf } from './figure.ts'
import { writeSearchFile } from '../search-file.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'

const url = 'data:image/png;base64,AAAA'
function drawn(trajectory: Trajectory): string {
  const layout = layoutOf(trajectory)
  return figureSvg({ trajectory, layout, urls: new Map([...layout.pictures.keys()].map((index) => [index, url])) })
}

const parents = fc.array(fc.integer({ min: -1, max: 40 }), { maxLength: 31 })

test('every turn is in the figure once, in its order, in no more cells than can be read', () => {
  fc.assert(
    fc.property(parents, fc.boolean(), (looks, answered) => {
      const trajectory = searched(looks, 'a', answered ? '7' : null)
      const cells = figureCells(trajectory)
      const numbers = cells.flatMap((cell) =>
        cell.kind === 'turn' ? [cell.step.number] : cell.kind === 'more' ? cell.steps.map(({ number }) => number) : [],
      )
      expect(numbers).toEqual(trajectory.turns.map((_, index) => index + 1))
      expect(cells.length).toBeLessThanOrEqual(mostCells)
      expect(cells.at(-1)).toMatchObject(answered ? { kind: 'turn' } : { kind: 'end' })
    }),
  )
})

test('of a long search its first turn and the looks that led to its end are whole', () => {
  // Turn 26 looks into observation 20, whose crop came from observation 10.
  const looks = Array.from({ length: 26 }, (_, index) => (index === 19 ? 10 : index === 25 ? 20 : index))
  const whole = figureCells(searched(looks)).flatMap((cell) => (cell.kind === 'turn' ? [cell.step.number] : []))
  expect(whole).toEqual(expect.arrayContaining([1, 10, 20, 26, 27]))
})

test('nothing lies on anything else, and all of it inside', () => {
  fc.assert(
    fc.property(parents, (looks) => {
      const { cells, width, height, originals } = layoutOf(searched(looks))
      const rects = [...originals, ...cells.map(({ rect }) => rect)]
      for (const [index, a] of rects.entries()) {
        expect(Math.min(a.x, a.y, width - a.x - a.width, height - a.y - a.height)).toBeGreaterThanOrEqual(0)
        for (const b of rects.slice(index + 1)) {
          const apart = a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y
          expect(apart).toBe(true)
        }
      }
      for (const { rect, tiles } of cells) {
        for (const tile of tiles) {
          expect(tile.x + tile.width).toBeLessThanOrEqual(rect.x + rect.width)
          expect(tile.y + tile.height).toBeLessThanOrEqual(rect.y + rect.height)
        }
      }
    }),
  )
})

test('an arrow starts at the box in the picture that was looked into and ends at the crop', () => {
  const layout = layoutOf(searched([0, 1, 0, 2]))
  expect(layout.arrows.map(({ turn }) => turn)).toEqual([1, 2, 3, 4])
  const [, second] = layout.arrows
  const source = layout.pictures.get(1)!
  expect(second!.from).toMatchObject({ x: source.x, y: source.y, width: source.width / 2 })
  const crop = layout.pictures.get(2)!
  expect(second!.tip.x).toBeLessThan(crop.x)
  expect(second!.tip.y).toBeCloseTo(crop.y + crop.height / 2)
})

test('text of a model is text', () => {
  const svg = drawn(searched([0, -1], '</text><script>alert(1)</script>&\u0000\uffff "x'))
  expect(svg).not.toContain('<script')
  expect(svg).toContain('&lt;script&gt;')
  // oxlint-disable-next-line no-control-regex
  expect(svg).not.toMatch(/[\u0000\uffff]/)
})

test('lines fit, and what does not fit ends in an ellipsis', () => {
  const room = { widthPx: 200, lines: 3, sizePx: 19, weight: 400 } as const
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
      const out = lines(text, room)
      expect(out.length).toBeLessThanOrEqual(3)
      for (const line of out) expect(labelWidth(line, 19, 400)).toBeLessThanOrEqual(200)
    }),
  )
  expect(lines('one two', room)).toEqual(['one two'])
  expect(lines('word '.repeat(100), room).at(-1)).toMatch(/…$/)
  expect(lines('x'.repeat(300), room)).toHaveLength(3)
})

test('written as PNG and as SVG: the crop shows what is there, the letters come along', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-figure-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  // The first look is into the quarter at the top left, which is blue on red.
  const blue = {
    input: { create: { width: 512, height: 512, channels: 3, background: '#0000ff' } },
    left: 0,
    top: 0,
  } as const
  const red = { width: 1024, height: 1024, channels: 3, background: '#ff0000' } as const
  const picture = await openPicture(await sharp({ create: red }).composite([blue]).png().toBuffer())
  const trajectory = {
    ...searched([0], 'Too small. \u4f60\u597d'),
    picture: { sha256: picture.sha256, width: 1024, height: 1024 },
  }
  await writeSearchFile(join(folder, 'a.svg'), trajectory, [picture])
  await writeSearchFile(join(folder, 'a.png'), trajectory, [picture])
  expect(await readdir(folder)).toEqual(['a.png', 'a.svg'])
  const svg = await readFile(join(folder, 'a.svg'), 'utf8')
  expect(svg).toContain('data:font/woff2')
  const layout = layoutOf(trajectory)
  const { data, info } = await sharp(join(folder, 'a.png')).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const scale = info.width / layout.width
  const pixel = (x: number, y: number): number[] => [
    ...data.subarray((Math.round(y * scale) * info.width + Math.round(x * scale)) * 3).subarray(0, 3),
  ]
  const crop = layout.pictures.get(1)!
  const [r = 0, , b = 0] = pixel(crop.x + crop.width * 0.8, crop.y + crop.height * 0.8)
  expect([r < 30, b > 225]).toEqual([true, true])
  const [original] = layout.originals as [(typeof layout.originals)[0]]
  const [r0 = 0] = pixel(original.x + original.width * 0.75, original.y + 400)
  expect(r0).toBeGreaterThan(225)
  await expect(writeSearchFile(join(folder, 'a.bmp'), trajectory, [picture])).rejects.toThrow(/figure \(\.svg, \.png\)/)
})
