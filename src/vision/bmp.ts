/** Reads BMP, which libvips does not support: the header, and the pixels as packed RGB with alpha if stored. */
import type { Size } from '../protocol/box.ts'
import { byteAt } from '../shared/number-at.ts'

export interface BmpHeader extends Size {
  readonly bits: number
  readonly compression: number
  readonly topDown: boolean
  /** Red, green, blue, alpha; of a pixel of 16, 24 or 32 bits. */
  readonly masks: readonly number[]
  /** Packed RGB of 256 colours. */
  readonly palette: Uint8Array
  readonly dataAt: number
}

export interface BmpPixels {
  readonly rgb: Uint8Array
  readonly alpha?: Uint8Array
}

const [runs8, runs4, bitFields, alphaBitFields] = [1, 2, 3, 6]

/** Throws an Error that describes the defect. */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 26) throw new Error('its header is truncated')
  const size = view.getUint32(14, true)
  if (![12, 108, 124].includes(size) && (size < 16 || size > 64 || size % 4 !== 0))
    throw new Error(`its header has ${size} bytes`)
  if (bytes.byteLength < 14 + size) throw new Error('its header is truncated')
  const old = size === 12
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true)
  const rows = old ? view.getUint16(20, true) : view.getInt32(22, true)
  const bits = view.getUint16(old ? 24 : 28, true)
  // OS/2 headers may omit fields, and use two compression numbers differently from Windows.
  const field = (at: number): number => (at + 4 <= 14 + size ? view.getUint32(at, true) : 0)
  const compression = old ? 0 : field(30)
  if (width < 1 || rows === 0) throw new Error(`it is ${width}x${rows} pixels`)
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`its pixels have ${bits} bits`)
  if (size === 64 && compression > runs4) throw new Error(`it has the compression ${compression} of OS/2`)
  const fits =
    compression === 0 ||
    { [runs8]: [8], [runs4]: [4], [bitFields]: [16, 24, 32], [alphaBitFields]: [16, 32] }[compression]?.includes(bits)
  if (!fits) throw new Error(`it has ${bits} bits and the compression ${compression}`)
  const masked = compression === bitFields || compression === alphaBitFields
  const masksOutside = masked && size < 52 ? (compression === alphaBitFields ? 16 : 12) : 0
  if (bytes.byteLength < 14 + size + masksOutside) throw new Error('its header is truncated')
  const maskAt = (i: number): number =>
    i < 3 || size >= 56 || masksOutside === 16 ? view.getUint32(54 + 4 * i, true) : 0
  const stored = masked ? [0, 1, 2, 3].map(maskAt) : []
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0]
  const masks = stored.some((mask) => mask !== 0) ? stored : usual
  const paletteAt = 14 + size + masksOutside
  const colours = bits > 8 ? 0 : Math.min(256, (old ? 0 : field(46)) || 2 ** bits)
  const { palette, end } = readPalette(bytes, paletteAt, colours, old ? 3 : 4)
  const named = view.getUint32(10, true)
  return { width, height: Math.abs(rows), bits, compression, topDown: rows < 0, masks, palette, dataAt: named || end }
}

/** Whether Pillow supports its pixel layout. */
export function isPlain({ bits, masks, compression }: BmpHeader): boolean {
  const whole = masks.every((mask) => [0, 0xff, 0xff00, 0xff0000, 0xff000000].includes(mask))
  return bits !== 2 && compression !== alphaBitFields && (bits <= 16 || whole)
}

function readPalette(
  bytes: Uint8Array,
  at: number,
  colours: number,
  entry: number,
): { readonly palette: Uint8Array; readonly end: number } {
  const palette = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3))
  const end = at + colours * entry
  if (end > bytes.byteLength) throw new Error('its palette is truncated')
  for (let i = 0; i < colours; i++) {
    for (let c = 0; c < 3; c++) palette[i * 3 + c] = byteAt(bytes, at + i * entry + 2 - c)
  }
  return { palette, end }
}

/** Throws an Error if pixels are missing. */
export function bmpPixels(bytes: Uint8Array, header: BmpHeader): BmpPixels {
  const { bits, compression } = header
  if (compression === runs8 || compression === runs4) return ofPalette(indicesOfRuns(bytes, header), header)
  const stride = Math.ceil((header.width * bits) / 32) * 4
  if (header.dataAt + stride * header.height > bytes.byteLength) throw new Error('its pixels are truncated')
  return bits <= 8 ? ofPalette(packedIndices(bytes, header, stride), header) : ofMasks(bytes, header, stride)
}

