/** Pictures for questions: bundled scenes, and uploads kept in memory within a bound. */
import type { Problem } from '../../protocol/problem.ts'
import type { PictureReading } from '../../protocol/rules.ts'
import { throwIfAborted } from '../../shared/errors.ts'
import { defined } from '../../shared/known.ts'
import { recentValues } from '../../shared/recent.ts'
import { openPicture } from '../../vision/open.ts'
import { pixelsId } from '../../vision/picture.ts'
import type { Picture } from '../../vision/picture.ts'
import type { PictureRow, SceneRow } from './types.ts'
import { HttpError } from '../http/http-error.ts'
import { scenesOfWorker } from './scene-pictures.ts'

/** A picture, with its problem if it is a generated scene. */
export interface KnownPicture {
  readonly picture: Picture
  readonly problem?: Problem
  /** The uploaded file; absent for a scene. */
  readonly encoded?: Uint8Array
}

export interface Pictures {
  readonly scenes: readonly SceneRow[]
  /**
   * Throws `UserError` if it is not a picture or too large, and `AbortedError` if `signal` fires while it waits for a decoder; then
   * nothing is decoded.
   */
  upload(encoded: Uint8Array, signal: AbortSignal): Promise<PictureRow>
  /** Stores an uploaded picture under its hash. */
  keep(sent: Required<Pick<KnownPicture, 'picture' | 'encoded'>>): void
  /** By scene name or file hash, or by `pixelsId` if it was not read as displayed. Throws `HttpError` 404. */
  get(id: string): KnownPicture
  /** The same picture with the reading of a profile; that version is then kept too. */
  read(id: string, reading: PictureReading): Promise<KnownPicture>
  close(): Promise<void>
}

/** Limits of uploads, which are kept decoded while they wait. An 8K picture has 33 million pixels. */
const uploadLimits = { maxFileBytes: 64 * 1024 ** 2, maxPixels: 80_000_000 }
/** Size of the encoded files kept; the least recently used are evicted first. */
const mostKeptBytes = 256 * 1024 ** 2
const decodedAtOnce = 2

export function openPictures(): Pictures {
  const drawn = scenesOfWorker()
  const scenes = drawn.scenes.map((scene, index) => ({ id: `scene-${index + 1}`, ...scene }))
  const files = recentValues<Required<Pick<KnownPicture, 'picture' | 'encoded'>>>(
    mostKeptBytes,
    ({ encoded }) => encoded.byteLength,
  )
  let decoding = 0

  const pictures: Pictures = {
    scenes: scenes.map(({ id, problem, picture }) => {
      const { question, level } = problem
      return {
        id,
        question,
        level: defined(level, 'the level of a scene'),
        width: picture.width,
        height: picture.height,
      }
    }),
    async upload(encoded, signal) {
      if (decoding >= decodedAtOnce)
        throw new HttpError(429, 'busy', 'Other pictures are being opened. Try again.', { retryAfter: 2 })
      decoding++
      try {
        const picture = await openPicture(encoded, { limits: uploadLimits, cutOff: 'shown', signal })
        throwIfAborted(signal)
        pictures.keep({ picture, encoded })
        const { sha256: id, width, height, note } = picture
        return { id, width, height, ...(note !== undefined && { note }) }
      } finally {
        decoding--
      }
    },
    keep(sent) {
      files.set(pixelsId(sent.picture), sent)
    },
    async read(id, reading) {
      const known = pictures.get(id)
      const { picture, encoded } = known
      if (encoded === undefined || picture.reading === reading) return known
      const other = { picture: await openPicture(encoded, { reading, limits: uploadLimits, cutOff: 'shown' }), encoded }
      pictures.keep(other)
      return other
    },
    get(id) {
      const file = files.get(id)
      if (file !== undefined) return file
      const scene = scenes.find((one) => one.id === id || one.picture.sha256 === id)
      if (scene !== undefined) return scene
      throw new HttpError(404, 'no_picture', 'The server no longer has that picture. Open it again.')
    },
    close: () => drawn.close(),
  }
  return pictures
}
