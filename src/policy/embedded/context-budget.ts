/**
 * Fewer pixels, more turns: how many turns of a search fit into a context, by what a view costs. The small policy itself
 * reads little more than its last turn; a search is counted as the chat that only ever grows would hold it. Pure.
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
  /** System line, question and the name of the first view. */
  readonly questionTokens: number
  readonly firstViewTokens: number
  /** What a later turn brings before its reply: a view, its name and the end mark of the reply before. */
  readonly observationTokens: number
  readonly replyTokens: number
}

/**
 * Turns that a search has whose every turn but the last zooms: the most for which all that a turn is shown stays below
 * the limit, as `search()` counts it. The first turn is always taken.
 */
export function turnsThatFit(costs: ContextCosts): number {
  const { contextLimit, questionTokens, firstViewTokens, observationTokens, replyTokens } = costs
  const left = contextLimit - 1 - questionTokens - firstViewTokens
  return 1 + Math.max(0, Math.floor(left / (replyTokens + observationTokens)))
}

/** What budgets are reckoned with: replies of cold starts had 20 tokens in the mean (856 and 627 turns, temperature 1). */
export const typicalReplyTokens = 20

/** What a view costs, one token for each square of `viewSides.step` pixels, as in a model that reads patches. */
export function viewTokens({ width, height }: Size): number {
  const tokens = (width / viewSides.step) * (height / viewSides.step)
  if (Number.isInteger(tokens) && width === height) return tokens
  throw new RangeError(`a view of ${width} x ${height} pixels; the small policy is sent squares of whole tokens`)
}

/** One line of the trade-off. */
export interface TradeOff {
  readonly viewSide: number
  readonly viewTokens: number
  /** A view, its name and a typical reply. */
  readonly turnTokens: number
  readonly turns: number
}

/** The view sides that a trade-off is shown for, beside the one that was chosen. */
const shownSides = [32, 48, 64, 96]

/** How many turns fit at several view sides, the chosen one among them, by rising side. */
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

/** What the turns of the small policy cost, with replies of a typical length. */
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
