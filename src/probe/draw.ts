/**
 * Draws any region of a scene at any size, so that a view of a scene costs the view's pixels and not the picture's.
 * Drawing a region at once and cropping the full picture give the same content up to resampling: texture finer than
 * the drawn pixels is left out instead of aliased, and shapes are averaged over each pixel.
 */
import type { Size } from '../protocol/box.ts'
import type { Pixels } from '../vision/picture.ts'
import type { Clutter, Colour, Scene, SceneObject, Shape } from './scene.ts'
import { digitAspect, insideDigit, insideShape } from './outline.ts'
import { digitMask, maskCell, maskSide, shapeMask, unsure, type Mask } from './mask.ts'
import { paintGround } from './ground.ts'

/** A region in fractions of the picture: `[x0, y0, x1, y1]`. */
export type Region = readonly [number, number, number, number]

type Rgb = readonly [number, number, number]

export const colourRgb: Readonly<Record<Colour, Rgb>> = {
  red: [214, 36, 40],
  orange: [244, 128, 24],
  yellow: [240, 212, 40],
  green: [36, 158, 64],
  blue: [36, 86, 214],
  purple: [150, 52, 190],
}
const digitRgb: Readonly<Record<Colour, Rgb>> = {
  red: [255, 255, 255],
  orange: [20, 20, 20],
  yellow: [20, 20, 20],
  green: [255, 255, 255],
  blue: [255, 255, 255],
  purple: [255, 255, 255],
}
const signInk: Rgb = [30, 30, 34]

/** The digit's height and where it sits, as fractions of the shape's side: each shape has room elsewhere. */
export const digitPlace: Readonly<Record<Shape, { height: number; dy: number }>> = {
  circle: { height: 0.66, dy: 0 },
  square: { height: 0.72, dy: 0 },
  triangle: { height: 0.52, dy: 0.17 },
  star: { height: 0.54, dy: 0.04 },
  cross: { height: 0.6, dy: 0 },
  heart: { height: 0.58, dy: -0.05 },
}

/** The pixels of `region` drawn at `size`. */
export function drawScene(scene: Scene, region: Region, size: Size): Pixels {
  const data = new Uint8Array(size.width * size.height * 3)
  const canvas: Canvas = {
    data,
    size,
    region,
    xs: new Float64Array(size.width * maxSamples),
    marks: new Uint8Array(size.width * maxSamples),
    hits: new Uint8Array(size.width),
  }
  paintGround(scene.ground, region, size, data)
  for (const item of scene.clutter) if (inView(region, item, (item.width + item.height) / 2)) paintClutter(canvas, item)
  for (const object of scene.objects) if (inView(region, object, object.side / 2)) paintObject(canvas, object)
  return { ...size, data }
}

/** Whether anything within `reach` of the item's middle, along either axis, can be in the region. */
function inView(region: Region, { x, y }: { x: number; y: number }, reach: number): boolean {
  return x + reach > region[0] && x - reach < region[2] && y + reach > region[1] && y - reach < region[3]
}

/** Samples along a pixel's side, at most. */
const maxSamples = 5

interface Canvas {
  readonly data: Uint8Array
  readonly size: Size
  readonly region: Region
  /** Scratch of `fill`: for each sample of a row its x and whether it is inside, for each pixel its samples inside. */
  readonly xs: Float64Array
  readonly marks: Uint8Array
  readonly hits: Uint8Array
}

/** Marks which of the `count` samples at `xs` and height `y` lie inside: 1 or 0 each. */
type MarkRow = (y: number, xs: Float64Array, marks: Uint8Array, count: number) => void

function paintClutter(canvas: Canvas, item: Clutter): void {
  const cos = Math.cos(item.turn)
  const sin = Math.sin(item.turn)
  const round = item.kind === 'pebble'
  const reach = (Math.abs(item.width * cos) + Math.abs(item.height * sin)) / 2
  const rise = (Math.abs(item.width * sin) + Math.abs(item.height * cos)) / 2
  const perHalfWidth = 2 / item.width
  const perHalfHeight = 2 / item.height
  fill(canvas, [item.x - reach, item.y - rise, item.x + reach, item.y + rise], item.rgb, (y, xs, marks, count) => {
    const down = y - item.y
    for (let i = 0; i < count; i++) {
      const along = xs[i]! - item.x
      const u = (along * cos + down * sin) * perHalfWidth
      const v = (down * cos - along * sin) * perHalfHeight
      marks[i] = (round ? u * u + v * v <= 1 : Math.abs(u) <= 1 && Math.abs(v) <= 1) ? 1 : 0
    }
  })
  if (item.kind === 'sign') paintDigit(canvas, item.digit, item.x, item.y, item.height * 0.7, signInk)
}

