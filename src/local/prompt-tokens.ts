/** How many tokens of context a prompt takes: the addon counts positions, of which a picture may have fewer. Pure. */
import { itemAt } from '../shared/known.ts'
import type { Tokenized } from './addon.ts'
import type { Media } from './orders.ts'

export interface PromptTokens {
  readonly all: number
  /** Of those up to a position. */
  before(position: number): number
}

/**
 * Under `mrope` a picture has as many positions as its longer side has tokens; the shorter side follows from its shape. `cell`: pixels
 * of a token's side, where the picture is not scaled.
 */
export function countTokens(
  tokenized: Tokenized,
  media: readonly Media[],
  { mrope, cell }: { readonly mrope: boolean; readonly cell: number },
): PromptTokens {
  const { tokens, chunk_pos: chunks = [], chunk_pos_media: starts = [] } = tokenized
  const extra = mrope
    ? starts.map((start, at) => {
        const positions = (chunks.find((chunk) => chunk > start) ?? tokens.length) - start
        const { width, height } = itemAt(media, at)
        const [short, long] = [Math.min(width, height), Math.max(width, height)]
        const side = Math.round(long / cell) === positions ? cell : long / positions
        return { start, extra: positions * (Math.max(1, Math.round(short / side)) - 1) }
      })
    : []
  const before = (position: number): number =>
    extra.reduce((sum, one) => (one.start < position ? sum + one.extra : sum), position)
  return { all: before(tokens.length), before }
}
