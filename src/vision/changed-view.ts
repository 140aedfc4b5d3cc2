/** What the tools of a profile make of a picture: its pixels turned, mirrored, with other contrast. */
import type { PixelBox, Size } from '../protocol/box.ts'
import { boxSize } from '../protocol/box.ts'
import { orientationOf, turnedSize, wayTo } from '../protocol/orientation.ts'
import type { Orientation } from '../protocol/orientation.ts'
import type { Resampler } from '../protocol/rules.ts'
import type { Observation } from '../protocol/trajectory.ts'
import { atMost } from './fit.ts'
import type { Picture, Pixels } from './picture.ts'
import { byteAt } from '../shared/number-at.ts'

/**
 * The region of an observation at `size`, as the tools on its way from the original show it: cut and resampled upright, so that turns
 * and mirrors cost no sharpness and four turns give the same pixels.
 */
export async function changedRegion(
  picture: Picture,
  observation: Observation,
  observations: readonly Observation[],
  size: Size,
  resampler: Resampler,
): Promise<Pixels> {
  const orientation = orientationOf(observation, observations)
  const upright = await picture.region(observation.boxInOriginalPx, turnedSize(size, orientation), resampler)
  const levels = await levelsOf(picture, wayTo(observation, observations))
  return oriented(levels === undefined ? upright : withLevels(upright, levels), orientation)
}

/** Pixels of the longer side of what a mean is taken of. */
const meanSide = 64

/**
 * Which level each of the 256 becomes. As Pillow's `ImageEnhance.Contrast`, about the mean grey of the picture that the tool was
 * used on; a crop of it keeps its levels. Undefined: all stay.
 */
async function levelsOf(picture: Picture, way: readonly Observation[]): Promise<Uint8Array | undefined> {
  let levels: Uint8Array | undefined
  for (const { made, boxInOriginalPx } of way) {
    if (made?.tool !== 'contrast') continue
    const before = levels ?? Uint8Array.from({ length: 256 }, (_, level) => level)
    const mean = meanGrey(withLevels(await small(picture, boxInOriginalPx), before))
    levels = before.map((level) => Math.min(255, Math.max(0, Math.round(mean + made.factor * (level - mean)))))
  }
  return levels
}

function small(picture: Picture, boxPx: PixelBox): Promise<Pixels> {
  return picture.region(boxPx, atMost(boxSize(boxPx), meanSide), 'area')
}

function meanGrey({ data }: Pixels): number {
  let sum = 0
  for (let at = 0; at < data.length; at += 3)
    sum += 0.299 * byteAt(data, at) + 0.587 * byteAt(data, at + 1) + 0.114 * byteAt(data, at + 2)
  return Math.round(sum / (data.length / 3))
}

function withLevels({ data, ...size }: Pixels, levels: Uint8Array): Pixels {
  const out = new Uint8Array(data.length)
  for (let at = 0; at < data.length; at++) out[at] = byteAt(levels, byteAt(data, at))
  return { ...size, data: out }
}

function oriented(pixels: Pixels, orientation: Orientation): Pixels {
  const { mirrored, quarters } = orientation
  if (!mirrored && quarters === 0) return pixels
  const { width, height, data } = pixels
  const size = turnedSize(pixels, orientation)
  const out = new Uint8Array(data.length)
  // The pixel that comes to the top left, and how far to the next one to the right and down, before mirroring.
  const corners = [
    [0, 0, 1, 0, 0, 1],
    [width - 1, 0, 0, 1, -1, 0],
    [width - 1, height - 1, -1, 0, 0, -1],
    [0, height - 1, 0, -1, 1, 0],
  ] as const
  const [left, top, rightX, rightY, downX, downY] = corners[quarters]
  let to = 0
  for (let row = 0; row < size.height; row++) {
    let [x, y] = [left + row * downX, top + row * downY]
    for (let column = 0; column < size.width; column++, to += 3, x += rightX, y += rightY) {
      const from = (y * width + (mirrored ? width - 1 - x : x)) * 3
      out[to] = byteAt(data, from)
      out[to + 1] = byteAt(data, from + 1)
      out[to + 2] = byteAt(data, from + 2)
    }
  }
  return { ...size, data: out }
}
