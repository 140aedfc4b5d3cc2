/** What a message costs where a server does not say it: an estimate, good enough to see a limit coming. Pure. */
import type { Size } from '../../protocol/box.ts'
import { imageTokens, tokenGrids } from '../../vision/image-tokens.ts'

export function estimatedTextTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

const grid = tokenGrids['qwen2.5-vl']

/** By the grid of Qwen2.5-VL, whichever model it is. */
export function viewTokens(size: Size): number {
  const thin = Math.max(size.width, size.height) > 200 * Math.min(size.width, size.height)
  return thin ? Math.ceil((size.width * size.height) / grid.cell ** 2) : imageTokens(size, grid).tokens
}
