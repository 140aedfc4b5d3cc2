/** The colour that Pillow uses for pixels of a GIF that its first frame leaves transparent or does not cover. */
import type { Size } from '../protocol/box.ts'
import { byteAt } from '../shared/number-at.ts'

export interface GifBackdrop {
  readonly colour: readonly [red: number, green: number, blue: number]
  /** The frame on the canvas: left, top, right, bottom. */
  readonly frame: readonly [number, number, number, number]
}

const [extension, image, graphicControl] = [0x21, 0x2c, 0xf9]

/** The transparent colour of the first frame, or colour 0 if it has none. Throws an Error if there is no frame. */
export function gifBackdrop(bytes: Uint8Array): GifBackdrop {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // In a truncated file no frame is found.
  const byte = (at: number): number => bytes[at] ?? 0
  const shared = byte(10) & 0x80 ? 13 : undefined
  let at = 13 + (shared === undefined ? 0 : tableBytes(byte(10)))
  let index = 0
  for (; bytes[at] === extension; at++) {
    if (byte(at + 1) === graphicControl && byte(at + 3) & 1) index = byte(at + 6)
    for (at += 2; byte(at) > 0; at += byte(at) + 1);
  }
  if (bytes[at] !== image || at + 10 > bytes.byteLength) throw new Error('it has no frame')
  const own = byte(at + 9) & 0x80 ? at + 10 : undefined
  const table = own ?? shared
  const colour = (c: number): number => (table === undefined ? index : byte(table + index * 3 + c))
  const [left, top] = [view.getUint16(at + 1, true), view.getUint16(at + 3, true)]
  const [right, bottom] = [left + view.getUint16(at + 5, true), top + view.getUint16(at + 7, true)]
  return { colour: [colour(0), colour(1), colour(2)], frame: [left, top, right, bottom] }
}

function tableBytes(packed: number): number {
  return 3 * 2 ** ((packed & 7) + 1)
}

/** Converts decoded RGBA to packed RGB. */
export function onBackdrop(rgba: Uint8Array, { width, height }: Size, { colour, frame }: GifBackdrop): Uint8Array {
  const rgb = new Uint8Array(width * height * 3)
  const [left, top, right, bottom] = frame
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const shown = byteAt(rgba, i * 4 + 3) > 0 && x >= left && x < right && y >= top && y < bottom
      rgb.set(shown ? rgba.subarray(i * 4, i * 4 + 3) : colour, i * 3)
    }
  }
  return rgb
}
