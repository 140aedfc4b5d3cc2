import { expect, test } from 'vitest'
import { dashPatterns, linearRgb, paletteStyle, turnClasses, turnColours } from './palette.ts'

/** How eyes without red or green cones see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1). */
const eyes = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanope: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranope: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
} as const

test.each(Object.entries(eyes))('the colours of turns stay apart for %s eyes', (_, matrix) => {
  const seen = turnColours.map((colour) => {
    const rgb = linearRgb(colour)
    const [r, g, b] = matrix.map((row) => Math.min(1, Math.max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])))
    return oklab(r!, g!, b!)
  })
  for (const [i, a] of seen.entries()) {
    for (const b of seen.slice(0, i)) expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeGreaterThan(0.07)
  }
})

test('32 turns in a row look different: the same colour comes back with another dash pattern', () => {
  const classes = Array.from({ length: 32 }, (_, index) => turnClasses(index + 1))
  expect(new Set(classes).size).toBe(turnColours.length * dashPatterns.length)
  expect(classes[0]).toBe('turn-1')
  expect(classes[8]).toBe('turn-1 dash-1')
  expect(turnClasses(33)).toBe(classes[0])
})

test('the stylesheet knows every class', () => {
  const rules = paletteStyle()
  for (let turn = 1; turn <= 32; turn++) {
    for (const name of turnClasses(turn).split(' ')) expect(rules).toContain(`.${name} {`)
  }
})

/** Björn Ottosson's perceptual space, from linear RGB. */
function oklab(r: number, g: number, b: number): [number, number, number] {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}
