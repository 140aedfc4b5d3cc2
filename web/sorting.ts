/** The rows of a table in the order of one of its columns. */
import { useMemo } from 'preact/hooks'
import { defined } from '../src/shared/known.ts'
import { atOnce, sliceSteps } from './slices.ts'
import type { Column, Sort } from './virtual-table.tsx'

export type SortKey = number | string

/** Names with numbers in numeric order. A collator is a hundred times faster than `localeCompare` with options. */
const texts = new Intl.Collator(undefined, { numeric: true })

/** For some thousand rows; more are sorted in slices, see `sorting`. */
export function useSorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | undefined,
): readonly Row[] {
  return useMemo(() => {
    const by = columns.find(({ name }) => name === sort?.name)?.by
    return sort === undefined || by === undefined ? rows : sorted(rows, by, sort.down)
  }, [rows, sort?.name, sort?.down])
}

export function sorted<Row>(rows: readonly Row[], by: (row: Row) => SortKey, down: boolean): readonly Row[] {
  return atOnce(sorting(rows, by, down))
}

/** Equal rows keep their order. Only different keys are compared: many searches share a question or an answer. */
export function* sorting<Row>(
  rows: readonly Row[],
  by: (row: Row) => SortKey,
  down: boolean,
): Generator<void, readonly Row[]> {
  const byKey = new Map<SortKey, Row[]>()
  for (const [at, row] of rows.entries()) {
    if (at % sliceSteps === 0) yield
    const key = by(row)
    const own = byKey.get(key)
    if (own === undefined) byKey.set(key, [row])
    else own.push(row)
  }
  const sign = down ? -1 : 1
  const keys = yield* mergeSort([...byKey.keys()], (a, b) => sign * compareKeys(a, b))
  const ordered: Row[] = []
  for (const [at, key] of keys.entries()) {
    if (at % sliceSteps === 0) yield
    for (const row of defined(byKey.get(key), 'rows')) ordered.push(row)
  }
  return ordered
}

function compareKeys(a: SortKey, b: SortKey): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : texts.compare(String(a), String(b))
}

function* mergeSort<T>(list: readonly T[], compare: (a: T, b: T) => number): Generator<void, readonly T[]> {
  if (list.length <= sliceSteps) {
    yield
    return list.toSorted(compare)
  }
  const middle = list.length >> 1
  const left = yield* mergeSort(list.slice(0, middle), compare)
  const right = yield* mergeSort(list.slice(middle), compare)
  const merged: T[] = []
  let [l, r] = [0, 0]
  while (l < left.length || r < right.length) {
    if (merged.length % sliceSteps === 0) yield
    const [a, b] = [left[l], right[r]]
    const first = b === undefined || (a !== undefined && compare(a, b) <= 0) ? left[l++] : right[r++]
    merged.push(defined(first, 'a key'))
  }
  return merged
}
