/** Estimates the tokens of a message, for servers that do not report them; accurate enough to anticipate a limit. Pure. */
import type { Size } from '../../protocol/box.ts'
import { imageTokens, tokenGrids } from '../../vision/image-tokens.ts'

export function estimatedTextTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

const grid = tokenGrids['qwen2.5-vl']

/** Uses the grid of Qwen2.5-VL for every model. */
export function viewTokens(size: Size): number {
  const thin = Math.max(size.width, size.height) > 200 * Math.min(size.width, size.height)
  return thin ? Math.ceil((size.width * size.height) / grid.cell ** 2) : imageTokens(size, grid).tokens
}
