/** Converts pictures with numeric samples (floats, 32-bit or signed integers, 10 or 12 bits in 16) to 8-bit greys or colours. */
import type { Metadata, Sharp } from 'sharp'
import type { Size } from '../protocol/box.ts'
import { UserError } from '../shared/errors.ts'
import { byteAt, floatAt } from '../shared/number-at.ts'
import { numberOf } from './tiff-samples.ts'
import type { Bits } from './tiff-samples.ts'

/** Memory limit for scaling such a picture. */
const maxDeepBytes = 512 * 1024 ** 2

/**
 * Whether the conversion has to inspect the values. This includes 16-bit greys, in which microscopes and X-ray machines store 10 or 12
 * bits, which would appear nearly black; 16-bit colours use the full range.
 */
export function isDeep({ depth, space }: Metadata): boolean {
  return depth === 'ushort' ? space === 'grey16' : depth !== undefined && depth !== 'uchar'
}

export interface DeepPicture {
  readonly name: string
  readonly header: Metadata
  /** What the 16-bit integers that `image` returns stand for, if not for themselves. */
  readonly bits?: Bits | undefined
  /** Whether the lowest value is white. */
  readonly whiteIsLow?: boolean
  /** The last channel is no opacity. */
  readonly hasMask?: boolean
}

/**
 * Packed 8-bit RGB. Floats in 0..1 are scaled by 255, values in 0..255 are kept, 16-bit greys are scaled by the smallest of 8, 10, 12 and
 * 16 bits that fits all values, and anything else is stretched from its minimum to its maximum. RGB floats that are mostly in 0..1 are
 * linear light, as in HDR pictures, and what is brighter is white. Throws UserError `picture-too-large`, `picture-not-an-image`.
 */
export async function readDeep(image: Sharp, picture: DeepPicture): Promise<Uint8Array> {
  const { header, whiteIsLow = false, hasMask = false } = picture
  const deep = await readValues(image, picture)
  if (deep.colours === 3 && header.depth === 'float' && isLight(deep)) return toRgb(deep, lightByte)
  const { low, high } = range(deep)
  const isWhole = header.depth === 'ushort'
  const { from, to } = isWhole ? { from: 0, to: mostOf(high) } : spread(low, high)
  const scale = 255 / (to - from)
  const byteOf = (value: number): number => Math.round((whiteIsLow ? to - value : value - from) * scale)
  return toRgb(deep, byteOf, isWhole && header.hasAlpha && !hasMask)
}

/** Packed 8-bit RGB of the truncated values, clipped to 0..255. Throws like `readDeep`. */
export async function clipDeep(image: Sharp, picture: DeepPicture): Promise<Uint8Array> {
  return toRgb(await readValues(image, picture), Math.trunc)
}

interface DeepPixels extends Size {
  readonly values: Float32Array
  /** Channels per pixel; only the first `colours` are colours. */
  readonly channels: number
  readonly colours: 1 | 3
}

async function readValues(image: Sharp, { name, header, bits, whiteIsLow }: DeepPicture): Promise<DeepPixels> {
  const { depth, space, width, height, channels, hasAlpha } = header
  if (depth === 'complex' || depth === 'dpcomplex') {
    throw new UserError(
      'picture-not-an-image',
      `${name} contains complex numbers. Save the part you want to see as PNG.`,
    )
  }
  if (width * height * 3 * 4 > maxDeepBytes) {
    const message = `${name} is ${width}x${height} pixels of ${depth} values, too many to convert. Save it as an 8-bit PNG.`
    throw new UserError('picture-too-large', message)
  }
  const grey = channels - (hasAlpha ? 1 : 0) < 3
  // Others are already returned as numbers.
  const converted = bits !== undefined || space === 'grey16' || space === 'scrgb'
  const numbers = converted ? image.toColourspace(bits === undefined ? space : grey ? 'grey16' : 'rgb16') : image
  const { data, info } = await numbers.raw({ depth: 'float' }).toBuffer({ resolveWithObject: true })
  const values = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4)
  if (bits !== undefined) {
    for (let at = 0; at < values.length; at++) {
      const stored = whiteIsLow ? 65_535 - floatAt(values, at) : floatAt(values, at) // inverted by the decoder
      values[at] = numberOf(stored, bits)
    }
  }
  return { width: info.width, height: info.height, values, channels: info.channels, colours: grey ? 1 : 3 }
}

/** Of 16-bit pictures. */
const mostAlpha = 65_535

/** `onWhite`: the last channel is how opaque a pixel is, before white. */
function toRgb(
  { width, height, values, channels, colours }: DeepPixels,
  byteOf: (value: number) => number,
  onWhite = false,
): Uint8Array {
  const rgb = new Uint8Array(width * height * 3)
  for (let at = 0, o = 0; o < rgb.length; at += channels, o += 3) {
    const alpha = onWhite ? floatAt(values, at + channels - 1) / mostAlpha : 1
    for (let c = 0; c < 3; c++) {
      const value = floatAt(values, at + (colours === 1 ? 0 : c))
      const byte = Number.isNaN(value) ? 0 : Math.min(255, Math.max(0, byteOf(value)))
      rgb[o + c] = Math.round(255 - (255 - byte) * alpha)
    }
  }
  return rgb
}

/** Whether most values are between black and white. */
function isLight({ values, channels, colours }: DeepPixels): boolean {
  let inside = 0
  for (let at = 0; at < values.length; at += channels) {
    for (let c = 0; c < colours; c++) if (floatAt(values, at + c) >= 0 && floatAt(values, at + c) <= 1) inside++
  }
  return inside * channels >= (values.length * colours) / 2
}

/** Brightness in sRGB of linear light, in steps finer than a level. */
const ofLight = Uint8Array.from({ length: 65_536 }, (_, step) => {
  const light = step / 65_535
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055))
})

function lightByte(value: number): number {
  return byteAt(ofLight, Math.round(Math.min(1, Math.max(0, value)) * 65_535))
}

/** Minimum and maximum finite value of the colours. */
function range({ values, channels, colours }: DeepPixels): { low: number; high: number } {
  let low = Infinity
  let high = -Infinity
  for (let at = 0; at < values.length; at += channels) {
    for (let c = 0; c < colours; c++) {
      const value = floatAt(values, at + c)
      if (!Number.isFinite(value)) continue
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  return low <= high ? { low, high } : { low: 0, high: 1 }
}

function spread(low: number, high: number): { from: number; to: number } {
  if (low >= 0 && high <= 1) return { from: 0, to: 1 }
  if (low >= 0 && high <= 255) return { from: 0, to: 255 }
  return high > low ? { from: low, to: high } : { from: low - 1, to: low + 1 }
}

function mostOf(high: number): number {
  const bits = [8, 10, 12].find((wanted) => high < 2 ** wanted) ?? 16
  return 2 ** bits - 1
}
