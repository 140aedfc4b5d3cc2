/** The control that gives the target away: a problem whose picture is its target with some surroundings. */
import { pixelBox, relativeBox } from '../../protocol/box.ts'
import type { PixelBox, RelativeBox, Size } from '../../protocol/box.ts'
import type { Problem } from '../../protocol/problem.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import { pixelsId } from '../../vision/picture.ts'
import type { Picture } from '../../vision/picture.ts'
import type { WantedProblem } from '../owed-samples.ts'

/** A square of this many times the longer side of all targets, and of at least so many pixels. */
const [surroundings, leastSide] = [2, 56]

/** The box that contains all targets of the first picture, as fractions; undefined if none is known. */
function targetsOf({ targetBoxRel, targetBoxesRel = [] }: Problem): RelativeBox | undefined {
  const boxes = targetBoxesRel.length > 0 ? targetBoxesRel : targetBoxRel ? [targetBoxRel] : []
  if (boxes.length === 0) return undefined
  const edges = (edge: 0 | 1 | 2 | 3): number[] => boxes.map((box) => box[edge])
  return relativeBox(Math.min(...edges(0)), Math.min(...edges(1)), Math.max(...edges(2)), Math.max(...edges(3)))
}

/** The problem about that part of its first picture; undefined if its target is unknown. */
export function targetGiven({
  problem,
  openPicture,
}: WantedProblem): Pick<WantedProblem, 'problem' | 'openPicture'> | undefined {
  const target = targetsOf(problem)
  if (target === undefined) return undefined
  // Its places are those of the whole picture.
  const { targetBoxRel: _one, targetBoxesRel: _all, ...asked } = problem
  return {
    problem: asked,
    openPicture: async (reading) => {
      const picture = await openPicture(reading)
      return partOf(picture, around(target, picture))
    },
  }
}

/** A square round the target, moved into the picture, and cut where the picture is smaller. */
function around([x0, y0, x1, y1]: RelativeBox, { width, height }: Size): PixelBox {
  const side = Math.ceil(Math.max(surroundings * Math.max((x1 - x0) * width, (y1 - y0) * height), leastSide))
  const [left, right] = span(((x0 + x1) / 2) * width, side, width)
  const [top, bottom] = span(((y0 + y1) / 2) * height, side, height)
  return pixelBox(left, top, right, bottom)
}

function span(middle: number, wanted: number, length: number): readonly [number, number] {
  const side = Math.min(wanted, length)
  const from = Math.min(Math.max(Math.round(middle - side / 2), 0), length - side)
  return [from, from + side]
}

function partOf(picture: Picture, [left, top, right, bottom]: PixelBox): Picture {
  return {
    ...picture,
    width: right - left,
    height: bottom - top,
    sha256: sha256(canonicalJson([pixelsId(picture), left, top, right, bottom])),
    region: ([x0, y0, x1, y1], size, resampler) =>
      picture.region(pixelBox(x0 + left, y0 + top, x1 + left, y1 + top), size, resampler),
  }
}
