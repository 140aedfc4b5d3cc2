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

/** The core is the middle half of the target, where the answer is. */
export function holdsCore(box: PixelBox, [x0, y0, x1, y1]: PixelBox): boolean {
  const marginX = (x1 - x0) / 4
  const marginY = (y1 - y0) / 4
  return box[0] <= x0 + marginX && box[1] <= y0 + marginY && box[2] >= x1 - marginX && box[3] >= y1 - marginY
}

function inPixels(box: RelativeBox, { width, height }: Trajectory['picture']): PixelBox {
  return pixelBox(
    Math.floor(box[0] * width),
    Math.floor(box[1] * height),
    Math.ceil(box[2] * width),
    Math.ceil(box[3] * height),
  )
}
