/** Renders the view of an observation by its profile: a region of the original, or of the resized or padded picture of other loops. */
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import { isChanged, wayTo } from '../protocol/orientation.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Resampler } from '../protocol/rules.ts'
import type { Observation } from '../protocol/trajectory.ts'
import { canonicalJson } from '../shared/canonical.ts'
import { itemAt } from '../shared/known.ts'
import { changedRegion } from './changed-view.ts'
import { frameSize, view, viewRule } from './fit.ts'
import { pixelsId } from './picture.ts'
import type { Picture, Pixels } from './picture.ts'
import { region } from './region.ts'

/** `picture`: the original that the observation is a part of. `observations`: those of the search so far, since a frame is made of the frame of its source. */
export function observationView(
  picture: Picture,
  observation: Observation,
  observations: readonly Observation[],
  profile: Profile,
): Promise<Pixels> {
  const { parent, askedPx, boxInOriginalPx } = observation
  const rule = viewRule(profile, observation)
  if (isChanged(observation, observations)) {
    return changedRegion(picture, observation, observations, observation.view, rule.resampler)
  }
  if (profile.frames === undefined) {
    const reaches = profile.crop.edges === 'beyond' && parent !== null
    if (!reaches) return view(picture, boxInOriginalPx, rule)
    return paddedView(picture, askedPx ?? boxInOriginalPx, observation.view, rule.resampler)
  }
  return frameOf(observation).then((frame) => region(frame, wholeOf(frame), observation.view, rule.resampler))

  async function frameOf(of: Observation): Promise<Pixels> {
    const size = frameSize(of, profile)
    if (of.parent === null || of.askedPx === undefined) return picture.region(of.boxInOriginalPx, size, rule.resampler)
    return region(await frameOf(itemAt(observations, of.parent)), of.askedPx, size, rule.resampler)
  }
}

/**
 * The view of a stored search at its recorded size. If that differs from the profile's, because settings were changed for the run, the
 * region is resampled to the recorded size in one step.
 */
export async function storedView(
  picture: Picture,
  { observations }: { readonly observations: readonly Observation[] },
  index: number,
  profile: Profile,
): Promise<Pixels> {
  const observation = itemAt(observations, index)
  const { boxInOriginalPx, view: noted } = observation
  const seen = await observationView(picture, observation, observations, profile)
  if (seen.width === noted.width && seen.height === noted.height) return seen
  return picture.region(boxInOriginalPx, noted, viewRule(profile, observation).resampler)
}

/** Equal for views with the same pixels. */
export function viewKey(
  picture: Pick<Picture, 'sha256' | 'reading'>,
  observation: Observation,
  observations: readonly Observation[],
  profile: Profile,
): string {
  const { askedPx, boxInOriginalPx } = observation
  const rule = viewRule(profile, observation)
  if (isChanged(observation, observations)) {
    const way = wayTo(observation, observations).map(({ made, boxInOriginalPx: of }) => [of, made ?? null])
    return canonicalJson([pixelsId(picture), way, rule, observation.view])
  }
  if (profile.frames === undefined) {
    const seen =
      profile.crop.edges === 'beyond' ? [askedPx ?? boxInOriginalPx, rule, observation.view] : [boxInOriginalPx, rule]
    return canonicalJson([pixelsId(picture), ...seen])
  }
  const cuts: PixelBox[] = []
  for (let at = observation; at.parent !== null; at = itemAt(observations, at.parent)) cuts.push(at.askedPx ?? at.boxPx)
  return canonicalJson([pixelsId(picture), cuts, profile.frames, rule])
}

/**
 * The box of the picture at `size`, black outside the picture. Only the inner part is resampled, so a box far larger than the picture costs
 * no more than its view; its edges are at whole pixels of the view.
 */
async function paddedView(picture: Picture, boxPx: PixelBox, size: Size, resampler: Resampler): Promise<Pixels> {
  const data = new Uint8Array(size.width * size.height * 3)
  const [x0, y0, x1, y1] = boxPx
  const inside = pixelBox(Math.max(x0, 0), Math.max(y0, 0), Math.min(x1, picture.width), Math.min(y1, picture.height))
  const part = boxSize(inside)
  if (part.width < 1 || part.height < 1) return { ...size, data }
  const [sx, sy] = [size.width / (x1 - x0), size.height / (y1 - y0)]
  const [left, top] = [Math.round((inside[0] - x0) * sx), Math.round((inside[1] - y0) * sy)]
  const [right, bottom] = [Math.round((inside[2] - x0) * sx), Math.round((inside[3] - y0) * sy)]
  if (right <= left || bottom <= top) return { ...size, data }
  const shown = await picture.region(inside, { width: right - left, height: bottom - top }, resampler)
  for (let row = 0; row < shown.height; row++) {
    const from = row * shown.width * 3
    data.set(shown.data.subarray(from, from + shown.width * 3), ((top + row) * size.width + left) * 3)
  }
  return { ...size, data }
}

function wholeOf({ width, height }: Size): PixelBox {
  return pixelBox(0, 0, width, height)
}
