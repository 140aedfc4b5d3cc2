/** Outlines of shapes and digits, as inside tests and strokes in unit coordinates. Pure. */
import type { Shape } from './scene.ts'
import { itemAt } from '../shared/known.ts'
import { doubleAt } from '../shared/number-at.ts'

/** Whether `(u, v)`, each in -1..1 from left to right and top to bottom, lies inside the shape. */
export function insideShape(shape: Shape, u: number, v: number): boolean {
  switch (shape) {
    case 'circle':
      return u * u + v * v <= 1
    case 'square':
      return Math.abs(u) <= 0.88 && Math.abs(v) <= 0.88
    case 'triangle':
      return v <= 0.92 && v >= -1 && Math.abs(u) <= (v + 1) * 0.52
    case 'cross':
      return (Math.abs(u) <= 0.42 && Math.abs(v) <= 1) || (Math.abs(v) <= 0.42 && Math.abs(u) <= 1)
    case 'star':
      return insidePolygon(starPoints, u, v)
    case 'heart': {
      // The classic sextic (x² + y² - 1)³ <= x² y³, shifted so that it fills the unit square.
      const x = u * 1.17
      const y = -v * 1.13 + 0.12
      const r = x * x + y * y - 1
      return r * r * r <= x * x * y * y * y
    }
  }
}

/** A fat five-pointed star, so that a digit fits inside: outer radius 1.05, inner 0.56. */
const starPoints = Float64Array.from(
  Array.from({ length: 10 }, (_, i) => {
    const radius = i % 2 === 0 ? 1.05 : 0.56
    const angle = (Math.PI * i) / 5
    return [Math.sin(angle) * radius, -Math.cos(angle) * radius + 0.05]
  }).flat(),
)

function insidePolygon(points: Float64Array, u: number, v: number): boolean {
  let inside = false
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [
      doubleAt(points, i),
      doubleAt(points, i + 1),
      doubleAt(points, j),
      doubleAt(points, j + 1),
    ]
    if (yi > v !== yj > v && u < ((xj - xi) * (v - yi)) / (yj - yi) + xi) inside = !inside
  }
  return inside
}

/** Points of an arc around `(cx, cy)`; angles in degrees, 0 to the right, growing clockwise. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): number[] {
  const steps = Math.max(4, Math.ceil(Math.abs(to - from) / 30))
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)]
  }).flat()
}

const lift = [NaN, NaN]

/** Each digit's pen strokes as `x, y, x, y, ...` in the unit square; a `NaN` pair lifts the pen. */
const digitStrokes: readonly Float64Array[] = [
  arc(0.5, 0.5, 0.5, 0.5, 0, 360),
  [0.12, 0.22, 0.55, 0, 0.55, 1, ...lift, 0.15, 1, 0.95, 1],
  [...arc(0.5, 0.28, 0.48, 0.28, 190, 390), 0, 1, 1, 1],
  [...arc(0.45, 0.25, 0.47, 0.25, 200, 450), ...lift, ...arc(0.45, 0.74, 0.53, 0.26, -90, 160)],
  [0.75, 1, 0.75, 0, 0, 0.68, 1, 0.68],
  [0.92, 0, 0.14, 0, 0.08, 0.45, ...arc(0.46, 0.68, 0.52, 0.32, -110, 150)],
  [0.8, 0, ...arc(0.5, 0.68, 0.5, 0.32, 210, 570)],
  [0, 0, 1, 0, 0.35, 1],
  [...arc(0.5, 0.25, 0.43, 0.25, 90, 450), ...lift, ...arc(0.5, 0.75, 0.5, 0.25, -90, 270)],
  [0.2, 1, ...arc(0.5, 0.32, 0.5, 0.32, 30, -330)],
].map((points) => Float64Array.from(points))

/** A digit's width as a share of its height, and its stroke's width as a share of its height. */
export const digitAspect = 0.62
const strokeShare = 0.17

/** The inside test of a digit `height` tall, whose top left corner is the origin. */
export function insideDigit(digit: number, height: number): (x: number, y: number) => boolean {
  const points = itemAt(digitStrokes, digit)
  const radius = (height * strokeShare) / 2
  const w = height * digitAspect - 2 * radius
  const h = height - 2 * radius
  // Nine numbers a segment: start, direction, squared length, and the middle and half sides of a box around its stroke.
  const found: number[] = []
  for (let i = 0; i + 3 < points.length; i += 2) {
    if (Number.isNaN(doubleAt(points, i + 2)) || Number.isNaN(doubleAt(points, i))) continue
    const ax = doubleAt(points, i) * w
    const ay = doubleAt(points, i + 1) * h
    const bx = doubleAt(points, i + 2) * w - ax
    const by = doubleAt(points, i + 3) * h - ay
    const around = radius * 1.01
    found.push(ax, ay, bx, by, bx * bx + by * by || 1)
    found.push(ax + bx / 2, ay + by / 2, Math.abs(bx) / 2 + around, Math.abs(by) / 2 + around)
  }
  const segments = Float64Array.from(found)
  return (x, y) => {
    const px = x - radius
    const py = y - radius
    for (let i = 0; i < segments.length; i += 9) {
      if (
        Math.abs(px - doubleAt(segments, i + 5)) > doubleAt(segments, i + 7) ||
        Math.abs(py - doubleAt(segments, i + 6)) > doubleAt(segments, i + 8)
      )
        continue
      const ax = doubleAt(segments, i)
      const ay = doubleAt(segments, i + 1)
      const bx = doubleAt(segments, i + 2)
      const by = doubleAt(segments, i + 3)
      const t = Math.max(0, Math.min(1, ((px - ax) * bx + (py - ay) * by) / doubleAt(segments, i + 4)))
      const dx = px - ax - t * bx
      const dy = py - ay - t * by
      if (dx * dx + dy * dy <= radius * radius) return true
    }
    return false
  }
}
