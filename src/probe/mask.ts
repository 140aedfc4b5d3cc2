/**
 * Coarse maps of shapes and digits that spare most inside tests: each cell is wholly inside, wholly outside, or unsure.
 * They never change what is drawn, only how fast.
 */
import { digitAspect, insideDigit, insideShape } from './outline.ts'
import type { Shape } from './scene.ts'
import { byteAt } from '../shared/number-at.ts'

/**
 * `maskSide * maskSide` cells, rows top to bottom: 0 outside, 1 inside, `unsure`. The outermost cells stand for all
 * that lies beyond the outline's box, the others share the box evenly.
 */
export type Mask = Uint8Array

export const maskSide = 128
export const unsure = 2
const inner = maskSide - 2

/** The cell, along either axis, of a coordinate that is 0..1 within the box. */
export function maskCell(x: number): number {
  const cell = Math.floor(x * inner) + 1
  return cell < 0 ? 0 : cell >= maskSide ? maskSide - 1 : cell
}

/** One for each shape and digit, made when first needed. */
const masks = new Map<Shape | number, Mask>()

export function shapeMask(shape: Shape): Mask {
  let mask = masks.get(shape)
  if (!mask) masks.set(shape, (mask = makeMask((x, y) => insideShape(shape, 2 * x - 1, 2 * y - 1))))
  return mask
}

export function digitMask(digit: number): Mask {
  let mask = masks.get(digit)
  if (!mask) {
    const inside = insideDigit(digit, 1)
    masks.set(digit, (mask = makeMask((x, y) => inside(x * digitAspect, y))))
  }
  return mask
}

/**
 * `inside` tests points whose box is the unit square. A cell is sure when the 7 x 7 lattice points in it and a cell's
 * width around it agree: corners of the outlines open too wide to reach into a cell between the points around it, and
 * the heart's cusps lie on a lattice line. Outlines reach less than two cells beyond their box.
 */
function makeMask(inside: (x: number, y: number) => boolean): Mask {
  const side = 2 * (maskSide + 2) + 1
  const at = (i: number): number => (i / 2 - 2) / inner
  const lattice = new Uint8Array(side * side)
  for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) lattice[j * side + i] = inside(at(i), at(j)) ? 1 : 0
  return Uint8Array.from({ length: maskSide * maskSide }, (_, cell) => {
    const column = cell % maskSide
    const row = Math.floor(cell / maskSide)
    const corner = 2 * row * side + 2 * column
    let hits = 0
    for (let j = 0; j < 7; j++) for (let i = 0; i < 7; i++) hits += byteAt(lattice, corner + j * side + i)
    const beyond = row === 0 || row === maskSide - 1 || column === 0 || column === maskSide - 1
    return hits === 0 ? 0 : hits === 49 && !beyond ? 1 : unsure
  })
}
