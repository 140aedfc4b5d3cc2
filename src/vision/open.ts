/** Opens a picture once: limits are checked before anything is decoded, orientation is applied, pixels are sRGB without alpha. */
import { readFile, stat } from 'node:fs/promises'
import sharp from 'sharp'
import type { Metadata } from 'sharp'
import { sha256 } from '../shared/canonical.ts'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'
import { sharedCache } from './cache.ts'
import type { PixelCache } from './cache.ts'
import type { Picture } from './picture.ts'
import { region } from './region.ts'

// Every picture is decoded once and kept by us; libvips remembering its operations would only keep it a second time.
sharp.cache(false)

export interface PictureLimits {
  readonly maxFileBytes: number
  /** Width x height. */
  readonly maxPixels: number
  readonly maxSide: number
  /** Longer side over shorter side. */
  readonly maxAspect: number
}

export const pictureLimits: PictureLimits = {
  maxFileBytes: 256 * 1024 ** 2,
  maxPixels: 120_000_000,
  maxSide: 40_000,
  maxAspect: 200,
}

export interface OpenOptions {
  /** Apply the EXIF orientation (default true). The released loop does not. */
  readonly orient?: boolean
  readonly limits?: Partial<PictureLimits>
  readonly cache?: PixelCache
}

/** Encoded files in memory at once, whatever the number of pictures being opened: as many as libuv has threads. */
const maxOpening = 4
let opening = 0
const waitingToOpen: (() => void)[] = []

/**
 * A file (path) or encoded bytes as a Picture. The pixels live in the cache: dropped when others need the room, decoded
 * again when a region is asked for. Throws UserError: `picture-not-found`, `picture-unreadable`, `picture-not-an-image`,
 * `picture-too-large`, `picture-animated`, `picture-damaged`, and from `region` `picture-changed`.
 */
export async function openPicture(source: string | Uint8Array, options: OpenOptions = {}): Promise<Picture> {
  if (opening >= maxOpening) await new Promise<void>((resolve) => waitingToOpen.push(resolve))
  else opening++
  try {
    return await openNow(source, options)
  } finally {
    const next = waitingToOpen.shift()
    if (next === undefined) opening--
    else next()
  }
}

async function openNow(source: string | Uint8Array, options: OpenOptions): Promise<Picture> {
  const { orient = true, cache = sharedCache } = options
  const limits = { ...pictureLimits, ...options.limits }
  const name = typeof source === 'string' ? source : 'The picture'
  const encoded = await read(source, name, limits)
  const { width, height } = await checkedSize(encoded, name, orient, limits)
  const hash = sha256(encoded)
  const key = `${hash} ${orient ? 'oriented' : 'as stored'}`
  const bytes = width * height * 3
  await cache.read(
    key,
    bytes,
    () => decode(encoded, name, orient, bytes),
    () => {},
  )

  async function decodeAgain(): Promise<Uint8Array> {
    const again = await read(source, name, limits)
    if (sha256(again) !== hash) {
      throw new UserError('picture-changed', `${name} changed while it was being searched. Start the search again.`)
    }
    return decode(again, name, orient, bytes)
  }
  return {
    width,
    height,
    sha256: hash,
    region: (boxPx, size, resampler) =>
      cache.read(key, bytes, decodeAgain, (data) => region({ width, height, data }, boxPx, size, resampler)),
  }
}

async function read(source: string | Uint8Array, name: string, limits: PictureLimits): Promise<Uint8Array> {
  if (typeof source !== 'string') return checkedBytes(source, name, limits)
  try {
    const stats = await stat(source)
    if (!stats.isFile()) throw new UserError('picture-unreadable', `${name} is not a file. Name a picture file.`)
    checkFileBytes(stats.size, name, limits)
    return checkedBytes(await readFile(source), name, limits)
  } catch (error) {
    if (error instanceof UserError) throw error
    if (errorCodeOf(error) === 'ENOENT') {
      throw new UserError('picture-not-found', `There is no file ${name}. Check the path.`, { cause: error })
    }
    throw new UserError('picture-unreadable', `${name} cannot be read: ${messageOf(error)}.`, { cause: error })
  }
}

