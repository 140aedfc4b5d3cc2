/** What pairs of boards and their teacher share: where signs stand on a board, and how their letters and colours look. */
import { colours } from './board.mjs'

export const boardSide = 200
export const cellSide = 50
export const cellsPerSide = boardSide / cellSide
export const ground = [90, 90, 90]
export const ink = [0, 0, 0]

/** Five columns, seven rows, as wide as `dot` pixels each. */
export const letters = {
  A: ['01110', '10001', '10001', '11111', '10001', '10001', '10001'],
  E: ['11111', '10000', '10000', '11110', '10000', '10000', '11111'],
  K: ['10001', '10010', '10100', '11000', '10100', '10010', '10001'],
  O: ['01110', '10001', '10001', '10001', '10001', '10001', '01110'],
  T: ['11111', '00100', '00100', '00100', '00100', '00100', '00100'],
  X: ['10001', '10001', '01010', '00100', '01010', '10001', '10001'],
}
const dot = 3
const letterLeft = (cellSide - 5 * dot) / 2
const letterTop = 2
const patch = { left: 8, top: 26, right: 42, bottom: 47 }

/** The colour of a pixel of a sign, `x` and `y` counted from the corner of its cell; undefined: the ground. */
export function signPixel(letter, colour, x, y) {
  if (x >= patch.left && x < patch.right && y >= patch.top && y < patch.bottom) return colours[colour]
  const [column, row] = [Math.floor((x - letterLeft) / dot), Math.floor((y - letterTop) / dot)]
  return letters[letter][row]?.[column] === '1' ? ink : undefined
}

/** The sign in a cell of a board, read from its pixels; undefined: there is none. */
export function signIn(pixels, cell) {
  const [left, top] = [(cell % cellsPerSide) * cellSide, Math.floor(cell / cellsPerSide) * cellSide]
  const at = (x, y) => [
    ...pixels.subarray(((top + y) * boardSide + left + x) * 3, ((top + y) * boardSide + left + x) * 3 + 3),
  ]
  const same = (a, b) => a.every((value, channel) => value === b[channel])
  const middle = at((patch.left + patch.right) / 2, patch.top + 1)
  const colour = Object.keys(colours).find((name) => same(colours[name], middle))
  if (colour === undefined) return undefined
  const drawn = (row, column) => same(at(Math.floor(letterLeft + (column + 0.5) * dot), letterTop + row * dot + 1), ink)
  const letter = Object.keys(letters).find((name) =>
    letters[name].every((line, row) => [...line].every((one, column) => drawn(row, column) === (one === '1'))),
  )
  return letter && { letter, colour }
}
