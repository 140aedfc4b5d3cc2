/** How a box on a picture is drawn, moved, resized and typed; it never gets smaller than can be looked at, nor leaves its region. Pure. */
import type { PixelBox } from '../protocol/box.ts'

export type BoxEdges = readonly [left: number, top: number, right: number, bottom: number]
type Point = readonly [x: number, y: number]

/** Which edges follow, by sign; `move`: all of them. */
export type Grip = { readonly x: -1 | 0 | 1; readonly y: -1 | 0 | 1 } | 'move'

export interface BoxLimits {
  readonly within: PixelBox
  /** Least width and height, as far as the region has them. */
  readonly least: Point
}

/** The box between two points. */
export function drawnBox(from: Point, to: Point, limits: BoxLimits): BoxEdges {
  const [x0, x1] = drawnSide(from[0], to[0], sideOf(limits, 0))
  const [y0, y1] = drawnSide(from[1], to[1], sideOf(limits, 1))
  return [x0, y0, x1, y1]
}

/** The box after its grip went `by`; edges stop at each other and at the region. */
export function changedBox(start: BoxEdges, grip: Grip, by: Point, limits: BoxLimits): BoxEdges {
  const [x0, x1] = changedSide([start[0], start[2]], grip === 'move' ? 'move' : grip.x, by[0], sideOf(limits, 0))
  const [y0, y1] = changedSide([start[1], start[3]], grip === 'move' ? 'move' : grip.y, by[1], sideOf(limits, 1))
  return [x0, y0, x1, y1]
}

export const edgeNames = ['left', 'top', 'right', 'bottom'] as const
export type EdgeName = (typeof edgeNames)[number]
/** What was typed and is not taken over yet. */
export type TypedEdges = Readonly<Partial<Record<EdgeName, string>>>

/** The box with the edges that were typed, in whole pixels; or which of them is none, and why. */
export function typedBox(
  before: BoxEdges,
  typed: TypedEdges,
  within: PixelBox,
): BoxEdges | { readonly edge: EdgeName; readonly problem: string } {
  const edges: number[] = []
  for (const [at, edge] of edgeNames.entries()) {
    const text = typed[edge]
    const [low = 0, high = 0] = [within[at % 2], within[(at % 2) + 2]]
    const value = text === undefined ? (before[at] ?? 0) : text.trim() === '' ? NaN : Number(text)
    if (text !== undefined && !(Number.isSafeInteger(value) && value >= low && value <= high)) {
      const found = text.trim() === '' ? 'is empty' : `is ${text}`
      return { edge, problem: `The ${edge} edge ${found}. Type whole pixels of the original, from ${low} to ${high}.` }
    }
    edges.push(value)
  }
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = edges
  for (const [low, high, first, second] of [
    ['left', 'right', x0, x1],
    ['top', 'bottom', y0, y1],
  ] as const) {
    if (first < second) continue
    const edge = typed[low] === undefined ? high : low
    return { edge, problem: `The ${low} edge (${first}) has to be less than the ${high} edge (${second}).` }
  }
  return [x0, y0, x1, y1]
}

interface Side {
  readonly low: number
  readonly high: number
  readonly least: number
}

function sideOf({ within, least }: BoxLimits, axis: 0 | 1): Side {
  const [low, high] = [within[axis], within[axis + 2] ?? 0]
  return { low, high, least: Math.min(least[axis], high - low) }
}

function drawnSide(from: number, to: number, { low, high, least }: Side): readonly [number, number] {
  const inside = (value: number): number => Math.min(high, Math.max(low, value))
  const [first, last] = [inside(Math.min(from, to)), inside(Math.max(from, to))]
  if (last - first >= least) return [first, last]
  const end = Math.min(high, first + least)
  return [end - least, end]
}

function changedSide(
  [start, end]: readonly [number, number],
  grip: -1 | 0 | 1 | 'move',
  by: number,
  { low, high, least }: Side,
): readonly [number, number] {
  if (grip === 0) return [start, end]
  if (grip === 'move') {
    const way = Math.min(high - end, Math.max(low - start, by))
    return [start + way, end + way]
  }
  // A box that is smaller already, as stored ones may be, only grows.
  const own = Math.min(least, end - start)
  return grip > 0
    ? [start, Math.min(high, Math.max(start + own, end + by))]
    : [Math.max(low, Math.min(end - own, start + by)), end]
}