function checkFileBytes(bytes: number, name: string, limits: PictureLimits): void {
  if (bytes <= limits.maxFileBytes) return
  const limit = `${Math.floor(limits.maxFileBytes / 1024 ** 2)} MiB`
  throw new UserError('picture-too-large', `${name} is larger than ${limit}. Save it smaller, or as JPEG.`)
}

function checkedBytes(encoded: Uint8Array, name: string, limits: PictureLimits): Uint8Array {
  checkFileBytes(encoded.byteLength, name, limits)
  if (encoded.byteLength === 0) throw new UserError('picture-not-an-image', `${name} is empty. Fetch or save it again.`)
  if (!looksLikePicture(encoded)) {
    throw new UserError(
      'picture-not-an-image',
      `${name} is not a picture that can be read. Give a JPEG, PNG, WebP, AVIF, TIFF or GIF file.`,
    )
  }
  return encoded
}

/** By the first bytes, whatever the file is called. SVG and the like stay out: they are programs, not pixels. */
function looksLikePicture(encoded: Uint8Array): boolean {
  const start = Buffer.from(encoded.buffer, encoded.byteOffset, Math.min(encoded.byteLength, 12)).toString('latin1')
  if (start.startsWith('RIFF')) return start.endsWith('WEBP')
  if (start.startsWith('ftyp', 4)) return start.endsWith('avif')
  return ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF8', 'II*\0', 'MM\0*'].some((magic) => start.startsWith(magic))
}

/** The size after orientation, from the header alone. */
async function checkedSize(encoded: Uint8Array, name: string, orient: boolean, limits: PictureLimits) {
  const header = await readHeader(encoded, name)
  const { width, height } = orient ? header.autoOrient : header
  const shape = `${name} is ${width}x${height} pixels`
  if (width * height > limits.maxPixels) {
    const limit = Math.round(limits.maxPixels / 1e6)
    throw new UserError('picture-too-large', `${shape}, more than ${limit} million. Scale it down first.`)
  }
  const longer = Math.max(width, height)
  if (longer > limits.maxSide) {
    throw new UserError('picture-too-large', `${shape}; a side may have ${limits.maxSide}. Scale it down or cut it.`)
  }
  if (longer / Math.min(width, height) > limits.maxAspect) {
    throw new UserError(
      'picture-too-large',
      `${shape}: the longer side is more than ${limits.maxAspect} times the shorter. Cut it into pieces.`,
    )
  }
  if ((header.pages ?? 1) > 1) {
    throw new UserError(
      'picture-animated',
      `${name} holds ${header.pages} pictures (an animation or pages). Save the one you mean as a file of its own.`,
    )
  }
  return { width, height }
}

async function readHeader(encoded: Uint8Array, name: string): Promise<Metadata> {
  try {
    return await sharp(encoded, { limitInputPixels: false }).metadata() // our own limits follow
  } catch (error) {
    throw damaged(name, error)
  }
}

/** Packed sRGB, 8 bits a channel; what was transparent becomes white. */
async function decode(encoded: Uint8Array, name: string, orient: boolean, bytes: number): Promise<Uint8Array> {
  const image = sharp(encoded, { limitInputPixels: false, failOn: 'error' })
  if (orient) image.autoOrient()
  try {
    const data = await image.flatten({ background: '#fff' }).toColourspace('srgb').raw().toBuffer()
    if (data.byteLength !== bytes) throw new Error(`decoded to ${data.byteLength} bytes instead of ${bytes}`)
    return data
  } catch (error) {
    throw damaged(name, error)
  }
}

function damaged(name: string, cause: unknown): UserError {
  const reason = messageOf(cause).split('\n', 1)[0]
  return new UserError('picture-damaged', `${name} is damaged or cut off (${reason}). Fetch or save it again.`, {
    cause,
  })
}
