/**
 * The layout of a figure: originals at the left, cells in columns that are read downwards, and arrows from each box to its crop. Arrows run
 * in the gutters between columns and rows. Pure.
 */
import { shownSize } from '../../protocol/orientation.ts'
import type { PixelBox } from '../../protocol/box.ts'
import { originalOf, picturesOf } from '../../protocol/originals.ts'
import type { Observation, Trajectory } from '../../protocol/trajectory.ts'
import { figureCells } from './cells.ts'
import type { FigureCell } from './cells.ts'
import { stepsOf } from '../step.ts'
import type { Step } from '../step.ts'
import { itemAt } from '../../shared/known.ts'

/** In figure units from the top left. */
export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface FigureLayout {
  readonly width: number
  readonly height: number
  readonly originals: readonly Rect[]
  readonly cells: readonly Placed[]
  readonly arrows: readonly FigureArrow[]
  /** Position of each shown observation, by index; originals first. */
  readonly pictures: ReadonlyMap<number, Rect>
}

export interface Placed {
  readonly cell: FigureCell
  /** The cell without its heading. */
  readonly rect: Rect
  /** Per cell: the crop (or the tile in its place), or the small crops. */
  readonly tiles: readonly Rect[]
}

interface FigureArrow {
  readonly turn: number
  /** The box in its source picture. */
  readonly from: Rect
  readonly path: string
  /** The tip, at the left edge of the crop. */
  readonly tip: Point
}

export const margin = 40
const heading = 28
const originalSide = 640
const gutter = 112
const cropSide = 224
const cell = { width: 560, height: 224, inner: 18 }
const gap = 46
/** Parallel arrows in a gutter. */
const lanes = 5
const laneWidth = 9
const smallSide = 48
const smallGap = 8
/** Columns and rows of small crops in a cell. */
const smallColumns = 10
const smallRows = 4
/** Up to this many cells are in a single column. */
const oneColumn = 3

/** `top`: height of the header. */
export function figureLayout(trajectory: Trajectory, top: number): FigureLayout {
  const cells = figureCells(trajectory)
  const rows = cells.length <= oneColumn ? cells.length : Math.ceil(cells.length / 2)
  const columns = Math.ceil(cells.length / Math.max(1, rows))
  const shown = picturesOf(trajectory)
  const sizes = shown.map((picture) => fitted(picture, originalSide, originalHeight(shown.length)))
  const originalWidth = Math.max(...sizes.map((size) => size.width))
  const originalsHeight = sizes.reduce((sum, size) => sum + heading + size.height, gap * (sizes.length - 1))
  const gridHeight = rows * (heading + cell.height) + Math.max(0, rows - 1) * gap
  const height = Math.max(gridHeight, originalsHeight)
  const originals: Rect[] = []
  for (const size of sizes) {
    const above = originals.at(-1)
    const y = above === undefined ? top + (height - originalsHeight) / 2 : above.y + above.height + gap
    originals.push({ x: margin + (originalWidth - size.width) / 2, y: y + heading, ...size })
  }
  const columnX = (column: number): number => margin + originalWidth + gutter + column * (cell.width + gutter)
  const rowY = (row: number): number => top + (height - gridHeight) / 2 + heading + row * (heading + cell.height + gap)

  const pictures = new Map(originals.entries())
  const placed = cells.map((one, index): Placed => {
    const rect = { x: columnX(Math.floor(index / rows)), y: rowY(index % rows), width: cell.width, height: cell.height }
    const tiles = tilesOf(one, rect, trajectory)
    const steps = one.kind === 'turn' ? [one.step] : one.kind === 'more' ? one.steps : []
    for (const [n, tile] of tiles.entries()) {
      const { observation } = itemAt(steps, n)
      if (observation) pictures.set(observation.index, tile)
    }
    return { cell: one, rect, tiles }
  })

  const arrows: FigureArrow[] = []
  for (const { cell: one, rect, tiles } of placed) {
    const [tile] = tiles
    const observation = one.kind === 'turn' ? one.step.observation : undefined
    const source = observation && pictures.get(observation.parent ?? 0)
    if (one.kind !== 'turn' || !tile || !observation || !source) continue
    const from = boxWithin(observation, trajectory, source)
    const tip = { x: tile.x - 4, y: tile.y + tile.height / 2 }
    const home = placed.find((other) => other.tiles.includes(source))?.rect
    const lane = arrows.length % lanes
    arrows.push({
      turn: one.step.number,
      from,
      tip,
      path: way({ from, tip, to: rect, home, firstX: columnX(0), lane }),
    })
  }
  const width = margin + originalWidth + columns * (gutter + cell.width) + margin
  return { width, height: top + height, originals, cells: placed, arrows, pictures }
}

/** Height of an original; smaller if there are several, so that all fit. */
function originalHeight(count: number): number {
  return count === 1 ? originalSide : Math.max(140, (1.5 * originalSide) / count)
}

