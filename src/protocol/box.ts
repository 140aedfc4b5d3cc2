/** Boxes in two coordinate systems, branded so that the compiler keeps them apart. Pure. */

import type { z } from 'zod'

type Corners = readonly [x0: number, y0: number, x1: number, y1: number]

export type RelativeBrand = 'RelativeBox'
export type PixelBrand = 'PixelBox'

/** `[x0, y0, x1, y1]` as fractions (0..1) of the source picture's width and height; unchecked. */
export type RelativeBox = Corners & z.core.$brand<RelativeBrand>

/** `[x0, y0, x1, y1]` in whole pixels of the source picture; right and bottom edges are exclusive. */
export type PixelBox = Corners & z.core.$brand<PixelBrand>

export interface Size {
  readonly width: number
  readonly height: number
}

export function relativeBox(...corners: Corners): RelativeBox {
  return corners as RelativeBox
}

export function pixelBox(...corners: Corners): PixelBox {
  return corners as PixelBox
}

/** A region of a crop as a region of the picture that it was cropped from. */
export function withinParent(boxPx: PixelBox, parentBoxPx: PixelBox): PixelBox {
  const [left, top] = parentBoxPx
  return pixelBox(boxPx[0] + left, boxPx[1] + top, boxPx[2] + left, boxPx[3] + top)
}

export function boxSize(boxPx: PixelBox): Size {
  return { width: boxPx[2] - boxPx[0], height: boxPx[3] - boxPx[1] }
}

export function intersectionOverUnion(a: PixelBox, b: PixelBox): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const area = (box: PixelBox): number => (box[2] - box[0]) * (box[3] - box[1])
  return (width * height) / (area(a) + area(b) - width * height)
}

/** The box with its corners in order, inside the picture; with a `step`, the smallest one around it whose edges are multiples of that. */
export function tidyBox([x0, y0, x1, y1]: Corners, step?: number): RelativeBox {
  const on = (value: number, round: (steps: number) => number): number => {
    const inside = Math.min(1, Math.max(0, value))
    return step === undefined ? inside : round(Number((inside / step).toFixed(6))) * step
  }
  return relativeBox(
    on(Math.min(x0, x1), Math.floor),
    on(Math.min(y0, y1), Math.floor),
    on(Math.max(x0, x1), Math.ceil),
    on(Math.max(y0, y1), Math.ceil),
  )
}
