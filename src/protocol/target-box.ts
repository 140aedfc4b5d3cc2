/** Target boxes of a problem in pixels. Pure and without zod, since the pages use it too. */
import { pixelBox } from './box.ts'
import type { PixelBox, RelativeBox } from './box.ts'
import type { Trajectory } from './trajectory.ts'

/** The bounding box of all targets in pixels of the original; undefined if unknown. */
export function targetBox({ problem, picture }: Pick<Trajectory, 'problem' | 'picture'>): PixelBox | undefined {
  return problem.targetBoxRel && inPixels(problem.targetBoxRel, picture)
}

/** Each target in pixels of the original; empty if unknown. */
export function targetBoxes({ problem, picture }: Pick<Trajectory, 'problem' | 'picture'>): PixelBox[] {
  const { targetBoxRel, targetBoxesRel = targetBoxRel ? [targetBoxRel] : [] } = problem
  return targetBoxesRel.map((box) => inPixels(box, picture))
}

function inPixels(box: RelativeBox, { width, height }: Trajectory['picture']): PixelBox {
  return pixelBox(
    Math.floor(box[0] * width),
    Math.floor(box[1] * height),
    Math.ceil(box[2] * width),
    Math.ceil(box[3] * height),
  )
}
