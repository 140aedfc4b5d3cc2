/** Token count of pictures for the Qwen vision-language models, and the size to which their processor resizes them. */
import type { Size } from '../protocol/box.ts'
import { UserError } from '../shared/errors.ts'
import { roundHalfEven } from '../shared/round.ts'

export interface TokenGrid {
  /** Side of one token in pixels: patch size x merge size. */
  readonly cell: number
  readonly minPixels: number
  readonly maxPixels: number
}

/** Bounds from the models' processor configurations. */
export const tokenGrids = {
  'qwen2.5-vl': { cell: 28, minPixels: 3_136, maxPixels: 12_845_056 },
  'qwen3-vl': { cell: 32, minPixels: 65_536, maxPixels: 16_777_216 },
} as const satisfies Record<string, TokenGrid>

export interface TokenCount {
  /** Multiples of the cell; the server does not resize a picture of this size. */
  readonly size: Size
  readonly tokens: number
}

/** Largest aspect ratio that the processor accepts. */
export const mostAspect = 200

/** The processor's `smart_resize`. Throws UserError `picture-aspect` beyond 200 : 1. */
export function imageTokens(size: Size, grid: TokenGrid): TokenCount {
  const { width, height } = size
  const { cell, minPixels, maxPixels } = grid
  if (Math.max(width, height) / Math.min(width, height) > mostAspect) {
    throw new UserError(
      'picture-aspect',
      `A picture of ${width}x${height} is too thin for the model: one side is over 200 times the other. Cut it first.`,
    )
  }
  let columns = roundHalfEven(width / cell)
  let rows = roundHalfEven(height / cell)
  if (columns * rows * cell * cell > maxPixels) {
    const factor = Math.sqrt((width * height) / maxPixels)
    columns = Math.max(1, Math.floor(width / factor / cell))
    rows = Math.max(1, Math.floor(height / factor / cell))
  } else if (columns * rows * cell * cell < minPixels) {
    const factor = Math.sqrt(minPixels / (width * height))
    columns = Math.ceil((width * factor) / cell)
    rows = Math.ceil((height * factor) / cell)
  }
  return { size: { width: columns * cell, height: rows * cell }, tokens: columns * rows }
}
