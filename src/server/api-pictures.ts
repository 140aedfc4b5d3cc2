/** Pictures that can be asked about: a few scenes drawn on the fly, and uploads kept in memory within a bound. */
import { sceneRefs } from '../probe/dataset.ts'
import { makeProblem, sceneFrom } from '../probe/problem.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import type { Problem } from '../protocol/problem.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import type { PictureRow, SceneRow } from './api-types.ts'
import { HttpError } from './http-error.ts'

/** A picture, with its problem where more is known than what is asked about it. */
export interface KnownPicture {
  readonly picture: Picture
  readonly problem?: Problem
}

export interface Pictures {
  readonly scenes: readonly SceneRow[]
  /** Throws `UserError` for what is no picture, or too large a one; nothing is decoded then. */
  upload(encoded: Uint8Array): Promise<PictureRow>
  /** Throws `HttpError` 404. */
  get(id: string): KnownPicture
}

/** Width and height of a scene, in pixels. */
const sceneSide = 4096
/** Other held-out scenes than those of the demo and of data sets that are built with usual seeds. */
const sceneSeed = 20_250
/** Of uploads, for they wait decoded. An 8K picture has 33 million. */
const uploadLimits = { maxFileBytes: 64 * 1024 ** 2, maxPixels: 80_000_000 }
/** Encoded uploads that are kept; the oldest go first. */
const mostKeptBytes = 256 * 1024 ** 2
const decodedAtOnce = 2

export function openPictures(): Pictures {
  const scenes = sceneRefs('test', 6, sceneSeed).map((ref, index) => {
    const scene = sceneFrom(ref)
    return { id: `scene-${index + 1}`, problem: makeProblem(scene), picture: scenePicture(scene, sceneSide) }
  })
  const uploads = new Map<string, { readonly picture: Picture; readonly bytes: number }>()
  let keptBytes = 0
  let decoding = 0

  function keep(picture: Picture, bytes: number): void {
    const before = uploads.get(picture.sha256)
    uploads.delete(picture.sha256)
    keptBytes += bytes - (before?.bytes ?? 0)
    uploads.set(picture.sha256, { picture, bytes })
    for (const [id, old] of uploads) {
      if (keptBytes <= mostKeptBytes || id === picture.sha256) break
      uploads.delete(id)
      keptBytes -= old.bytes
    }
  }

  return {
    scenes: scenes.map(({ id, problem, picture }) => {
      const { question, level } = problem
      return { id, question, level: level!, width: picture.width, height: picture.height }
    }),
    async upload(encoded) {
      if (decoding >= decodedAtOnce) throw new HttpError(429, 'busy', 'Other pictures are being opened. Try again.', 2)
      decoding++
      try {
        const picture = await openPicture(encoded, { limits: uploadLimits })
        keep(picture, encoded.byteLength)
        return { id: picture.sha256, width: picture.width, height: picture.height }
      } finally {
        decoding--
      }
    },
    get(id) {
      const known = scenes.find((scene) => scene.id === id) ?? uploads.get(id)
      if (known === undefined)
        throw new HttpError(404, 'no_picture', 'That picture is not kept any more. Open it again.')
      return known
    },
  }
}
