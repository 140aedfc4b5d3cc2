/**
 * How many turns of a search fit into a context, by the token cost of a view: fewer pixels allow more turns. The embedded policy
 * itself reads little more than its last turn; the context is counted as for an append-only chat. Pure.
 */
import { colours, questionStart, shapes } from '../../probe/scene.ts'
import type { Size } from '../../protocol/box.ts'
import type { EmbeddedBudget } from '../../protocol/profile.ts'
import { viewSides } from '../../protocol/profile.ts'
import { embeddedPrompts, observationText, questionText } from '../../protocol/prompts.ts'
import { freshTokens, questionTokens } from './turn-prompt.ts'

/** All in tokens. */
export interface ContextCosts {
  readonly contextLimit: number
  /** System message, question and the name of the first view. */
  readonly questionTokens: number
  readonly firstViewTokens: number
  /** Tokens before the reply of a later turn: a view, its name and the end mark of the previous reply. */
  readonly observationTokens: number
  readonly replyTokens: number
}

/**
 * The number of turns of a search that zooms in every turn but the last: the largest for which the prompt of each turn stays below
 * the limit, as `search()` counts it. The first turn is always taken.
 */
export function turnsThatFit(costs: ContextCosts): number {
  const { contextLimit, questionTokens, firstViewTokens, observationTokens, replyTokens } = costs
  const left = contextLimit - 1 - questionTokens - firstViewTokens
  return 1 + Math.max(0, Math.floor(left / (replyTokens + observationTokens)))
}

/** Used for budgets: replies of cold-start policies had 20 tokens on average (856 and 627 turns, temperature 1). */
export const typicalReplyTokens = 20

/** Tokens of a view: one per patch of `viewSides.step` pixels squared. */
export function viewTokens({ width, height }: Size): number {
  const tokens = (width / viewSides.step) * (height / viewSides.step)
  if (Number.isInteger(tokens) && width === height) return tokens
  throw new RangeError(`a view of ${width} x ${height} pixels; the embedded policy needs squares of whole patches`)
}

/** A row of the trade-off. */
export interface TradeOff {
  readonly viewSide: number
  readonly viewTokens: number
  /** Tokens of a view, its name and a typical reply. */
  readonly turnTokens: number
  readonly turns: number
}

/** View sides in the trade-off, besides the chosen one. */
const shownSides = [32, 48, 64, 96]

/** Turns that fit at several view sides including the chosen one, in ascending order. */
export function tradeOffs({ viewSide, contextLimit }: EmbeddedBudget & { readonly contextLimit: number }): TradeOff[] {
  const sides = [...new Set([...shownSides, viewSide])].sort((a, b) => a - b)
  return sides.map((side) => {
    const costs = contextCosts({ viewSide: side, contextLimit })
    return {
      viewSide: side,
      viewTokens: costs.firstViewTokens,
      turnTokens: costs.observationTokens + costs.replyTokens,
      turns: turnsThatFit(costs),
    }
  })
}

/** Token costs of the embedded policy, with replies of typical length. */
export function contextCosts({
  viewSide,
  contextLimit,
}: EmbeddedBudget & { readonly contextLimit: number }): ContextCosts {
  const question = `${questionStart} ${colours[0]} ${shapes[0]}?`
  const first = {
    kind: 'question',
    system: embeddedPrompts.system,
    text: questionText(embeddedPrompts, question),
  } as const
  const shown = { kind: 'observation', text: observationText(embeddedPrompts, 0, 1) } as const
  const asked = questionTokens(first)
  const seen = viewTokens({ width: viewSide, height: viewSide })
  return {
    contextLimit,
    questionTokens: freshTokens(asked, first),
    firstViewTokens: seen,
    observationTokens: freshTokens(asked, shown) + seen,
    replyTokens: typicalReplyTokens,
  }
}