/** Converts a box from source pixels to figure units. */
function boxWithin({ boxPx, parent }: Observation, { observations }: Trajectory, shown: Rect): Rect {
  return scaled(boxPx, shownSize(itemAt(observations, parent ?? 0)), shown)
}

/** Converts a box in pixels of a picture of size `size` to figure units. */
export function scaled([x0, y0, x1, y1]: PixelBox, size: { width: number; height: number }, shown: Rect): Rect {
  const [sx, sy] = [shown.width / size.width, shown.height / size.height]
  return { x: shown.x + x0 * sx, y: shown.y + y0 * sy, width: (x1 - x0) * sx, height: (y1 - y0) * sy }
}

function tilesOf(one: FigureCell, { x, y }: Rect, { observations }: Trajectory): Rect[] {
  if (one.kind === 'end') return []
  if (one.kind === 'more') {
    return one.steps.slice(0, smallColumns * smallRows).map((_, index) => ({
      x: x + (index % smallColumns) * (smallSide + smallGap),
      y: y + Math.floor(index / smallColumns) * (smallSide + smallGap) + smallGap,
      width: smallSide,
      height: smallSide,
    }))
  }
  const { observation, turn } = one.step
  if (observation) {
    const size = fitted(shownSize(itemAt(observations, observation.index)), cropSide, cropSide)
    return [{ x: x + (cropSide - size.width) / 2, y: y + (cropSide - size.height) / 2, ...size }]
  }
  return turn.error ? [{ x, y, width: cropSide, height: cropSide }] : []
}

/** The text area of a turn: next to its crop or tile, or the whole cell. */
export function wordsRect({ rect, tiles }: Placed): Rect {
  if (tiles.length === 0) return rect
  const x = rect.x + cropSide + cell.inner
  return { ...rect, x, width: rect.x + rect.width - x }
}

/** The largest size with this aspect ratio that fits. */
function fitted({ width, height }: { width: number; height: number }, mostWide: number, mostHigh: number) {
  const scale = Math.min(mostWide / width, mostHigh / height)
  // Enforces a visible minimum.
  return { width: Math.max(24, width * scale), height: Math.max(24, height * scale) }
}

interface Way {
  readonly from: Rect
  readonly tip: Point
  /** Cell rectangles of the crop and of its source; the original has none. */
  readonly to: Rect
  readonly home: Rect | undefined
  readonly firstX: number
  readonly lane: number
}

/** The path from the box into the adjacent gutter, along the gap above the row if columns must be passed, to the tip. */
function way({ from, tip, to, home, firstX, lane }: Way): string {
  const [x0, y0] = [home ? from.x : from.x + from.width, from.y + from.height / 2]
  const start = `M${n(x0)} ${n(y0)}`
  const columnX = home?.x ?? firstX
  const passes = to.x !== columnX
  const laneY = to.y - heading - gap / 2 + lane - lanes / 2
  const nextX = to.x - gutter
  const rest = passes ? `H${n(nextX)}${swing({ x: nextX, y: laneY }, tip)}` : ''
  const first = passes ? { x: columnX, y: laneY } : tip
  if (!home) return `${start}${swing({ x: x0, y: y0 }, first)}${rest}`
  // Leaves a crop to the left, into the gutter of its column.
  const gutterX = columnX - 26 - lane * laneWidth
  const turn = Math.sign(first.y - y0) * Math.min(48, Math.abs(first.y - y0) / 2)
  const down = `C${n(gutterX)} ${n(y0)} ${n(gutterX)} ${n(y0)} ${n(gutterX)} ${n(y0 + turn)}V${n(first.y - turn)}`
  return `${start}${down}Q${n(gutterX)} ${n(first.y)} ${n(first.x)} ${n(first.y)}${rest}`
}

/** A curve with horizontal ends. */
function swing(from: Point, to: Point): string {
  const bend = Math.max(40, Math.abs(to.x - from.x) / 2)
  return `C${n(from.x + bend)} ${n(from.y)} ${n(to.x - bend)} ${n(to.y)} ${n(to.x)} ${n(to.y)}`
}

/** Formats a coordinate. */
export function n(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** The observations whose pictures a figure needs, with the longer side of each. */
export function sidesShown({ pictures }: FigureLayout): Map<number, number> {
  return new Map([...pictures].map(([index, { width, height }]) => [index, Math.max(width, height)]))
}

/** The boxes of looks that are not shown at full size, on their original. */
export function otherBoxes(
  trajectory: Trajectory,
  { arrows, originals }: FigureLayout,
  original: number,
): { step: Step; rect: Rect }[] {
  const shown = new Set(arrows.map(({ turn }) => turn))
  const size = itemAt(picturesOf(trajectory), original)
  return stepsOf(trajectory).flatMap((step) => {
    const { number, observation } = step
    if (!observation || shown.has(number) || originalOf(observation, trajectory.observations) !== original) return []
    return [{ step, rect: scaled(observation.boxInOriginalPx, size, itemAt(originals, original)) }]
  })
}
