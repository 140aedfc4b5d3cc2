/**
 * The stored pixels of a picture, like Pillow's `Image.open(file).convert('RGB')`: no colour management, alpha dropped, deep greys clipped,
 * CMYK by the simple formula, the first frame of a GIF with its colours in place of transparency.
 */
import type { Sharp } from 'sharp'
import type { Size } from '../protocol/box.ts'
import { clipDeep, isDeep } from './deep-pixels.ts'
import type { Encoded } from './encoded.ts'
import type { PictureFormat } from './picture-format.ts'
import { isWhiteZero } from './tiff-samples.ts'
import type { Bits } from './tiff-samples.ts'
import { gifBackdrop, onBackdrop } from './gif-backdrop.ts'
import { byteAt } from '../shared/number-at.ts'

/** `image`: opened without applying its colour profile; `bits`: see `DeepPicture`. Returns packed RGB. */
export async function storedPixels(
  image: Sharp,
  encoded: Exclude<Encoded, { format: 'BMP' }>,
  bits: Bits | undefined,
): Promise<Uint8Array> {
  const { name, format, bytes, header } = encoded
  if (format === 'GIF') {
    const rgba = await image.ensureAlpha().toColourspace('srgb').raw().toBuffer()
    return onBackdrop(rgba, encoded, gifBackdrop(bytes))
  }
  if (header.space === 'cmyk') {
    const depth = header.depth === 'ushort' ? 'ushort' : 'uchar'
    const inks = image.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth })
    const { data, info } = await inks.toBuffer({ resolveWithObject: true })
    return ofInks(depth === 'uchar' ? data : highBytes(data), info.channels)
  }
  if (isDeep(header) && !isGreyWithAlpha(encoded)) {
    const isKnown = bits === undefined || (bits === 'signed' && !isWhiteZero(bytes))
    if (!isKnown || (header.depth !== 'ushort' && header.channels > 1))
      throw new Error('Pillow does not support its samples')
    return clipDeep(image, { name, header, bits })
  }
  const asStored = format === 'AVIF' ? turnBack(image, bytes) : image
  return asStored.removeAlpha().toColourspace('srgb').raw().toBuffer()
}

/** For 16-bit greys with alpha, Pillow takes the high bytes. */
function isGreyWithAlpha({ format, bytes }: Pick<Encoded, 'format' | 'bytes'>): boolean {
  return format === 'PNG' && bytes[25] === 4
}

function highBytes(data: Buffer): Uint8Array {
  const values = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
  return Uint8Array.from(values, (value) => value >> 8)
}

/** Pillow's CMYK conversion, including its rounding. */
function ofInks(inks: Uint8Array, channels: number): Uint8Array {
  const rgb = new Uint8Array((inks.length / channels) * 3)
  for (let at = 0, o = 0; o < rgb.length; at += channels, o += 3) {
    const light = 255 - byteAt(inks, at + 3)
    for (let c = 0; c < 3; c++) {
      const product = byteAt(inks, at + c) * light + 128
      rgb[o + c] = Math.max(0, light - (((product >> 8) + product) >> 8))
    }
  }
  return rgb
}

/** The display transformation of an AVIF: rotated anticlockwise, then mirrored. The decoder applies both, Pillow neither. */
function avifTurn(bytes: Uint8Array): { readonly degrees: number; readonly mirror?: 'flip' | 'flop' } {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 65_536))
  const [turn, mirror] = ['irot', 'imir'].map((box) => {
    const at = head.indexOf(box, 0, 'latin1')
    return at < 0 ? undefined : head[at + 4]
  })
  const degrees = ((turn ?? 0) & 3) * 90
  return mirror === undefined ? { degrees } : { degrees, mirror: (mirror & 1) === 0 ? 'flip' : 'flop' }
}

/** The stored size, from the header as read by the decoder. */
export function storedSize({ width, height }: Size, bytes: Uint8Array, format: PictureFormat): Size {
  const isTurned = format === 'AVIF' && avifTurn(bytes).degrees % 180 !== 0
  return isTurned ? { width: height, height: width } : { width, height }
}

function turnBack(image: Sharp, bytes: Uint8Array): Sharp {
  const { degrees, mirror } = avifTurn(bytes)
  // Sharp mirrors first, then rotates clockwise.
  const turned = image.rotate(degrees)
  if (mirror === undefined) return turned
  return mirror === 'flip' ? turned.flip() : turned.flop()
}
