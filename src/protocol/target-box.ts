/** Where the answer to a problem can be read. Pure, and free of schemas: the pages use it too. */
import { pixelBox } from './box.ts'
import type { PixelBox } from './box.ts'
import type { Trajectory } from './trajectory.ts'

/** In pixels of the original; undefined: not known. */
export function targetBox({ problem, picture }: Pick<Trajectory, 'problem' | 'picture'>): PixelBox | undefined {
  const box = problem.targetBoxRel
  if (!box) return undefined
  const { width, height } = picture
  return pixelBox(
    Math.floor(box[0] * width),
    Math.floor(box[1] * height),
    Math.ceil(box[2] * width),
    Math.ceil(box[3] * height),
  )
}
