/** What pairs of boards and their teacher share: where signs stand on a board, and how their letters and colours look. */
import { colours } from './board.mjs'

export const boardSide = 200
export const cellSide = 50
const cellsPerSide = boardSide / cellSide
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
const dot = 5
const [letterLeft, letterTop] = [(cellSide - 5 * dot) / 2, (cellSide - 7 * dot) / 2].map(Math.floor)

/** The sign of each of the 16 cells: one fills the board, four fill a quarter each. */
export function signAt(signs, column, row) {
  const half = cellsPerSide / 2
  return signs.length === 1 ? signs[0] : signs[Math.floor(row / half) * 2 + Math.floor(column / half)]
}

/** The colour of a pixel of a cell, `x` and `y` counted from its corner: its letter in black on its colour. */
export function signPixel({ letter, colour }, x, y) {
  const [column, row] = [Math.floor((x - letterLeft) / dot), Math.floor((y - letterTop) / dot)]
  return letters[letter][row]?.[column] === '1' ? ink : colours[colour]
}

/** The signs in the corners of a board, read from its pixels. */
export function signsIn(pixels) {
  const last = boardSide - cellSide
  const corners = [0, last].flatMap((top) => [0, last].map((left) => [left, top]))
  return corners.map(([left, top]) => {
    const at = (x, y) => {
      const from = ((top + y) * boardSide + left + x) * 3
      return [...pixels.subarray(from, from + 3)].join()
    }
    const colour = Object.keys(colours).find((name) => colours[name].join() === at(1, 1))
    const drawn = (row, column) => at(letterLeft + column * dot + 2, letterTop + row * dot + 2) === ink.join()
    const letter = Object.keys(letters).find((name) =>
      letters[name].every((line, row) => [...line].every((one, column) => drawn(row, column) === (one === '1'))),
    )
    return { letter, colour }
  })
}
