/**
 * The small policy's language of thoughts: how it names places in a view, and the phrases it thinks with. The teacher
 * writes it, the tokenizer knows its pieces, the model learns it. A view is divided into 8 x 8 cells; looking at a cell
 * opens a window a quarter of the view wide around it, so that what lies in the cell is seen whole. A thing whose shape
 * can be told but whose digit is small is looked at once more, in a window half of the view wide.
 */
import { relativeBox, type RelativeBox } from '../protocol/box.ts'
import { itemAt } from '../shared/known.ts'

/** Cells a side; `a1` is top left, `h1` top right. */
export const cellsPerSide = 8

export interface Cell {
  /** 0-based, from the left. */
  readonly column: number
  /** 0-based, from the top. */
  readonly row: number
}

export const quadrants = ['nw', 'ne', 'sw', 'se'] as const
export type Quadrant = (typeof quadrants)[number]

/** Share of a view's side that the window around a cell covers. */
const cellWindow = 1 / 4
/** The same for a closer look at what is already told apart. */
const closerWindow = 1 / 2
/** Quadrant windows overlap a little, so that nothing is cut by both. */
const quadrantWindow = 9 / 16

export function cellName({ column, row }: Cell): string {
  return itemAt('abcdefgh', column) + (row + 1)
}

/** The cell of a name such as `c4`; undefined for anything else. */
export function parseCell(name: string): Cell | undefined {
  const column = 'abcdefgh'.indexOf(name[0] ?? '?')
  const row = '12345678'.indexOf(name[1] ?? '?')
  return name.length === 2 && column >= 0 && row >= 0 ? { column, row } : undefined
}

/** All 64 cells in the order in which a list names them: patch by patch (4 x 4 patches of 2 x 2 cells), then within. */
export const cellsInOrder: readonly Cell[] = Array.from({ length: cellsPerSide ** 2 }, (_, i) => {
  const patch = i >> 2
  return { column: (patch % 4) * 2 + (i & 1), row: (patch >> 2) * 2 + ((i >> 1) & 1) }
})

/** The cell that holds the point `(u, v)`, given in fractions of the view. */
export function cellAt(u: number, v: number): Cell {
  const index = (t: number): number => Math.max(0, Math.min(cellsPerSide - 1, Math.floor(t * cellsPerSide)))
  return { column: index(u), row: index(v) }
}

/** The window to look at for a cell, kept inside the view: all coordinates are multiples of 1/16. */
export function cellBox(cell: Cell): RelativeBox {
  return boxAround(cell, cellWindow)
}

/** The window for a closer look at what shows in a cell. */
export function closerBox(cell: Cell): RelativeBox {
  return boxAround(cell, closerWindow)
}

function boxAround({ column, row }: Cell, window: number): RelativeBox {
  const low = (index: number): number => {
    const start = (index + 0.5) / cellsPerSide - window / 2
    return Math.max(0, Math.min(1 - window, start))
  }
  const [x, y] = [low(column), low(row)]
  return relativeBox(x, y, x + window, y + window)
}

export function quadrantBox(quadrant: Quadrant): RelativeBox {
  const x = quadrant === 'nw' || quadrant === 'sw' ? 0 : 1 - quadrantWindow
  const y = quadrant === 'nw' || quadrant === 'ne' ? 0 : 1 - quadrantWindow
  return relativeBox(x, y, x + quadrantWindow, y + quadrantWindow)
}

/** The window that a place name of a list stands for; undefined if it names none. */
export function placeBox(place: string): RelativeBox | undefined {
  const quadrant = quadrants.find((name) => name === place)
  if (quadrant) return quadrantBox(quadrant)
  const cell = parseCell(place)
  return cell && cellBox(cell)
}

/**
 * Sides in pixels of the 64-pixel view from which a thing shows at all, its shape can be told, its digit be read. The first is below the
 * smallest thing of an overview, so that none is left out.
 */
export const visiblePx = 0.9
export const legiblePx = 14.3
export const readablePx = 20

/** Fixed phrases of a thought. Each is one token. */
export const phrases = {
  goal: '<think>Goal:',
  see: ' I see a',
  notIt: '. Not it.',
  closer: '. Maybe it, I look closer.',
  found: '. Found it: ',
  nothingHere: ' Nothing here.',
  nothingStandsOut: ' Nothing stands out.',
  tooSmall: ' Too small to tell.',
  candidates: ' Some candidates.',
  scanning: ' Nothing left, I scan the quadrants.',
  toCheck: ' To check: ',
  nextSource: ', ',
  zoom: '</think><grounding>{"bbox_2d": [',
  source: '], "source": "',
  endZoom: '"}</grounding>',
  answer: '</think><answer>',
  endAnswer: '</answer>',
  question: 'Which digit is on the',
} as const

/** More places than this are forgotten, so that a thought stays short. */
export const maxPlaces = 12

/** A coordinate as the policy writes it: a multiple of 1/16 in decimals. */
export function coordinate(value: number): string {
  return String(Math.round(value * 16) / 16)
}
