/**
 * Draws any region of a scene at any size, so that a view of a scene costs the view's pixels and not the picture's.
 * Drawing a region at once and cropping the full picture give the same content up to resampling: texture finer than
 * the drawn pixels is left out instead of aliased, and shapes are averaged over each pixel.
 */
import type { Size } from '../protocol/box.ts'
import type { Pixels } from '../vision/picture.ts'
import type { Clutter, Colour, Scene, SceneObject, Shape } from './scene.ts'
import { digitStrokes, insideShape } from './outline.ts'
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
const digitPlace: Readonly<Record<Shape, { height: number; dy: number }>> = {
  circle: { height: 0.56, dy: 0 },
  square: { height: 0.6, dy: 0 },
  triangle: { height: 0.48, dy: 0.17 },
  star: { height: 0.46, dy: 0.04 },
  cross: { height: 0.52, dy: 0 },
  heart: { height: 0.5, dy: -0.06 },
}
/** Stroke width as a share of the digit's height. */
const strokeShare = 0.17

/** The pixels of `region` drawn at `size`. */
export function drawScene(scene: Scene, region: Region, size: Size): Pixels {
  const data = new Uint8Array(size.width * size.height * 3)
  const canvas: Canvas = { data, size, region }
  paintGround(scene.ground, region, size, data)
  for (const item of scene.clutter) paintClutter(canvas, item)
  for (const object of scene.objects) paintObject(canvas, object)
  return { ...size, data }
}

interface Canvas {
  readonly data: Uint8Array
  readonly size: Size
  readonly region: Region
}

function paintClutter(canvas: Canvas, item: Clutter): void {
  const cos = Math.cos(item.turn)
  const sin = Math.sin(item.turn)
  const round = item.kind === 'pebble'
  const reach = (Math.abs(item.width * cos) + Math.abs(item.height * sin)) / 2
  const rise = (Math.abs(item.width * sin) + Math.abs(item.height * cos)) / 2
  fill(canvas, [item.x - reach, item.y - rise, item.x + reach, item.y + rise], item.rgb, (x, y) => {
    const u = ((x - item.x) * cos + (y - item.y) * sin) / (item.width / 2)
    const v = ((y - item.y) * cos - (x - item.x) * sin) / (item.height / 2)
    return round ? u * u + v * v <= 1 : Math.abs(u) <= 1 && Math.abs(v) <= 1
  })
  if (item.kind === 'sign') paintDigit(canvas, item.digit, item.x, item.y, item.height * 0.7, signInk)
}

function paintObject(canvas: Canvas, object: SceneObject): void {
  const { x: cx, y: cy, side, shape, colour } = object
  const half = side / 2
  fill(canvas, [cx - half, cy - half, cx + half, cy + half], colourRgb[colour], (x, y) =>
    insideShape(shape, (x - cx) / half, (y - cy) / half),
  )
  const place = digitPlace[shape]
  paintDigit(canvas, object.digit, cx, cy + place.dy * side, place.height * side, digitRgb[colour])
}

function paintDigit(canvas: Canvas, digit: number, cx: number, cy: number, height: number, rgb: Rgb): void {
  const strokes = digitStrokes[digit]!
  const radius = (height * strokeShare) / 2
  const width = height * 0.62
  const x0 = cx - width / 2
  const y0 = cy - height / 2
  const w = width - 2 * radius
  const h = height - 2 * radius
  fill(canvas, [x0, y0, x0 + width, y0 + height], rgb, (x, y) => {
    const px = x - x0 - radius
    const py = y - y0 - radius
    for (let i = 0; i + 3 < strokes.length; i += 2) {
      if (Number.isNaN(strokes[i + 2]!) || Number.isNaN(strokes[i]!)) continue
      const ax = strokes[i]! * w
      const ay = strokes[i + 1]! * h
      const bx = strokes[i + 2]! * w - ax
      const by = strokes[i + 3]! * h - ay
      const t = Math.max(0, Math.min(1, ((px - ax) * bx + (py - ay) * by) / (bx * bx + by * by || 1)))
      const dx = px - ax - t * bx
      const dy = py - ay - t * by
      if (dx * dx + dy * dy <= radius * radius) return true
    }
    return false
  })
}

/** Blends `rgb` over the pixels of `extent` by the share of each pixel that `inside` covers. */
function fill(canvas: Canvas, extent: Region, rgb: Rgb, inside: (x: number, y: number) => boolean): void {
  const { data, size, region } = canvas
  const scaleX = size.width / (region[2] - region[0])
  const scaleY = size.height / (region[3] - region[1])
  const left = Math.max(0, Math.floor((extent[0] - region[0]) * scaleX))
  const top = Math.max(0, Math.floor((extent[1] - region[1]) * scaleY))
  const right = Math.min(size.width, Math.ceil((extent[2] - region[0]) * scaleX))
  const bottom = Math.min(size.height, Math.ceil((extent[3] - region[1]) * scaleY))
  if (left >= right || top >= bottom) return
  // Small things need more samples a pixel: their whole outline lies in a few pixels.
  const across = (extent[2] - extent[0]) * scaleX
  const n = across < 8 ? 5 : across < 40 ? 3 : 2
  const step = 1 / n
  for (let py = top; py < bottom; py++) {
    for (let px = left; px < right; px++) {
      let hits = 0
      for (let sy = 0; sy < n; sy++) {
        const y = region[1] + (py + (sy + 0.5) * step) / scaleY
        for (let sx = 0; sx < n; sx++) if (inside(region[0] + (px + (sx + 0.5) * step) / scaleX, y)) hits++
      }
      if (hits === 0) continue
      const share = hits / (n * n)
      const at = (py * size.width + px) * 3
      for (let c = 0; c < 3; c++) data[at + c] = Math.round(data[at + c]! + (rgb[c]! - data[at + c]!) * share)
    }
  }
}
