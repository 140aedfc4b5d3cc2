/** `--view-side` and `--context-limit`: the budget of the embedded policy, and the trade-off printed before a run. */
import { plainTable } from '../../evaluate/document/table.ts'
import { tradeOffs, typicalReplyTokens } from '../../policy/embedded/context-budget.ts'
import { viewSides } from '../../protocol/profile.ts'
import type { EmbeddedBudget } from '../../protocol/profile.ts'
import { columns, say } from '../print/output.ts'
import { inGroup, whole } from './schema.ts'
import type { Values } from './schema.ts'

const { least, most, step, own } = viewSides

export const budgetOptions = inGroup('Search', {
  viewSide: whole(
    `side of a view in pixels: a multiple of ${step} from ${least} to ${most}; more than ${own} costs more without showing more`,
    { takes: '<px>', min: 1, fallback: own },
  ),
  contextLimit: whole('context limit of a search, in tokens', { min: 1, fallbackText: 'none' }),
})

export type BudgetOptions = Values<typeof budgetOptions>

export function budgetOf({ viewSide, contextLimit }: BudgetOptions): EmbeddedBudget {
  return { viewSide, contextLimit: contextLimit ?? null }
}

/** Prints how many turns fit at several view sides; nothing without a context limit. */
export function sayTradeOff({ viewSide, contextLimit }: EmbeddedBudget): void {
  if (contextLimit === null) return
  const rows = tradeOffs({ viewSide, contextLimit }).map((row) => [
    `${row.viewSide === viewSide ? '* ' : '  '}${row.viewSide} px a side`,
    ...[row.viewTokens, row.turnTokens, row.turns].map(String),
  ])
  const head = ['  view', 'tokens a view', 'tokens a turn', 'turns that fit']
  say(`Turns in a context of ${contextLimit} tokens, with replies of ${typicalReplyTokens} (*: this run):`)
  say(plainTable({ head, rows }, columns()))
}
