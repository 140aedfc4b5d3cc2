/** Encoded bytes to packed 8-bit RGB, as displayed or as stored, within limits that are checked before anything is decoded. */
import sharp from 'sharp'
import type { PictureReading } from '../protocol/rules.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { bmpPixels, isPlain, readBmpHeader } from './bmp.ts'
import { isDeep, readDeep } from './deep-pixels.ts'
import type { Encoded } from './encoded.ts'
import { decodeHeic } from './heic.ts'
import { pictureFormat } from './picture-format.ts'
import type { PictureFormat } from './picture-format.ts'
import { storedPixels, storedSize } from './stored-pixels.ts'
import { holdsYCbCr } from './tiff-tags.ts'
import { byteAt } from '../shared/number-at.ts'

// Every picture is decoded once and kept by us; libvips remembering its operations would only keep it a second time.
sharp.cache(false)

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

/**
 * A JPEG may repeat its whole picture scan by scan, and each costs time by the pixel whatever its few bytes hold. Encoders write
 * about ten scans.
 */
const maxScans = 100
const maxScannedPixels = 2_400_000_000

/** An AVIF is decoded in one piece, at 18 bytes of memory a pixel; an HEIC at about 19. */
const mostPixelsOf: Readonly<Partial<Record<PictureFormat, number>>> = { AVIF: 40_000_000, HEIC: 50_000_000 }

/** Seconds that decoding may take. */
const maxSeconds = 60

/**
 * Reads format and header, and compares them with `limits`. Throws UserError: `picture-not-an-image`, `picture-damaged`,
 * `picture-too-large`, `picture-animated`.
 */
export async function readEncoded(
  bytes: Uint8Array,
  { name, reading, cutOff, limits }: Pick<Encoded, 'name' | 'reading' | 'cutOff'> & { readonly limits: PictureLimits },
): Promise<Encoded> {
  const format = checkedFormat(bytes, name)
  if (format === 'TIFF' && holdsYCbCr(bytes)) {
    const message = `${name} is a TIFF in YCbCr colours, which cannot be read. Save it as PNG, or as a TIFF in RGB.`
    throw new UserError('picture-not-an-image', message)
  }
  if (format === 'HEIC' && reading === 'pillow') {
    const message = `${name} is an HEIC picture, which Pillow does not read, and this profile reads pictures as Pillow does. Convert it to JPEG first.`
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
    throw new UserError('picture-too-large', `${shape}; a side may have ${limits.maxSide}. Scale it down or cut it.`)
  }
  if (format === 'JPEG') checkScans(bytes, name, width * height)
  if (reading === 'displayed' && encoded.format !== 'BMP') await checkPages(encoded)
  return encoded
}

function checkedFormat(bytes: Uint8Array, name: string): PictureFormat {
  if (bytes.byteLength === 0) throw new UserError('picture-not-an-image', `${name} is empty. Fetch or save it again.`)
  const format = pictureFormat(bytes)
  if (typeof format === 'string') return format
  const known = 'JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF or BMP'
  throw new UserError(
    'picture-not-an-image',
    format === undefined
      ? `${name} is not a picture that can be read. Give a ${known} file.`
      : `${name} is ${format.name}, which cannot be opened: only ${known} can. ${format.advice}`,
  )
}

async function readHeader(
  picture: Pick<Encoded, 'name' | 'bytes' | 'reading' | 'cutOff'> & { readonly format: PictureFormat },
): Promise<Encoded> {
  const { name, bytes, reading, format } = picture
  try {
    if (format === 'BMP') {
      const header = readBmpHeader(bytes)
      if (reading === 'pillow' && !isPlain(header)) throw new Error('Pillow does not read its kind')
      return { ...picture, format, header, width: header.width, height: header.height }
    }
    const header = await sharp(readable(bytes, format), { limitInputPixels: false }).metadata() // our own limits follow
    const { width, height } = isTurned(format, reading) ? header.autoOrient : storedSize(header, bytes, format)
    return { ...picture, format, header, width, height }
  } catch (error) {
    throw damaged(name, format, error)
  }
}

/** Whether the orientation in the file is applied. Pillow leaves that to its caller, but turns a TIFF by itself. */
function isTurned(format: PictureFormat, reading: PictureReading): boolean {
  // Of an HEIC the decoder has turned it, and says so.
  return (reading === 'displayed' && format !== 'HEIC') || format === 'TIFF'
}

