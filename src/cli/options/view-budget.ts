/** `--view-side` and `--context-limit`: what the embedded policy may spend, and the trade-off told before a run. */
import type { Command } from 'commander'
import { plainTable } from '../../evaluate/document/table.ts'
import { tradeOffs, typicalReplyTokens } from '../../policy/embedded/context-budget.ts'
import { viewSides } from '../../protocol/profile.ts'
import type { EmbeddedBudget } from '../../protocol/profile.ts'
import { columns, say } from '../print/output.ts'
import { wholeNumber } from './common.ts'

export interface BudgetOptions {
  readonly viewSide: number
  readonly contextLimit?: number
}

export function budgetOptions(command: Command): Command {
  const { least, most, step, own } = viewSides
  const sides = `pixels a side of a view: a multiple of ${step}, ${least} to ${most}; above ${own} it costs more and shows no more`
  return command
    .option('--view-side <px>', sides, wholeNumber(1), own)
    .option('--context-limit <n>', 'tokens of a search; longer ones end (default: no limit)', wholeNumber(1))
}

export function budgetOf({ viewSide, contextLimit }: BudgetOptions): EmbeddedBudget {
  return { viewSide, contextLimit: contextLimit ?? null }
}

/** Says how many turns fit at several view sides; nothing without a context limit, where any number does. */
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
