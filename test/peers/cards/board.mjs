/** What the boards of cards and their teacher share: how the sixteen places of a view are called, and the colours of dots. */
export const colours = {
  red: [230, 40, 40],
  green: [40, 200, 60],
  blue: [60, 90, 255],
  yellow: [245, 225, 50],
  purple: [180, 50, 210],
  white: [255, 255, 255],
}

export const cellsPerSide = 4

/** `a1` is top left, `d1` top right; places count in reading order. */
export const cellName = (cell) => 'abcd'[cell % cellsPerSide] + (Math.floor(cell / cellsPerSide) + 1)

/** Its corners in fractions of the view, as a call writes them. */
export function cellBox(cell) {
  const [x, y] = [cell % cellsPerSide, Math.floor(cell / cellsPerSide)]
  return `[${[x, y, x + 1, y + 1].map((edge) => edge / cellsPerSide).join(', ')}]`
}
