/** Decodes pictures to packed 8-bit RGB, as displayed or as stored. Limits are checked before decoding. */
import { sharp } from '../shared/native.ts'
import type { PictureReading } from '../protocol/rules.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { bmpPixels, isPlain, readBmpHeader } from './bmp.ts'
import { checkBegin, checkLineEnds } from './copied-as-text.ts'
import { isDeep } from './deep-pixels.ts'
import { displayedPixels } from './displayed-pixels.ts'
import type { Encoded } from './encoded.ts'
import { decodeHeic } from './heic.ts'
import { checkScans, decodeJpeg, scansAt } from './jpeg.ts'
import type { StrictDecode } from './jpeg.ts'
import { pictureFormat } from './picture-format.ts'
import type { PictureFormat } from './picture-format.ts'
import { picturesWithin } from './pictures-within.ts'
import { storedPixels, storedSize } from './stored-pixels.ts'
import { asUnsigned, storedBits, unreadSamples } from './tiff-samples.ts'
import { holdsYCbCr } from './tiff-tags.ts'
import { byteAt } from '../shared/number-at.ts'

export interface PictureLimits {
  readonly maxFileBytes: number
  /** Width x height. */
  readonly maxPixels: number
  readonly maxSide: number
}

export const pictureLimits: PictureLimits = {
  maxFileBytes: 256 * 1024 ** 2,
  maxPixels: 200_000_000,
  maxSide: 40_000,
}

/** AVIF is decoded as a whole, with 18 bytes of memory per pixel; HEIC with about 19. */
const mostPixelsOf: Readonly<Partial<Record<PictureFormat, number>>> = { AVIF: 40_000_000, HEIC: 50_000_000 }

/** Time limit of decoding in seconds. */
const maxSeconds = 60

/**
 * Reads format and header and checks them against `limits`. Throws UserError `picture-not-an-image`, `picture-damaged`,
 * `picture-too-large` or `picture-animated`.
 */
export async function readEncoded(
  bytes: Uint8Array,
  { name, reading, cutOff, limits }: Pick<Encoded, 'name' | 'reading' | 'cutOff'> & { readonly limits: PictureLimits },
): Promise<Encoded> {
  const format = checkedFormat(bytes, name)
  if (format === 'TIFF') checkTiff(bytes, name)
  if (format === 'HEIC' && reading === 'pillow') {
    const message = `${name} is an HEIC picture, which Pillow does not support, and this profile reads pictures like Pillow. Convert it to JPEG first.`
    throw new UserError('picture-not-an-image', message)
  }
  const encoded = await readHeader({ name, bytes, reading, cutOff, format })
  const { width, height } = encoded
  const shape = `${name} is ${width}x${height} pixels`
  const maxPixels = Math.min(limits.maxPixels, mostPixelsOf[format] ?? Infinity)
  if (width * height > maxPixels) {
    const limit = maxPixels >= 1e6 ? `${Math.round(maxPixels / 1e6)} million` : String(maxPixels)
    const what = maxPixels < limits.maxPixels ? `${limit}, the most for ${format}` : limit
    throw new UserError('picture-too-large', `${shape}, more than ${what}. Scale it down first.`)
  }
  if (Math.max(width, height) > limits.maxSide) {
    throw new UserError(
      'picture-too-large',
      `${shape}; a side may have at most ${limits.maxSide}. Scale it down or cut it.`,
    )
  }
  if (format === 'JPEG') checkScans(bytes, name, width * height)
  if (reading === 'displayed' && encoded.format !== 'BMP') await checkPages(encoded)
  return encoded
}

function checkedFormat(bytes: Uint8Array, name: string): PictureFormat {
  if (bytes.byteLength === 0)
    throw new UserError('picture-not-an-image', `${name} is empty. Download or save it again.`)
  checkBegin(bytes, name)
  const format = pictureFormat(bytes)
  if (typeof format === 'string') return format
  const known = 'JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF or BMP'
  throw new UserError(
    'picture-not-an-image',
    format === undefined
      ? `${name} is not a picture that can be read. Use a ${known} file.`
      : `${name} is ${format.name}, which is not supported, only ${known}. ${format.advice}`,
  )
}

/** The decoder would misread such files, or only say that they are damaged. */
function checkTiff(bytes: Uint8Array, name: string): void {
  const unread = unreadSamples(bytes)
  if (unread === undefined && !holdsYCbCr(bytes)) return
  throw new UserError(
    'picture-not-an-image',
    unread === undefined
      ? `${name} is a TIFF in YCbCr colours, which cannot be read. Save it as PNG, or as a TIFF in RGB.`
      : `${name} is a TIFF of ${unread}, which cannot be read. Save it with integers of 8 or 16 bits or floats of 32 bits, or as PNG.`,
  )
}

async function readHeader(
  picture: Pick<Encoded, 'name' | 'bytes' | 'reading' | 'cutOff'> & { readonly format: PictureFormat },
): Promise<Encoded> {
  const { name, bytes, reading, format } = picture
  try {
    if (format === 'BMP') {
      const header = readBmpHeader(bytes)
      if (reading === 'pillow' && !isPlain(header)) throw new Error('Pillow does not support its layout')
      return { ...picture, format, header, width: header.width, height: header.height }
    }
    const header = await sharp(readable(bytes, format), { limitInputPixels: false }).metadata() // our own limits apply below
    const { width, height } = isTurned(format, reading) ? header.autoOrient : storedSize(header, bytes, format)
    return { ...picture, format, header, width, height }
  } catch (error) {
    throw damaged(name, format, error)
  }
}