function paintObject(canvas: Canvas, object: SceneObject): void {
  const { x: cx, y: cy, side, shape, colour } = object
  const half = side / 2
  const extent: Region = [cx - half, cy - half, cx + half, cy + half]
  const mark = markByMask(shapeMask(shape), extent, (x, y) => insideShape(shape, (x - cx) / half, (y - cy) / half))
  fill(canvas, extent, colourRgb[colour], mark)
  const place = digitPlace[shape]
  paintDigit(canvas, object.digit, cx, cy + place.dy * side, place.height * side, digitRgb[colour])
}

function paintDigit(canvas: Canvas, digit: number, cx: number, cy: number, height: number, rgb: Rgb): void {
  const width = height * digitAspect
  const x0 = cx - width / 2
  const y0 = cy - height / 2
  const inside = insideDigit(digit, height)
  const extent: Region = [x0, y0, x0 + width, y0 + height]
  fill(
    canvas,
    extent,
    rgb,
    markByMask(digitMask(digit), extent, (x, y) => inside(x - x0, y - y0)),
  )
}

/** Marks by a mask stretched over `extent`; only samples that it leaves unsure are tested by `inside`. */
function markByMask(mask: Mask, extent: Region, inside: (x: number, y: number) => boolean): MarkRow {
  const [x0, y0, x1, y1] = extent
  const perX = 1 / (x1 - x0)
  const perY = 1 / (y1 - y0)
  return (y, xs, marks, count) => {
    const row = maskCell((y - y0) * perY) * maskSide
    for (let i = 0; i < count; i++) {
      const x = xs[i]!
      const state = mask[row + maskCell((x - x0) * perX)]!
      marks[i] = state === unsure ? (inside(x, y) ? 1 : 0) : state
    }
  }
}

/** Stored in a byte, which cuts the fraction off. */
function blended(before: number, colour: number, share: number): number {
  return before + (colour - before) * share + 0.5
}

/** Blends `rgb` over the pixels of `extent` by the share of each pixel that `mark` finds inside. */
function fill(canvas: Canvas, extent: Region, rgb: Rgb, mark: MarkRow): void {
  const { data, size, region, xs, marks, hits } = canvas
  const [red, green, blue] = rgb
  const scaleX = size.width / (region[2] - region[0])
  const scaleY = size.height / (region[3] - region[1])
  const left = Math.max(0, Math.floor((extent[0] - region[0]) * scaleX))
  const top = Math.max(0, Math.floor((extent[1] - region[1]) * scaleY))
  const right = Math.min(size.width, Math.ceil((extent[2] - region[0]) * scaleX))
  const bottom = Math.min(size.height, Math.ceil((extent[3] - region[1]) * scaleY))
  if (left >= right || top >= bottom) return
  // Small things need more samples a pixel: their whole outline lies in a few pixels.
  const across = (extent[2] - extent[0]) * scaleX
  const n = across < 8 ? maxSamples : across < 40 ? 3 : 2
  const step = 1 / n
  const count = (right - left) * n
  for (let i = 0; i < count; i++) {
    xs[i] = region[0] + (left + Math.floor(i / n) + ((i % n) + 0.5) * step) / scaleX
  }
  for (let py = top; py < bottom; py++) {
    hits.fill(0, left, right)
    for (let sy = 0; sy < n; sy++) {
      mark(region[1] + (py + (sy + 0.5) * step) / scaleY, xs, marks, count)
      for (let px = left, i = 0; px < right; px++) {
        let inside = hits[px]!
        for (const end = i + n; i < end; i++) inside += marks[i]!
        hits[px] = inside
      }
    }
    let at = (py * size.width + left) * 3
    for (let px = left; px < right; px++, at += 3) {
      const share = hits[px]! / (n * n)
      if (share === 0) continue
      data[at] = blended(data[at]!, red, share)
      data[at + 1] = blended(data[at + 1]!, green, share)
      data[at + 2] = blended(data[at + 2]!, blue, share)
    }
  }
}
