/** The searches of a run as the rows of a table. Pure. */
import type { FilterContext } from '../src/protocol/filter/fields.ts'
import { fieldNamed } from '../src/protocol/filter/fields.ts'
import type { ItemRow } from '../src/server/api/types.ts'

/** The different words that a field has in these searches, sorted. */
export function fieldValues(items: readonly ItemRow[], name: string, context: FilterContext): string[] {
  const field = fieldNamed(name)
  if (field === undefined || field.kind === 'flag' || field.kind === 'number' || field.kind === 'thoughts') return []
  const values = new Set<string>()
  for (const item of items) {
    const value = field.of(item, context)
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) values.add(one)
  }
  return [...values].toSorted()
}

/** A table row: one search, or all searches of a problem. */
export interface ItemGroup {
  readonly items: readonly ItemRow[]
  /** Means over the searches of the row. */
  readonly turns: number
  readonly boxes: number
  /** Number of searches with a verdict, and the share of right ones among them. */
  readonly judged: number
  readonly right: number
}

/** Group key: equal for all searches of one problem (in training also of one step, on a server also of one ask). */
export function itemGroup({ ask, step, problem }: ItemRow): string {
  if (ask !== undefined) return `ask ${ask}`
  return `${step ?? ''} ${problem}`
}

export function itemGroupOf(items: readonly ItemRow[]): ItemGroup {
  const mean = (of: (item: ItemRow) => number): number => items.reduce((sum, item) => sum + of(item), 0) / items.length
  const judged = items.filter(({ verdict }) => verdict !== 'unjudged')
  return {
    items,
    turns: mean(({ turns }) => turns),
    boxes: mean(({ boxes }) => boxes),
    judged: judged.length,
    right: judged.filter(({ verdict }) => verdict === 'correct').length / Math.max(1, judged.length),
  }
}

/** For example `7 ×5, 3`, most frequent first; a missing answer is shown as `–`. */
export function answersText(items: readonly ItemRow[]): string {
  const counts = new Map<string, number>()
  for (const { answer } of items) counts.set(answer ?? '–', (counts.get(answer ?? '–') ?? 0) + 1)
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  return sorted.map(([answer, count]) => (count > 1 && items.length > 1 ? `${answer} ×${count}` : answer)).join(', ')
}
