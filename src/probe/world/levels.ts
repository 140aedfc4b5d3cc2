/** The three levels of worlds in numbers. */
import type { Size } from '../../protocol/box.ts'
import type { Level } from '../../protocol/problem.ts'

export type Range = readonly [number, number]

/** Ranges have both ends included. */
export interface WorldLevel {
  /** Pictures have one of these sizes. */
  readonly sizes: readonly Size[]
  /** Share of the picture that the icon of a target takes up. */
  readonly targetShare: Range
  /** Things that differ from a target in one property, all targets together. */
  readonly lookAlikes: Range
  /** Framed icons in all. */
  readonly exhibits: Range
  readonly scenery: Range
  readonly leaves: Range
  /** Some questions lead from one exhibit to another that may be anywhere. */
  readonly chained: boolean
  /** Exhibits that a comparison names: so many looks it needs. */
  readonly compared: number
  /** Rugs in the picture, rugs that are counted on, and stickers on each. */
  readonly rugs: number
  readonly counted: number
  readonly onRug: Range
}

const size = (width: number, height: number): Size => ({ width, height })

/**
 * In a view of two million pixels a target's icon is 37 to 51 pixels tall on easy, 17 to 21 on medium and 10 to 13 on hard, the
 * letters on its sign 13 to 18, 6 to 8 and 4 to 5: on easy everything can be read at once, on medium icons but no text, on hard
 * neither.
 */
export const worldLevels: Readonly<Record<Level, WorldLevel>> = {
  easy: {
    sizes: [size(3072, 2048), size(2560, 1920), size(3200, 1800), size(1920, 2560)],
    targetShare: [0.026 ** 2, 0.036 ** 2],
    lookAlikes: [2, 3],
    exhibits: [12, 16],
    scenery: [15, 30],
    leaves: [20, 40],
    chained: false,
    compared: 2,
    rugs: 2,
    counted: 1,
    onRug: [7, 9],
  },
  medium: {
    sizes: [size(4096, 3072), size(4608, 3072), size(3840, 2160), size(3072, 4096)],
    targetShare: [0.012 ** 2, 0.015 ** 2],
    lookAlikes: [4, 6],
    exhibits: [30, 45],
    scenery: [60, 110],
    leaves: [80, 160],
    chained: true,
    compared: 3,
    rugs: 4,
    counted: 1,
    onRug: [10, 13],
  },
  hard: {
    sizes: [size(7680, 4320), size(6144, 4608), size(6000, 4000), size(4608, 6144)],
    targetShare: [0.0073 ** 2, 0.0092 ** 2],
    lookAlikes: [8, 12],
    exhibits: [80, 120],
    scenery: [200, 320],
    leaves: [250, 500],
    chained: true,
    compared: 4,
    rugs: 6,
    counted: 2,
    onRug: [13, 17],
  },
}
