/** Opens the pictures of a question, and checks their number and total size against the profile. */
import { mostPictures, pictured, picturesOf } from '../protocol/originals.ts'
import type { Pictured } from '../protocol/originals.ts'
import { dialectOf } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { UserError } from '../shared/errors.ts'
import type { Picture } from '../vision/picture.ts'

/** Total pixels of all pictures, which the cache holds decoded at once. */
const mostPixels = 350_000_000

/** Throws `UserError` if the profile does not allow this number of pictures. */
export function checkPictureCount(count: number, profile: Profile): void {
  if (count > 1 && profile.onePicture) {
    throw new UserError(
      'too-many-pictures',
      `The profile "${profile.name}" takes one picture, but ${count} were given. Ask about one of them, or use a vision-language model with --profile default.`,
    )
  }
  const canZoom = dialectOf(profile).callForm !== ''
  const most = canZoom ? Math.min(mostPictures, profile.maxImages ?? mostPictures) : mostPictures
  if (count <= most) return
  const why = most < mostPictures ? `, the picture limit of a search (--max-images)` : ''
  throw new UserError(
    'too-many-pictures',
    `A question may have at most ${most} pictures${why}, not ${count}. Use fewer.`,
  )
}

/** Opens the sources one after the other, in order. Throws `UserError` like `checkPictureCount`, and for too many pixels. */
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

/** Throws `UserError` if the pictures cannot be searched together under the profile. */
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
    `The pictures of a question may have at most ${mostPixels / 1e6} million pixels in total. Scale them down, or use fewer.`,
  )
}
