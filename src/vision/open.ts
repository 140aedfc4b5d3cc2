/** Opens pictures: limits are checked before decoding; pixels are 8-bit RGB, as displayed or as stored. */
import { readFile, stat } from 'node:fs/promises'
import type { Size } from '../protocol/box.ts'
import type { PictureReading } from '../protocol/rules.ts'
import { sha256 } from '../shared/canonical.ts'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'
import { limiter } from '../shared/limiter.ts'
import { sharedCache } from './cache.ts'
import type { PixelCache } from './cache.ts'
import { decode, pictureLimits, readEncoded } from './decode.ts'
import type { PictureLimits } from './decode.ts'
import type { Encoded } from './encoded.ts'
import { damageNote } from './jpeg.ts'
import { pixelsId } from './picture.ts'
import type { Picture } from './picture.ts'
import { region } from './region.ts'

export { pictureLimits }

export interface OpenOptions {
  /** The reading of the profile; default `displayed`. */
  readonly reading?: PictureReading | undefined
  readonly limits?: Partial<PictureLimits>
  readonly cache?: PixelCache
  /** `shown`: accept a JPEG of which pixels are missing or wrong, with a note; default: refuse it. */
  readonly cutOff?: 'shown' | undefined
  /** Aborts the wait for a free decoder. */
  readonly signal?: AbortSignal | undefined
}

/** Encoded files in memory at once, whoever opens them: as many as libuv, which is one for the whole process, has threads. */
const opening = limiter(4)

/**
 * Opens a file (path) or encoded bytes. Decoded pixels are cached and may be evicted; they are decoded again when a region is requested.
 * Throws UserError `picture-not-found`, `picture-unreadable`, `picture-not-an-image`, `picture-too-large`, `picture-animated`,
 * `picture-damaged`, and, from `region`, `picture-changed`.
 */
export function openPicture(source: string | Uint8Array, options: OpenOptions = {}): Promise<Picture> {
  return opening(async () => {
    const encoded = await readSource(source, options)
    const hash = sha256(encoded.bytes)
    try {
      return await decodedPicture(source, encoded, hash, { ...options, cutOff: undefined })
    } catch (error) {
      const isShown = options.cutOff === 'shown' && encoded.format === 'JPEG'
      if (!isShown || !(error instanceof UserError) || error.code !== 'picture-damaged') throw error
    }
    return decodedPicture(source, encoded, hash, options)
  }, options.signal)
}

/** The size as displayed, from the header alone. Throws like `openPicture`, but not for damage behind the header. */
export async function pictureSize(source: string | Uint8Array): Promise<Size> {
  const { width, height } = await opening(() => readSource(source, {}))
  return { width, height }
}

async function decodedPicture(
  source: string | Uint8Array,
  encoded: Encoded,
  hash: string,
  options: OpenOptions,
): Promise<Picture> {
  const { cache = sharedCache, cutOff } = options
  await cache.read(
    cacheKey(hash, options),
    bytesOf(encoded),
    () => decode({ ...encoded, cutOff }),
    () => {},
  )
  return pictureOf(source, encoded, hash, options)
}

/** Copies what it needs from `encoded`, so that the closure does not keep the bytes in memory. */
function pictureOf(source: string | Uint8Array, encoded: Encoded, hash: string, options: OpenOptions): Picture {
  const { name } = encoded
  const size = { width: encoded.width, height: encoded.height }
  const note = options.cutOff && damageNote(encoded)
  return lazyPicture(size, note, hash, options, async () => {
    const again = await readSource(source, options)
    if (sha256(again.bytes) !== hash) {
      throw new UserError('picture-changed', `${name} changed while it was being searched. Start the search again.`)
    }
    return decode(again)
  })
}

function lazyPicture(
  size: Size,
  note: string | undefined,
  hash: string,
  options: OpenOptions,
  decodeAgain: () => Promise<Uint8Array>,
): Picture {
  const { cache = sharedCache, reading = 'displayed' } = options
  const { width, height } = size
  return {
    width,
    height,
    sha256: hash,
    reading,
    ...(note !== undefined && { note }),
    region: (boxPx, viewSize, resampler) =>
      cache.read(cacheKey(hash, options), bytesOf(size), decodeAgain, (data) =>
        region({ width, height, data }, boxPx, viewSize, resampler),
      ),
  }
}

/** Includes `cutOff`, so that the partial pixels of a damaged file are not used where it must be refused. */
function cacheKey(sha256: string, { reading, cutOff }: OpenOptions): string {
  return [pixelsId({ sha256, reading }), cutOff].filter(Boolean).join(' ')
}

function bytesOf({ width, height }: Size): number {
  return width * height * 3
}

async function readSource(
  source: string | Uint8Array,
  { reading = 'displayed', cutOff, limits: given }: OpenOptions,
): Promise<Encoded> {
  const limits = { ...pictureLimits, ...given }
  const name = typeof source === 'string' ? source : 'The picture'
  return readEncoded(await readBytes(source, name, limits), { name, reading, cutOff, limits })
}

async function readBytes(source: string | Uint8Array, name: string, limits: PictureLimits): Promise<Uint8Array> {
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

function checkedBytes(bytes: Uint8Array, name: string, limits: PictureLimits): Uint8Array {
  checkFileBytes(bytes.byteLength, name, limits)
  return bytes
}

function checkFileBytes(bytes: number, name: string, limits: PictureLimits): void {
  if (bytes <= limits.maxFileBytes) return
  const limit = `${Math.floor(limits.maxFileBytes / 1024 ** 2)} MiB`
  throw new UserError('picture-too-large', `${name} is larger than ${limit}. Save it smaller, or as JPEG.`)
}
