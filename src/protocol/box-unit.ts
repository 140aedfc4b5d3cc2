/** Boxes that are written in another unit or form than they were asked for. Pure. */
import type { Size } from './box.ts'
import { readLooseValue } from './loose-value.ts'
import { coordinateNames } from './profile.ts'
import type { BoxUnit } from './profile.ts'
import { coordinateWords } from './prompts.ts'

type Corners = readonly [number, number, number, number]

/** A box as four numbers, where a model wrote it as text, as a list in a list, or its numbers as text. */
export function plainBox(bbox: unknown): unknown {
  const value = typeof bbox === 'string' ? readLooseValue(bbox)?.value : bbox
  const list = Array.isArray(value) && value.length === 1 && Array.isArray(value[0]) ? value[0] : value
  return Array.isArray(list) ? list.map((part) => (isNumeral(part) ? Number(part) : part)) : list
}

function isNumeral(part: unknown): part is string {
  return typeof part === 'string' && /^\s?[+-]?[0-9]{1,9}(?:\.[0-9]{1,20})?\s?$/.test(part)
}

/** How far beyond the picture a box may reach that is still meant in the unit; the rest is cut off. */
const overshoot = 1.5

/** What a policy is told of a box that cannot be meant in the unit of its profile; undefined: it can. */
export function wrongUnit(
  corners: Corners,
  coordinates: BoxUnit,
  viewSize: () => Size | undefined,
): string | undefined {
  if (!isOfAnotherUnit(corners, coordinates, viewSize)) return undefined
  const rounded = corners.map((value) => Math.round(value * 1e4) / 1e4)
  return `${coordinateWords[coordinates]}, not [${rounded.join(', ')}]`
}

/** For whoever chose `coordinates`. */
export function unitHint(coordinates: BoxUnit): string {
  const others = coordinateNames.filter((name) => name !== coordinates)
  return `If the model was trained on another unit, choose it: --coordinates ${others.join(' or ')}.`
}

export function isOfAnotherUnit(
  corners: Corners,
  coordinates: BoxUnit,
  viewSize: () => Size | undefined = () => undefined,
): boolean {
  const largest = Math.max(...corners)
  if (coordinates === 'relative') return largest > overshoot
  // Fractions: no crop is a thousandth, or a pixel, wide.
  if (largest <= 1 && corners.some((value) => !Number.isInteger(value))) return true
  if (coordinates === 'thousand') return largest > 1000 * overshoot
  const size = viewSize()
  return size !== undefined && largest > Math.max(size.width, size.height) * overshoot
}
