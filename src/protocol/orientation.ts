/** How a view that was rotated or flipped lies on its original: one of eight ways, so that boxes on it are boxes of the original. Pure. */
import { boxSize, pixelBox, withinParent } from './box.ts'
import type { PixelBox, Size } from './box.ts'
import type { Observation } from './trajectory.ts'
import type { ToolUse } from './view-tools.ts'
import { itemAt } from '../shared/known.ts'

/** Left and right are swapped first, where it is mirrored; then it is turned counter-clockwise by so many quarters. */
export interface Orientation {
  readonly mirrored: boolean
  readonly quarters: 0 | 1 | 2 | 3
}

const asItIs: Orientation = { mirrored: false, quarters: 0 }

type Shown = Pick<Observation, 'parent' | 'boxPx' | 'boxInOriginalPx' | 'made'>

/** The observation and what it was made of, the original first. */
export function wayTo<O extends Shown>(observation: O, observations: readonly O[]): O[] {
  const way = [observation]
  for (let at = observation; at.parent !== null; way.unshift(at)) at = itemAt(observations, at.parent)
  return way
}

/** Was a tool used on the way to the observation? Then it does not show its region as it is. */
export function isChanged(observation: Shown, observations: readonly Shown[]): boolean {
  return wayTo(observation, observations).some(({ made }) => made !== undefined)
}

export function orientationOf(observation: Shown, observations: readonly Shown[]): Orientation {
  return wayTo(observation, observations).reduce((before, { made }) => after(before, made), asItIs)
}

function after(before: Orientation, use: ToolUse | undefined): Orientation {
  const { mirrored, quarters } = before
  if (use?.tool === 'rotate') return { mirrored, quarters: quartersIn(quarters + use.degrees / 90) }
  // A mirror seen through a turn is a mirror and the turn back.
  if (use?.tool === 'flip')
    return { mirrored: !mirrored, quarters: quartersIn((use.axis === 'vertical' ? 2 : 0) - quarters) }
  return before
}

const quarterCounts = [0, 1, 2, 3] as const

function quartersIn(count: number): Orientation['quarters'] {
  return itemAt(quarterCounts, ((count % 4) + 4) % 4)
}

function backwards({ mirrored, quarters }: Orientation): Orientation {
  return mirrored ? { mirrored, quarters } : { mirrored, quarters: quartersIn(-quarters) }
}

export function turnedSize({ width, height }: Size, { quarters }: Orientation): Size {
  return quarters % 2 === 0 ? { width, height } : { width: height, height: width }
}

/** Where a box of a picture of `size` lies once the picture is oriented so. */
export function orientedBox(boxPx: PixelBox, size: Size, { mirrored, quarters }: Orientation): PixelBox {
  const [x0, y0, x1, y1] = boxPx
  let box = mirrored ? pixelBox(size.width - x1, y0, size.width - x0, y1) : boxPx
  let { width, height } = size
  for (let turn = 0; turn < quarters; turn++) {
    box = pixelBox(box[1], width - box[2], box[3], width - box[0])
    ;[width, height] = [height, width]
  }
  return box
}

/** The size of what an observation shows, in pixels of its source; boxes on it are of this size. */
export function shownSize({ boxPx, made }: Pick<Observation, 'boxPx' | 'made'>): Size {
  return turnedSize(boxSize(boxPx), after(asItIs, made))
}

/** A box on an observation as one of the original that it is a part of. */
export function boxOnOriginal(boxPx: PixelBox, observation: Shown, observations: readonly Shown[]): PixelBox {
  const upright = orientedBox(boxPx, shownSize(observation), backwards(orientationOf(observation, observations)))
  return withinParent(upright, observation.boxInOriginalPx)
}

/** A region that was zoomed into, and no picture that was only shown in another way. */
export function isCrop({ parent, made }: Observation): boolean {
  return parent !== null && made === undefined
}
