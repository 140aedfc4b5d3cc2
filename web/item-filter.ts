/** The filter of the table of searches: its text, as typed and as changed by selects and histograms. Pure. */
import { clauseValue, filterText, withClause } from '../src/protocol/filter/clauses.ts'
import type { FilterProblem } from '../src/protocol/filter/lex.ts'
import { parseFilter } from '../src/protocol/filter/parse.ts'
import type { FilterNode } from '../src/protocol/filter/parse.ts'

/** Inclusive at both ends. */
export interface ItemRange {
  readonly from: number
  readonly to: number
}

export const rangeNames = ['step', 'turns', 'boxes'] as const
export type RangeName = (typeof rangeNames)[number]
export const choiceNames = ['policy', 'level', 'verdict', 'end'] as const
export type ChoiceName = (typeof choiceNames)[number]

export interface ItemFilter {
  readonly text: string
  /** Of the last text that could be read; undefined if every search matches. */
  readonly node: FilterNode | undefined
  readonly problem?: FilterProblem
}

/** `before`: what stays in force as long as the text cannot be read. */
export function itemFilter(text: string, before?: ItemFilter): ItemFilter {
  const parsed = parseFilter(text)
  if ('problem' in parsed) return { text, node: before?.node, problem: parsed.problem }
  return { text, node: parsed.node }
}

/** The text that selects, histograms and the field for words compare a field with. */
export function chosenText({ node }: ItemFilter, name: ChoiceName | 'words'): string {
  const value = clauseValue(node, name)
  return value?.kind === 'text' ? value.text : ''
}

export function chosenRange({ node }: ItemFilter, name: RangeName): ItemRange | undefined {
  const value = clauseValue(node, name)
  return value?.kind === 'number' ? value : undefined
}

/** Replaces what the text says about this field, or removes it. */
export function withChoice({ node }: ItemFilter, name: string, text: string | undefined): ItemFilter {
  const changed = withClause(node, name, text)
  return { text: filterText(changed), node: changed }
}

export function rangeText({ from, to }: ItemRange): string {
  return from === to ? String(from) : `${from}..${to}`
}
