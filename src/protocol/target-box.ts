/** Where the answer to a problem can be read. Pure, and free of schemas: the pages use it too. */
import { pixelBox } from './box.ts'
import type { PixelBox, RelativeBox } from './box.ts'
import type { Trajectory } from './trajectory.ts'

/** In pixels of the original, around all places where there are several; undefined: not known. */
export function targetBox({ problem, picture }: Pick<Trajectory, 'problem' | 'picture'>): PixelBox | undefined {
  return problem.targetBoxRel && inPixels(problem.targetBoxRel, picture)
}

/** Each place that has to be looked at, in pixels of the original; none: not known. */
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
