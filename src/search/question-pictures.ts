/** The pictures of a question: how many a profile takes, how large they may be together, and opening them. */
import { mostPictures, pictured, picturesOf } from '../protocol/originals.ts'
import type { Pictured } from '../protocol/originals.ts'
import { dialectOf } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { UserError } from '../shared/errors.ts'
import type { Picture } from '../vision/picture.ts'

/** Pixels of all pictures together: what the cache holds decoded at once. */
const mostPixels = 350_000_000

/** Throws `UserError` where a question of so many pictures cannot be searched under the profile. */
export function checkPictureCount(count: number, profile: Profile): void {
  if (count > 1 && profile.onePicture) {
    throw new UserError(
      'too-many-pictures',
      `The profile "${profile.name}" takes one picture, and ${count} were given. Ask about one of them, or name a vision-language model and --profile default.`,
    )
  }
  const canZoom = dialectOf(profile).callForm !== ''
  const most = canZoom ? Math.min(mostPictures, profile.maxImages ?? mostPictures) : mostPictures
  if (count <= most) return
  const why = most < mostPictures ? `, the limit of pictures in a search (--max-images)` : ''
  throw new UserError('too-many-pictures', `A question may have ${most} pictures${why}, not ${count}. Give fewer.`)
}

/** Opens one after the other, in their order; `open` is called once for each source. Throws `UserError` as `checkPictureCount`, and for too many pixels. */
export async function openQuestionPictures<S>(
  sources: readonly S[],
  profile: Profile,
  open: (source: S) => Promise<Picture>,
): Promise<Pictured<Picture>> {
  checkPictureCount(sources.length, profile)
  const opened: Picture[] = []
  for (const source of sources) {
    opened.push(await open(source))
    checkPixels(opened)
  }
  return pictured(opened)
}

/** Throws `UserError` where the pictures cannot be searched together under the profile. */
export function checkPictures(pictures: Pictured<Picture>, profile: Profile): void {
  const all = picturesOf(pictures)
  checkPictureCount(all.length, profile)
  checkPixels(all)
}

function checkPixels(pictures: readonly Picture[]): void {
  const pixels = pictures.reduce((sum, { width, height }) => sum + width * height, 0)
  if (pixels <= mostPixels) return
  throw new UserError(
    'picture-too-large',
    `The pictures of a question may have ${mostPixels / 1e6} million pixels together. Scale them down, or give fewer.`,
  )
}
