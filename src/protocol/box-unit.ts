/** Detects boxes written in another unit or form than the profile's. Pure. */
import { isOneOf } from '../shared/fields.ts'
import type { Size } from './box.ts'
import { readLooseValue } from './loose-value.ts'
import { coordinateNames } from './profile.ts'
import type { BoxUnit, Coordinates } from './profile.ts'
import { coordinateWords } from './prompts.ts'
import type { Trajectory } from './trajectory.ts'

type Corners = readonly [number, number, number, number]

const knownSigns = ['%', 'px'] as const
/** A unit written after a number. */
type Sign = (typeof knownSigns)[number]

/** Normalises a box that was written as text, as a nested list, as two corners, or with its numbers as text, with or without a unit. */
export function plainBox(bbox: unknown): { readonly bbox: unknown; readonly sign?: Sign | undefined } {
  const value = typeof bbox === 'string' ? readLooseValue(/^\s?[[(]/.test(bbox) ? bbox : `[${bbox}]`)?.value : bbox
  const nested = Array.isArray(value) && value.length <= 2 && value.every(Array.isArray)
  const list: unknown = nested ? value.flat() : value
  if (!Array.isArray(list) || list.every(Number.isFinite)) return { bbox: list }
  const signs = list.map((part) => numeral(part)?.[2])
  const numbers = list.map((part) => {
    const read = numeral(part)
    return read === undefined ? part : Number(read[1])
  })
  return { bbox: numbers, sign: signs.find((sign) => isOneOf(knownSigns, sign)) }
}

function numeral(part: unknown): RegExpExecArray | undefined {
  if (typeof part !== 'string') return undefined
  return /^\s?([+-]?[0-9]{1,9}(?:\.[0-9]{1,20})?)\s?(%|px)?\s?$/.exec(part) ?? undefined
}

/** The full width or height of the source, in the units that do not depend on its size. */
export const wholeOf = { relative: 1, percent: 100, thousand: 1000 } as const

/** A box may exceed the picture by this factor and still count as in the right unit; it is then clipped. */
const overshoot = 1.5

/** The error detail for a box that cannot be in the unit of the profile; undefined if it can. */
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
  // These are fractions: no crop is a thousandth, or a pixel, wide.
  if (largest <= 1 && corners.some((value) => !Number.isInteger(value))) return true
  if (coordinates === 'percent' || coordinates === 'thousand') return largest > wholeOf[coordinates] * overshoot
  const size = viewSize()
  return size !== undefined && largest > Math.max(size.width, size.height) * overshoot
}

/** Count of the boxes of a search that are in another unit than the profile's. */
export interface OddBoxes {
  readonly count: number
  /** Total number of boxes. */
  readonly of: number
  /** What the user can do. */
  readonly fix: string
}

/**
 * Lenient profiles return an error for such boxes; strict ones clip them at the edges of the picture. The unit is inferred from the
 * numbers. Undefined if there is no such box.
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

/** `told`: error messages that contain the text of `wrongUnit`. */
function unitFix(told: readonly string[], longestSide: number): string {
  const asked = coordinateNames.find((name) => told[0]?.includes(coordinateWords[name]))
  const lists = told.map((text) => /\[([^[\]]*)\]\.?$/.exec(text)?.[1] ?? '')
  const numbers = lists.flatMap((list) => list.split(',')).map((part) => Number.parseFloat(part))
  const fitting = lists.some((list) => list.includes('%'))
    ? (['percent'] as const)
    : lists.some((list) => list.includes('px'))
      ? (['pixel'] as const)
      : unitsOf(Math.max(...numbers), longestSide)
  const units = fitting.filter((unit) => unit !== asked)
  if (units.length > 0) return `The numbers suggest another unit: choose --coordinates ${units.join(' or ')}.`
  const others = coordinateNames.filter((name) => name !== asked)
  return `If the model was trained on another unit, choose it: --coordinates ${others.join(', ')}; doctor finds out which.`
}

/** The units that are possible for boxes with this largest number. */
function unitsOf(largest: number, longestSide: number): readonly Coordinates[] {
  if (!Number.isFinite(largest)) return []
  if (largest <= 1) return ['relative']
  if (largest <= 100) return ['percent']
  if (largest > 1000) return ['pixel']
  return largest > longestSide ? ['thousand'] : ['thousand', 'pixel']
}
