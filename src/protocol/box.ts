/** Boxes in two coordinate systems, branded so that the compiler keeps them apart. Pure. */

declare const relativeBrand: unique symbol
declare const pixelBrand: unique symbol

/** `[x0, y0, x1, y1]` as fractions (0..1) of the source picture's width and height; unchecked. */
export type RelativeBox = readonly [number, number, number, number] & { readonly [relativeBrand]: true }

/** `[x0, y0, x1, y1]` in whole pixels of the source picture; right and bottom edges are exclusive. */
export type PixelBox = readonly [number, number, number, number] & { readonly [pixelBrand]: true }

export interface Size {
  readonly width: number
  readonly height: number
}

export function relativeBox(x0: number, y0: number, x1: number, y1: number): RelativeBox {
  return [x0, y0, x1, y1] as unknown as RelativeBox
}

export function pixelBox(x0: number, y0: number, x1: number, y1: number): PixelBox {
  return [x0, y0, x1, y1] as unknown as PixelBox
}

/** A region of a crop as a region of the picture that it was cropped from. */
export function withinParent(boxPx: PixelBox, parentBoxPx: PixelBox): PixelBox {
  const [left, top] = parentBoxPx
  return pixelBox(boxPx[0] + left, boxPx[1] + top, boxPx[2] + left, boxPx[3] + top)
}

export function boxSize(boxPx: PixelBox): Size {
  return { width: boxPx[2] - boxPx[0], height: boxPx[3] - boxPx[1] }
}
