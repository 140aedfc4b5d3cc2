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

/** Uniform in 0 to 1, or whole ones below a bound, the same for the same text. */
export function numbersFrom(text) {
  let state = 2_166_136_261
  for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 16_777_619)
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { random, below: (bound) => Math.floor(random() * bound) }
}
