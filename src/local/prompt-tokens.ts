/** How many tokens of context a prompt takes: the addon counts positions, of which a picture may have fewer. Pure. */
import { itemAt } from '../shared/known.ts'
import type { Tokenized } from './addon.ts'
import type { Media } from './orders.ts'

export interface PromptTokens {
  readonly all: number
  /** Of those up to a position. */
  before(position: number): number
}

/** `mrope`: a picture has as many positions as its longer side has tokens, so the shorter side follows from its shape. */
export function countTokens(tokenized: Tokenized, media: readonly Media[], mrope: boolean): PromptTokens {
  const { tokens, chunk_pos: chunks = [], chunk_pos_media: starts = [] } = tokenized
  const extra = mrope
    ? starts.map((start, at) => {
        const positions = (chunks.find((chunk) => chunk > start) ?? tokens.length) - start
        const { width, height } = itemAt(media, at)
        const shorter = Math.max(1, Math.round((positions * Math.min(width, height)) / Math.max(width, height)))
        return { start, extra: positions * (shorter - 1) }
      })
    : []
  const before = (position: number): number =>
    extra.reduce((sum, one) => (one.start < position ? sum + one.extra : sum), position)
  return { all: before(tokens.length), before }
}
