/**
 * Colours of turns: eight colours that colour-blind readers can distinguish, repeated with other dash patterns. The number of a turn is
 * always shown with its colour, so colour is never the only cue. Pure.
 */

export const turnColours = [
  '#ee8a00',
  '#4a78ff',
  '#f07fc0',
  '#12855f',
  '#45dce0',
  '#b8431a',
  '#8b3fb0',
  '#cfe24a',
] as const

/** `stroke-dasharray` of turns 1-8, 9-16, 17-24 and 25-32, then repeating; in screen pixels. */
export const dashPatterns = ['none', '9 4', '2 4', '11 3 2 3'] as const

/** CSS classes: `turn-3` sets the colour, `dash-1` the pattern. `turn` counts from 1. */
export function turnClasses(turn: number): string {
  const round = Math.floor((turn - 1) / turnColours.length) % dashPatterns.length
  return `turn-${((turn - 1) % turnColours.length) + 1}${round > 0 ? ` dash-${round}` : ''}`
}

/** The CSS rules for `turnClasses`. */
export function paletteStyle(): string {
  const colours = turnColours.map(
    (colour, index) => `.turn-${index + 1} { --turn: ${colour}; --ink: ${inkOn(colour)} }`,
  )
  const dashes = dashPatterns.slice(1).map((dash, index) => `.dash-${index + 1} { --dash: ${dash} }`)
  return [...colours, ...dashes].join('\n')
}

/** Black or white, whichever contrasts better with `colour`. */
export function inkOn(colour: string): string {
  const luminance = relativeLuminance(colour)
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? '#111111' : '#ffffff'
}

/** WCAG relative luminance (0..1) of `#rrggbb`. */
function relativeLuminance(colour: string): number {
  const [red, green, blue] = linearRgb(colour)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Linear light (0..1) of an sRGB `#rrggbb`. */
export function linearRgb(colour: string): [number, number, number] {
  const channel = (at: number): number => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [channel(1), channel(3), channel(5)]
}
