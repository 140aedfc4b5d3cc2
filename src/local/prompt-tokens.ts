/** Counts the context tokens of a prompt; the addon counts positions, of which a picture may have fewer. Pure. */
import { itemAt } from '../shared/known.ts'
import type { Tokenized } from './addon.ts'
import type { Media } from './orders.ts'

export interface PromptTokens {
  readonly all: number
  /** Of those up to a position. */
  before(position: number): number
  /** Of those up to the end of a picture, by its number from 1 on: what a kept prompt saves. */
  throughPicture(count: number): number
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
  const endOf = (start: number): number => chunks.find((chunk) => chunk > start) ?? tokens.length
  const extra = mrope
    ? starts.map((start, at) => {
        const positions = endOf(start) - start
        const { width, height } = itemAt(media, at)
        const [short, long] = [Math.min(width, height), Math.max(width, height)]
        const side = Math.round(long / cell) === positions ? cell : long / positions
        return { start, extra: positions * (Math.max(1, Math.round(short / side)) - 1) }
      })
    : []
  const before = (position: number): number =>
    extra.reduce((sum, one) => (one.start < position ? sum + one.extra : sum), position)
  const throughPicture = (count: number): number => {
    const start = starts[count - 1]
    return start === undefined ? 0 : before(endOf(start))
  }
  return { all: before(tokens.length), before, throughPicture }
}
