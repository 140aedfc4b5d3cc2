/**
 * What the table of searches and its filters show of a run, computed in slices (see `slices.ts`): a run may have 100,000 searches. Pure.
 */
import { fieldNamed } from '../src/protocol/filter/fields.ts'
import type { FilterContext } from '../src/protocol/filter/fields.ts'
import { matcher } from '../src/protocol/filter/matcher.ts'
import type { ItemRow } from '../src/server/api/types.ts'
import { keysOf } from '../src/shared/fields.ts'
import { itemAt } from '../src/shared/known.ts'
import { choiceNames, chosenRange, rangeNames, withChoice } from './item-filter.ts'
import type { ChoiceName, ItemFilter, ItemRange, RangeName } from './item-filter.ts'
import { itemGroupOf, itemGroup } from './items.ts'
import type { ItemGroup } from './items.ts'
import { sliceSteps } from './slices.ts'
import { sorting } from './sorting.ts'
import type { SortKey } from './sorting.ts'

/** What is known of the searches whatever the filter is. */
export interface Digest {
  /** Each search once; if it was repeated, its last version. */
  readonly items: readonly ItemRow[]
  /** The fields that some search has. */
  readonly fields: ReadonlySet<keyof ItemRow>
  /** Number of problems, or of asks. */
  readonly groups: number
  /** The values of the selects, sorted. */
  readonly choices: Readonly<Record<ChoiceName, readonly string[]>>
  /** The lowest and highest values of the histograms; absent if they are equal. */
  readonly ranges: Readonly<Partial<Record<RangeName, ItemRange>>>
}

export function* digest(all: readonly ItemRow[], context: FilterContext): Generator<void, Digest> {
  const last = new Map<string, ItemRow>()
  for (const [at, item] of all.entries()) {
    if (at % sliceSteps === 0) yield
    last.set(`${itemGroup(item)} ${item.sampleIndex}`, item)
  }
  const items = last.size === all.length ? all : [...last.values()]
  const groups = new Set<string>()
  const fields = new Set<keyof ItemRow>()
  const values = choiceNames.map((name) => ({ name, of: fieldNamed(name), seen: new Set<string>() }))
  const extents = rangeNames.map((name) => ({ name, from: Infinity, to: -Infinity }))
  for (const [at, item] of items.entries()) {
    if (at % sliceSteps === 0) yield
    groups.add(itemGroup(item))
    for (const field of keysOf(item)) fields.add(field)
    for (const { of, seen } of values) {
      const value = of?.kind === 'choice' || of?.kind === 'text' ? of.of(item, context) : undefined
      if (value !== undefined) seen.add(value)
    }
    for (const extent of extents) {
      const value = item[extent.name] ?? 0
      extent.from = Math.min(extent.from, value)
      extent.to = Math.max(extent.to, value)
    }
  }
  const chosen = values.map(({ name, seen }) => [name, [...seen].toSorted()] as const)
  const spread = extents.filter(({ from, to }) => from < to).map(({ name, from, to }) => [name, { from, to }] as const)
  return {
    items,
    fields,
    groups: groups.size,
    choices: { ...noChoices, ...Object.fromEntries(chosen) },
    ranges: Object.fromEntries(spread),
  }
}

const noChoices = { policy: [], level: [], verdict: [], end: [] } as const

/** A bar of a histogram, with the counts of the searches that pass the other filters. */
export interface Bin extends ItemRange {
  readonly count: number
  readonly judged: number
  readonly right: number
}

export interface Picked extends Pick<PickWish, 'whole'> {
  readonly rows: readonly ItemGroup[]
  /** The searches that pass the filter. */
  readonly passing: readonly ItemRow[]
  readonly bins: Readonly<Partial<Record<RangeName, readonly Bin[]>>>
}

export interface PickWish {
  readonly filter: ItemFilter
  readonly context: FilterContext
  /** One row for each problem, with all of its searches if one of them passes the filter. */
  readonly whole: boolean
  readonly by: ((row: ItemGroup) => SortKey) | undefined
  readonly down: boolean
}

/** Undefined as long as nothing is known of the searches. */
export function* pickRows(known: Digest | undefined, wish: PickWish): Generator<void, Picked | undefined> {
  if (known === undefined) return undefined
  const { items, ranges } = known
  const { filter, context, whole, by, down } = wish
  const matches = matcher(filter.node, context)
  const histograms = rangeNames.flatMap((name) => {
    const range = ranges[name]
    if (range === undefined) return []
    // Counts under the other filters; the bins themselves do not move.
    const others = chosenRange(filter, name) && matcher(withChoice(filter, name, undefined).node, context)
    return [{ name, others, ...binsOf(range) }]
  })
  const passing: ItemRow[] = []
  for (const [at, item] of items.entries()) {
    if (at % sliceSteps === 0) yield
    const passes = matches(item)
    if (passes) passing.push(item)
    for (const { name, others, lowest, width, bins } of histograms) {
      if (!(others ? others(item) : passes)) continue
      const bin = itemAt(bins, Math.floor(((item[name] ?? 0) - lowest) / width))
      bin.count++
      if (item.verdict !== 'unjudged') bin.judged++
      if (item.verdict === 'correct') bin.right++
    }
  }
  const rows = whole ? yield* wholeGroups(items, passing) : yield* single(passing)
  return {
    whole,
    passing,
    rows: by === undefined ? rows : yield* sorting(rows, by, down),
    bins: Object.fromEntries(histograms.map(({ name, bins }) => [name, bins])),
  }
}

const mostBins = 16

function binsOf({ from: lowest, to: highest }: ItemRange) {
  const width = Math.ceil((highest - lowest + 1) / mostBins)
  const bins = Array.from({ length: Math.ceil((highest - lowest + 1) / width) }, (_, index) => {
    const from = lowest + index * width
    return { from, to: Math.min(highest, from + width - 1), count: 0, judged: 0, right: 0 }
  })
  return { lowest, width, bins }
}

function* single(items: readonly ItemRow[]): Generator<void, ItemGroup[]> {
  const rows: ItemGroup[] = []
  for (const item of items) {
    if (rows.length % sliceSteps === 0) yield
    rows.push(itemGroupOf([item]))
  }
  return rows
}

function* wholeGroups(items: readonly ItemRow[], passing: readonly ItemRow[]): Generator<void, ItemGroup[]> {
  const wanted = new Set(passing.map(itemGroup))
  yield
  const groups = new Map<string, ItemRow[]>()
  for (const [at, item] of items.entries()) {
    if (at % sliceSteps === 0) yield
    const name = itemGroup(item)
    if (!wanted.has(name)) continue
    const known = groups.get(name)
    if (known === undefined) groups.set(name, [item])
    else known.push(item)
  }
  const rows: ItemGroup[] = []
  for (const own of groups.values()) {
    if (rows.length % sliceSteps === 0) yield
    rows.push(itemGroupOf(own))
  }
  return rows
}
