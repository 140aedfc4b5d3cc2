/** Boxes that are written in another unit or form than they were asked for. Pure. */
import type { Size } from './box.ts'
import { readLooseValue } from './loose-value.ts'
import { coordinateNames } from './profile.ts'
import type { BoxUnit, Coordinates } from './profile.ts'
import { coordinateWords } from './prompts.ts'
import type { Trajectory } from './trajectory.ts'

type Corners = readonly [number, number, number, number]

/** What stands behind a number where a model writes the unit of its box with it. */
type Sign = '%' | 'px'

/** A box as four numbers, where a model wrote it as text, as a list in a list, or its numbers as text, with a sign or without. */
export function plainBox(bbox: unknown): { readonly bbox: unknown; readonly sign?: Sign | undefined } {
  const value = typeof bbox === 'string' ? readLooseValue(/^\s?[[(]/.test(bbox) ? bbox : `[${bbox}]`)?.value : bbox
  const list = Array.isArray(value) && value.length === 1 && Array.isArray(value[0]) ? value[0] : value
  if (!Array.isArray(list)) return { bbox: list }
  const signs = list.map((part) => numeral(part)?.[2] as Sign | undefined)
  const numbers = list.map((part) => {
    const read = numeral(part)
    return read === undefined ? part : Number(read[1])
  })
  return { bbox: numbers, sign: signs.find((sign) => sign !== undefined) }
}

function numeral(part: unknown): RegExpExecArray | undefined {
  if (typeof part !== 'string') return undefined
  return /^\s?([+-]?[0-9]{1,9}(?:\.[0-9]{1,20})?)\s?(%|px)?\s?$/.exec(part) ?? undefined
}

/** What the whole width or height of the source is in units that do not depend on its size. */
export const wholeOf = { relative: 1, percent: 100, thousand: 1000 } as const

/** How far beyond the picture a box may reach that is still meant in the unit; the rest is cut off. */
const overshoot = 1.5

/** What a policy is told of a box that cannot be meant in the unit of its profile; undefined: it can. */
export function wrongUnit(
  corners: Corners,
  coordinates: BoxUnit,
  viewSize: () => Size | undefined,
  sign?: Sign,
): string | undefined {
  const named = sign === undefined ? undefined : unitOfSign[sign]
  if (named === coordinates || (named === undefined && !isOfAnotherUnit(corners, coordinates, viewSize)))
    return undefined
  const rounded = corners.map((value) => `${Math.round(value * 1e4) / 1e4}${sign ?? ''}`)
  return `${coordinateWords[coordinates]}, not [${rounded.join(', ')}]`
}

const unitOfSign = { '%': 'percent', px: 'pixel' } as const

function isOfAnotherUnit(corners: Corners, coordinates: BoxUnit, viewSize: () => Size | undefined): boolean {
  const largest = Math.max(...corners)
  if (coordinates === 'relative') return largest > overshoot
  // Fractions: no crop is a thousandth, or a pixel, wide.
  if (largest <= 1 && corners.some((value) => !Number.isInteger(value))) return true
  if (coordinates === 'percent' || coordinates === 'thousand') return largest > wholeOf[coordinates] * overshoot
  const size = viewSize()
  return size !== undefined && largest > Math.max(size.width, size.height) * overshoot
}

/** The boxes of a search that were meant in another unit than its profile reads. */
export interface OddBoxes {
  readonly count: number
  /** Of so many boxes in all. */
  readonly of: number
  /** What to do, for whoever chose the options. */
  readonly fix: string
}

/**
 * Lenient profiles tell the model of such boxes; strict ones carry them out, cut off at the edges of the picture. The unit is
 * told from the numbers. Undefined: there is no such box.
 */
export function oddBoxes({ turns, observations }: Pick<Trajectory, 'turns' | 'observations'>): OddBoxes | undefined {
  const told = turns.flatMap(({ error }) => (error?.code === 'wrong-unit' ? [error.error] : []))
  const zooms = turns.flatMap(({ action }) => (action?.kind === 'grounding' ? [action.boxRel] : []))
  const cutOff = zooms.filter((box) => Math.max(...box) > overshoot)
  const count = told.length + cutOff.length
  if (count === 0) return undefined
  const longestSide = Math.max(...observations.map(({ view }) => Math.max(view.width, view.height)))
  return { count, of: told.length + zooms.length, fix: unitFix(told, longestSide) }
}

/** `told`: what `wrongUnit` said of the boxes, with more words around it. */
function unitFix(told: readonly string[], longestSide: number): string {
  const asked = coordinateNames.find((name) => told[0]?.includes(coordinateWords[name]))
  const lists = told.map((text) => /\[([^\]]*)\]\.?$/.exec(text)?.[1] ?? '')
  const numbers = lists.flatMap((list) => list.split(',')).map((part) => Number.parseFloat(part))
  const fitting = lists.some((list) => list.includes('%'))
    ? (['percent'] as const)
    : lists.some((list) => list.includes('px'))
      ? (['pixel'] as const)
      : unitsOf(Math.max(...numbers), longestSide)
  const units = fitting.filter((unit) => unit !== asked)
  if (units.length > 0)
    return `By its numbers the model writes another unit: choose --coordinates ${units.join(' or ')}.`
  const others = coordinateNames.filter((name) => name !== asked)
  return `If the model was trained on another unit, choose it: --coordinates ${others.join(', ')}; doctor finds out which.`
}

/** The units that boxes can be in whose largest number this is. */
function unitsOf(largest: number, longestSide: number): readonly Coordinates[] {
  if (!Number.isFinite(largest)) return []
  if (largest <= 1) return ['relative']
  if (largest <= 100) return ['percent']
  if (largest > 1000) return ['pixel']
  return largest > longestSide ? ['thousand'] : ['thousand', 'pixel']
}
