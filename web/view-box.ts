/** The visible part of a picture in its pixels: always inside the picture and with its aspect ratio. Pure. */
import type { Size } from '../src/protocol/box.ts'

/** Left, top, width, height. */
export type ViewBox = readonly [number, number, number, number]

/** Smallest width of a view, in picture pixels. */
const closest = 24

export function wholeView({ width, height }: Size): ViewBox {
  return [0, 0, width, height]
}

/** `by` below 1 zooms in; `at`: the fixed point, as a fraction of the view. */
export function zoomed(view: ViewBox, by: number, size: Size, at = { x: 0.5, y: 0.5 }): ViewBox {
  const width = Math.min(size.width, Math.max(Math.min(closest, size.width), view[2] * by))
  const height = (width * size.height) / size.width
  return inside([view[0] + (view[2] - width) * at.x, view[1] + (view[3] - height) * at.y, width, height], size)
}

export function moved(view: ViewBox, dx: number, dy: number, size: Size): ViewBox {
  return inside([view[0] + dx, view[1] + dy, view[2], view[3]], size)
}

/** A box with a margin of half its size. */
export function around([x0, y0, x1, y1]: readonly [number, number, number, number], size: Size): ViewBox {
  const share = Math.min(1, Math.max((x1 - x0) / size.width, (y1 - y0) / size.height) * 1.5)
  const [width, height] = [size.width * share, size.height * share]
  return inside([(x0 + x1 - width) / 2, (y0 + y1 - height) / 2, width, height], size)
}

function inside([x, y, width, height]: ViewBox, size: Size): ViewBox {
  const fit = (value: number, limit: number): number => Math.max(0, Math.min(limit, value))
  return [fit(x, size.width - width), fit(y, size.height - height), width, height]
}
