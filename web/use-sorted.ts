/** The rows of a table in the order of one of its columns. */
import { useMemo } from 'preact/hooks'
import type { Column, Sort } from './virtual-table.tsx'

/** Names with numbers in numeric order. A collator is a hundred times faster than `localeCompare` with options. */
const texts = new Intl.Collator(undefined, { numeric: true })

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

export type SortKey = number | string

export function sorted<Row>(rows: readonly Row[], by: (row: Row) => SortKey, down: boolean): readonly Row[] {
  const sign = down ? -1 : 1
  const keyed = rows.map((row) => ({ row, key: by(row) }))
  return keyed.toSorted((a, b) => sign * compareKeys(a.key, b.key)).map(({ row }) => row)
}

function compareKeys(a: SortKey, b: SortKey): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : texts.compare(String(a), String(b))
}