/** The decoder knows an AVIF by this brand alone. */
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

/** Every scan of a JPEG begins with the marker FF DA, which its compressed data never contains. */
function checkScans(bytes: Uint8Array, name: string, pixels: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const most = Math.min(maxScans, maxScannedPixels / pixels)
  let scans = 0
  for (let at = buffer.indexOf('\xff\xda', 0, 'latin1'); at >= 0; at = buffer.indexOf('\xff\xda', at + 2, 'latin1')) {
    if (++scans > most) {
      const message = `${name} is a JPEG of more than ${Math.floor(most)} scans. Save it again, as an ordinary JPEG.`
      throw new UserError('picture-too-large', message)
    }
  }
}

/** A TIFF may hold smaller copies of its picture; any other second picture leaves open which one is meant. */
async function checkPages({ name, format, bytes, header }: Exclude<Encoded, { format: 'BMP' }>): Promise<void> {
  const pages = header.pages ?? 1
  // Of an HEIC, as on a phone, the one that it names first is shown.
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
    `${name} holds ${pages} pictures (an animation or pages). Save the one you mean as a file of its own.`,
  )
}

/**
 * Packed RGB, 8 bits a channel, `width * height * 3` bytes. `displayed`: upright, in sRGB, what was transparent is white. `pillow`: as
 * `storedPixels` says.
 */
export async function decode(encoded: Encoded): Promise<Uint8Array> {
  const { name, format, width, height } = encoded
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
  const { bytes: whole, failOn } = format === 'JPEG' ? withEnd(encoded) : { bytes, failOn: strictness(format) }
  const stored = reading === 'pillow'
  const image = sharp(whole, { limitInputPixels: false, failOn, ignoreIcc: stored }).timeout({ seconds: maxSeconds })
  if (isTurned(format, reading)) image.autoOrient()
  if (stored) return storedPixels(image, encoded)
  if (isDeep(header)) return readDeep(image, header, name)
  return image.flatten({ background: '#fff' }).toColourspace('srgb').raw().toBuffer()
}

function decodeBmp({ bytes, header, reading }: Extract<Encoded, { format: 'BMP' }>): Uint8Array {
  const { rgb, alpha } = bmpPixels(bytes, header)
  if (alpha === undefined || reading === 'pillow') return rgb
  return rgb.map((value, i) => 255 - Math.round(((255 - value) * byteAt(alpha, Math.floor(i / 3))) / 255))
}

/** Of a damaged TIFF the decoder shows black strips and only warns; of a JPEG it warns of what every camera does. */
function strictness(format: PictureFormat): 'error' | 'warning' {
  return format === 'TIFF' ? 'warning' : 'error'
}

function lacksEnd(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.lastIndexOf('\xff\xd9', undefined, 'latin1') < buffer.lastIndexOf('\xff\xda', undefined, 'latin1')
}

/**
 * A JPEG without its end marker may still hold all of its pixels: with the marker put back, the decoder tells by its warnings
 * whether any are missing, and shows those grey where it is let.
 */
function withEnd({ name, bytes, reading, cutOff }: Encoded): {
  bytes: Uint8Array
  failOn: 'none' | 'error' | 'warning'
} {
  if (!lacksEnd(bytes)) return { bytes, failOn: 'error' }
  if (reading === 'pillow') {
    const message = `${name} is cut off, and Pillow, as which this profile reads pictures, refuses it as truncated. Fetch it again.`
    throw new UserError('picture-damaged', message)
  }
  const tail = bytes.at(-1) === 0xff ? [0xd9] : [0xff, 0xd9]
  return { bytes: Buffer.concat([bytes, Uint8Array.from(tail)]), failOn: cutOff === 'shown' ? 'none' : 'warning' }
}

/** What whoever asks about the picture should know. */
export function noteOf({ name, format, bytes, cutOff }: Encoded): string | undefined {
  if (cutOff !== 'shown' || format !== 'JPEG' || !lacksEnd(bytes)) return undefined
  return `${name} is cut off: it lacks its last bytes, and what they held may be grey or coarse. Fetch it again for all of it.`
}

function damaged(name: string, format: PictureFormat, cause: unknown): UserError {
  const reason = messageOf(cause).trim().split('\n', 1)[0]
  return new UserError(
    'picture-damaged',
    `${name} is damaged, cut off, or of a kind of ${format} that cannot be decoded (${reason}). Fetch it again, or save it as PNG.`,
    { cause },
  )
}
