/**
 * Finds which region of which picture a call cut out. Logs say neither the unit of their boxes nor, often, the picture that they are of; but
 * where the picture that came back is in the log too, the region that looks like it is the one.
 */
import { boxSize, pixelBox, relativeBox } from '../protocol/box.ts'
import type { PixelBox, RelativeBox, Size } from '../protocol/box.ts'
import { byteAt } from '../shared/number-at.ts'
import type { Picture, Pixels } from '../vision/picture.ts'
import type { CalledBox, Corners } from './called-box.ts'
import type { BoxUnitName } from './foreign.ts'

/** A picture that the model had seen. */
export interface Source {
  readonly picture: Picture
  /** The part of the picture, and the size at which the model saw it. */
  readonly boxPx: PixelBox
  readonly size: Size
}

export interface FittedBox<S extends Source> {
  readonly source: S
  readonly boxRel: RelativeBox
  /** Of the original picture, in its pixels; within the source. */
  readonly boxInOriginalPx: PixelBox
  /** Whether the picture that came back looks like this region. */
  readonly isSeen: boolean
}

const side = 24
/** Mean difference of the levels of two thumbnails: below the first they are alike, above the second they are not. */
const alike = 6
const unlike = 24
/** Sources compared for one call at most: what it names, the originals, and the newest crops. */
export const mostSources = 8

export interface BoxFitter {
  /** `sources`: the likeliest first. `returned`: what came back, if it is in the log. Undefined if the box fits none of them. */
  fit<S extends Source>(box: CalledBox, sources: readonly S[], returned?: Picture): Promise<FittedBox<S> | undefined>
  /** How many boxes were found in each unit by their pictures, and how many units were only assumed. */
  readonly counts: Record<BoxUnitName | 'assumed', number>
}

/** `unit`: of boxes where nothing shows it. */
export function boxFitter(unit?: BoxUnitName): BoxFitter {
  const counts = { pixel: 0, thousand: 0, relative: 0, assumed: 0 }

  /** The units that the numbers allow, the likeliest first. */
  function unitsOf(box: CalledBox): BoxUnitName[] {
    const known = counts.pixel + counts.thousand + counts.relative > 0
    const rank = (one: BoxUnitName): number => (known ? counts[one] : one === unit ? 1 : 0)
    return possibleUnits(box).toSorted((a, b) => rank(b) - rank(a))
  }

  return {
    counts,
    async fit(box, sources, returned) {
      const found = unitsOf(box).flatMap((one) =>
        sources.slice(0, mostSources).flatMap((source) => regionIn(box, one, source) ?? []),
      )
      if (returned === undefined) {
        const [first] = found
        if (first !== undefined) counts.assumed++
        return first && { ...first, isSeen: false }
      }
      const best = await likest(found, returned)
      if (best !== undefined) counts[best.unit]++
      return best && { ...best, isSeen: true }
    },
  }
}

/** Undefined if none looks like what came back. */
async function likest<S extends Source>(found: readonly Found<S>[], returned: Picture): Promise<Found<S> | undefined> {
  const wanted = await thumbnail(returned, wholePicture(returned))
  let best: Found<S> | undefined
  let least = unlike
  for (const one of found) {
    const difference = distance(wanted, await thumbnail(one.source.picture, one.boxInOriginalPx))
    if (difference < least) [best, least] = [one, difference]
    if (least < alike) break
  }
  return best
}

interface Found<S extends Source> {
  readonly unit: BoxUnitName
  readonly source: S
  readonly boxRel: RelativeBox
  readonly boxInOriginalPx: PixelBox
}

/** By the numbers alone. */
function possibleUnits({ corners, isVerticalFirst }: CalledBox): BoxUnitName[] {
  if (isVerticalFirst) return ['thousand', 'pixel']
  const largest = Math.max(...corners)
  if (largest <= 1) return ['relative']
  return largest > 1100 ? ['pixel'] : ['pixel', 'thousand']
}

const thousandths: Size = { width: 1000, height: 1000 }
const whole: Size = { width: 1, height: 1 }

function regionIn<S extends Source>(box: CalledBox, unit: BoxUnitName, source: S): Found<S> | undefined {
  const [x0, y0, x1, y1] = ordered(box, unit)
  const { width, height } = { pixel: source.size, thousand: thousandths, relative: whole }[unit]
  const boxRel = relativeBox(x0 / width, y0 / height, x1 / width, y1 / height)
  const [left, top] = source.boxPx
  const region = boxSize(source.boxPx)
  const edge = (share: number, length: number): number => Math.round(Math.min(1, Math.max(0, share)) * length)
  const [l, r] = [edge(boxRel[0], region.width), edge(boxRel[2], region.width)]
  const [t, b] = [edge(boxRel[1], region.height), edge(boxRel[3], region.height)]
  // Boxes that reach far beyond the picture are in another unit.
  if (r <= l || b <= t || Math.max(...boxRel) > 1.5) return undefined
  return { unit, source, boxRel, boxInOriginalPx: pixelBox(left + l, top + t, left + r, top + b) }
}

function ordered({ corners, isVerticalFirst }: CalledBox, unit: BoxUnitName): Corners {
  const [a, b, c, d] = corners
  return isVerticalFirst && unit === 'thousand' ? [b, a, d, c] : corners
}

export function wholePicture({ width, height }: Size): PixelBox {
  return pixelBox(0, 0, width, height)
}

function thumbnail(picture: Picture, boxPx: PixelBox): Promise<Pixels> {
  return picture.region(boxPx, { width: side, height: side }, 'area')
}

function distance(a: Pixels, b: Pixels): number {
  let sum = 0
  for (let at = 0; at < a.data.length; at++) sum += Math.abs(byteAt(a.data, at) - byteAt(b.data, at))
  return sum / a.data.length
}
