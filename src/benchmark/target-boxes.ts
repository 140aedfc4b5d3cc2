/** Evidence boxes of benchmarks, given in pixels of the picture, as fractions of it. Pure. */
import { relativeBox } from '../protocol/box.ts'
import type { RelativeBox, Size } from '../protocol/box.ts'
import type { Problem } from '../protocol/problem.ts'
import { itemAt } from '../shared/known.ts'

/** Left, top, right, bottom. */
export type Edges = readonly [number, number, number, number]

/** Undefined if the value is not a list of boxes. */
export function boxesIn(value: unknown): readonly Edges[] | undefined {
  if (!Array.isArray(value)) return undefined
  const boxes = value.map(edgesIn)
  return boxes.every((box) => box !== undefined) ? boxes : undefined
}

export function edgesIn(value: unknown): Edges | undefined {
  const isBox = Array.isArray(value) && value.length === 4 && value.every((edge) => Number.isFinite(edge))
  return isBox ? [Number(value[0]), Number(value[1]), Number(value[2]), Number(value[3])] : undefined
}

/** Boxes are cut at the edges of the picture; those without area are left out. */
export function targetsIn(boxes: readonly Edges[], { width, height }: Size) {
  const within = (edge: number, side: number): number => Math.min(Math.max(edge / side, 0), 1)
  const cut = boxes
    .map(([x0, y0, x1, y1]): Edges => [within(x0, width), within(y0, height), within(x1, width), within(y1, height)])
    .filter(([x0, y0, x1, y1]) => x0 < x1 && y0 < y1)
  return targetFields(cut)
}

/** The fields of a problem for boxes in fractions. */
export function targetFields(boxes: readonly Edges[]): Pick<Problem, 'targetBoxRel' | 'targetBoxesRel'> {
  if (boxes.length === 0) return {}
  const around = boxes.reduce(
    (all, box): Edges => [
      Math.min(all[0], box[0]),
      Math.min(all[1], box[1]),
      Math.max(all[2], box[2]),
      Math.max(all[3], box[3]),
    ],
    itemAt(boxes, 0),
  )
  return {
    targetBoxRel: relativeBox(...around),
    ...(boxes.length > 1 && { targetBoxesRel: boxes.map((box): RelativeBox => relativeBox(...box)) }),
  }
}