/** Whether the orientation tag is applied. Pillow leaves that to its caller, except for TIFF. */
function isTurned(format: PictureFormat, reading: PictureReading): boolean {
  // The HEIC decoder has already applied it.
  return (reading === 'displayed' && format !== 'HEIC') || format === 'TIFF'
}

/** Rewrites the brand of an AVIF, since the decoder only recognises this one. */
function readable(bytes: Uint8Array, format: PictureFormat): Uint8Array {
  if (format !== 'AVIF') return bytes
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = Math.min(buffer.readUInt32BE(0), buffer.length)
  const brands = buffer.toString('latin1', 8, end)
  if (brands.startsWith('avif') && brands.includes('avif', 8)) return bytes
  const named = Buffer.from(buffer)
  for (let at = 8; at + 4 <= end; at += at === 8 ? 8 : 4) named.write('avif', at, 'latin1')
  return named
}

/** A TIFF may contain smaller copies of its picture; any other additional picture makes the file ambiguous. */
async function checkPages(encoded: Exclude<Encoded, { format: 'BMP' }>): Promise<void> {
  const { name, format, bytes, header } = encoded
  const pages = picturesWithin(encoded)
  // For HEIC the primary picture is used, as on a phone.
  if (pages <= 1 || format === 'HEIC') return
  if (format === 'TIFF' && pages <= 16) {
    const further = await Promise.all(
      Array.from({ length: pages - 1 }, (_, index) =>
        sharp(bytes, { limitInputPixels: false, page: index + 1 }).metadata(),
      ),
    ).catch((error: unknown) => {
      throw damaged(name, format, error)
    })
    if (further.every(({ width, height }) => width < header.width && height < header.height)) return
  }
  throw new UserError(
    'picture-animated',
    `${name} contains ${pages} pictures (an animation or pages). Save the one you need as a separate file.`,
  )
}

/**
 * Packed RGB, 8 bits per channel, `width * height * 3` bytes. `displayed`: upright, in sRGB, transparency on white. `pillow`: see
 * `storedPixels`.
 */
export async function decode(encoded: Encoded): Promise<Uint8Array> {
  const { name, format, bytes, width, height } = encoded
  if (format === 'JPEG') checkLineEnds(bytes, scansAt(bytes), name)
  if (format === 'WebP') checkLineEnds(bytes, 0, name)
  try {
    const data = encoded.format === 'BMP' ? decodeBmp(encoded) : await decodeBySharp(encoded)
    const expected = width * height * 3
    if (data.byteLength !== expected) throw new Error(`decoded to ${data.byteLength} bytes instead of ${expected}`)
    return data
  } catch (error) {
    if (error instanceof UserError) throw error
    if (/^timeout/i.test(messageOf(error))) {
      const message = `${name} took more than ${maxSeconds} seconds to decode. Save it smaller, or as an ordinary JPEG or PNG.`
      throw new UserError('picture-too-large', message, { cause: error })
    }
    throw damaged(name, format, error)
  }
}

async function decodeBySharp(encoded: Exclude<Encoded, { format: 'BMP' }>): Promise<Uint8Array> {
  const { name, format, header, reading } = encoded
  const bytes = readable(encoded.bytes, format)
  if (format === 'HEIC') return decodeHeic(bytes, { name, icc: header.icc, seconds: maxSeconds })
  const bits = format === 'TIFF' ? storedBits(bytes) : undefined
  const decodeWith: StrictDecode = (whole, failOn) => {
    const ignoreIcc = reading === 'pillow' || isDeep(header)
    const image = sharp(whole, { limitInputPixels: false, failOn, ignoreIcc }).timeout({ seconds: maxSeconds })
    if (isTurned(format, reading)) image.autoOrient()
    return reading === 'pillow' ? storedPixels(image, encoded, bits) : displayedPixels(image, encoded, bits)
  }
  if (format === 'JPEG') return decodeJpeg(encoded, decodeWith)
  // For a damaged TIFF the decoder only warns and shows black strips.
  if (format === 'TIFF') return decodeWith(bits === undefined ? bytes : asUnsigned(bytes), 'warning')
  return decodeWith(bytes, 'error')
}

function decodeBmp({ bytes, header, reading }: Extract<Encoded, { format: 'BMP' }>): Uint8Array {
  const { rgb, alpha } = bmpPixels(bytes, header)
  // Programs that leave opacity out leave its bytes 0.
  if (alpha === undefined || reading === 'pillow' || alpha.every((value) => value === 0)) return rgb
  return rgb.map((value, i) => 255 - Math.round(((255 - value) * byteAt(alpha, Math.floor(i / 3))) / 255))
}

function damaged(name: string, format: PictureFormat, cause: unknown): UserError {
  if (cause instanceof UserError && cause.code === 'package-missing') return cause
  const reason = messageOf(cause).trim().split('\n', 1)[0]
  return new UserError(
    'picture-damaged',
    `${name} is damaged, truncated, or an unsupported variant of ${format} (${reason}). Download it again, or save it as PNG.`,
    { cause },
  )
}