/** Index of the stored row for row `y` of the picture. */
function storedRow(y: number, { height, topDown }: BmpHeader): number {
  return topDown ? y : height - 1 - y
}

/** Rows in stored order. */
function packedIndices(bytes: Uint8Array, { width, height, bits, dataAt }: BmpHeader, stride: number): Uint8Array {
  const indices = new Uint8Array(width * height)
  const mask = 2 ** bits - 1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * bits
      const byte = byteAt(bytes, dataAt + y * stride + (bit >> 3))
      indices[y * width + x] = (byte >> (8 - bits - (bit & 7))) & mask
    }
  }
  return indices
}

/** Rows in stored order; pixels not covered by a run have index 0. */
function indicesOfRuns(bytes: Uint8Array, { width, height, compression, dataAt }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height)
  const nibbles = compression === runs4
  let [x, y] = [0, 0]
  const put = (index: number): void => {
    if (x < width && y < height) indices[y * width + x++] = index
  }
  for (let at = dataAt; y < height;) {
    const whole = y === height - 1 && x >= width
    if (whole) break
    if (at + 2 > bytes.byteLength) throw new Error('its pixels are truncated')
    const [count, value] = [byteAt(bytes, at), byteAt(bytes, at + 1)]
    at += 2
    if (count > 0) {
      for (let i = 0; i < count; i++) put(nibbles ? nibble(value, i) : value)
    } else if (value === 0) {
      ;[x, y] = [0, y + 1]
    } else if (value === 1) {
      break
    } else if (value === 2) {
      if (at + 2 > bytes.byteLength) throw new Error('its pixels are truncated')
      x += byteAt(bytes, at)
      y += byteAt(bytes, at + 1)
      at += 2
    } else {
      const length = nibbles ? (value + 1) >> 1 : value
      if (at + length > bytes.byteLength) throw new Error('its pixels are truncated')
      for (let i = 0; i < value; i++) put(nibbles ? nibble(byteAt(bytes, at + (i >> 1)), i) : byteAt(bytes, at + i))
      at += length + (length & 1)
    }
  }
  return indices
}

function nibble(byte: number, i: number): number {
  return i % 2 === 0 ? byte >> 4 : byte & 15
}

function ofPalette(indices: Uint8Array, header: BmpHeader): BmpPixels {
  const { width, height, palette } = header
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0, o = 0; y < height; y++) {
    const row = storedRow(y, header) * width
    for (let x = 0; x < width; x++, o += 3) {
      const colour = byteAt(indices, row + x) * 3
      rgb[o] = byteAt(palette, colour)
      rgb[o + 1] = byteAt(palette, colour + 1)
      rgb[o + 2] = byteAt(palette, colour + 2)
    }
  }
  return { rgb }
}

function ofMasks(bytes: Uint8Array, header: BmpHeader, stride: number): BmpPixels {
  const { width, height, bits, masks, dataAt } = header
  const rgb = new Uint8Array(width * height * 3)
  const alpha = masks[3] === 0 ? undefined : new Uint8Array(width * height)
  const channels = masks.flatMap((mask, c) => {
    const out = c < 3 ? rgb : alpha
    if (mask === 0 || out === undefined) return []
    const shift = 31 - Math.clz32(mask & -mask)
    const place = c < 3 ? { first: c, step: 3 } : { first: 0, step: 1 }
    return [{ shift, most: mask >>> shift, out, ...place }]
  })
  const size = bits / 8
  for (let y = 0; y < height; y++) {
    const start = dataAt + storedRow(y, header) * stride
    for (const { shift, most, out, first, step } of channels) {
      let o = y * width * step + first
      if (bits > 16 && most === 255 && shift % 8 === 0) {
        const end = start + width * size
        for (let at = start + shift / 8; at < end; at += size, o += step) out[o] = byteAt(bytes, at)
      } else {
        for (let at = start; at < start + width * size; at += size, o += step) {
          let pixel = byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8)
          if (size > 2) pixel |= byteAt(bytes, at + 2) << 16
          if (size > 3) pixel |= byteAt(bytes, at + 3) << 24
          const value = (pixel >>> shift) & most
          out[o] = Math.floor((value * 255) / most)
        }
      }
    }
  }
  return { rgb, ...(alpha && { alpha }) }
}
