/** Writes the page of searches: draws what the policy saw, what was there, and the original, each at a size that fits. */
import { boxSize, pixelBox } from '../../protocol/box.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Observation, Trajectory } from '../../protocol/trajectory.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { dataUrl, encodeJpeg, encodePng } from '../../vision/encode.ts'
import { viewRule } from '../../vision/fit.ts'
import { observationView } from '../../vision/observation-view.ts'
import type { Picture } from '../../vision/picture.ts'
import type { ObservationImages } from './card.ts'
import { trajectoryPage } from './trajectory-page.ts'
import type { PageSearch } from './trajectory-page.ts'

export interface SearchToShow {
  /** Short name for its tab, such as `easy`. */
  readonly title: string
  readonly trajectory: Trajectory
  readonly picture: Picture
  /** The profile that the search ran with: it says how views were made. */
  readonly profile: Profile
}

/** Longest sides in pixels. A page of many looks keeps to a few megabytes with smaller ones. */
const originalSide = 1400
const thumbSide = 112
const cropSide = (looks: number): number => (looks > 40 ? 320 : 512)

/** Writes one self-contained page (beside, then renamed) for one search or several. */
export async function writePage(
  path: string,
  title: string,
  searches: readonly SearchToShow[],
  notes: readonly string[] = [],
): Promise<void> {
  const looks = searches.reduce((sum, { trajectory }) => sum + trajectory.observations.length, 0)
  const pages: PageSearch[] = []
  for (const search of searches) pages.push(await withImages(search, cropSide(looks)))
  await replaceFile(path, trajectoryPage(title, pages, notes))
}

async function withImages({ title, trajectory, picture, profile }: SearchToShow, side: number): Promise<PageSearch> {
  const whole = pixelBox(0, 0, picture.width, picture.height)
  const observations: ObservationImages[] = []
  for (const observation of trajectory.observations) {
    observations.push({
      viewUrl: await viewImage(picture, observation, trajectory, profile, side),
      cropUrl: await sharpImage(picture, observation.boxInOriginalPx, side),
      thumbUrl: await sharpImage(picture, observation.boxInOriginalPx, thumbSide),
    })
  }
  return { title, trajectory, originalUrl: await sharpImage(picture, whole, originalSide), observations }
}

/** Pixel for pixel what the policy saw, unless that is larger than a page has room for. */
async function viewImage(
  picture: Picture,
  observation: Observation,
  { observations }: Trajectory,
  profile: Profile,
  side: number,
): Promise<string> {
  const { index, askedPx, boxInOriginalPx, view: seen } = observation
  const rule = viewRule(profile, index)
  const size = atMost(seen, side)
  if (size.width === seen.width || askedPx !== undefined) {
    return dataUrl(await encodePng(await observationView(picture, observation, observations, profile)), 'png')
  }
  return dataUrl(await encodeJpeg(await picture.region(boxInOriginalPx, size, rule.resampler), 82), 'jpeg')
}

async function sharpImage(picture: Picture, boxPx: PixelBox, side: number): Promise<string> {
  const pixels = await picture.region(boxPx, atMost(boxSize(boxPx), side), 'area')
  return dataUrl(await encodeJpeg(pixels, 82), 'jpeg')
}

/** The size scaled down, if need be, so that its longer side is `side`. */
export function atMost({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
