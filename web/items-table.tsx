/** The searches of a run as a table, one row per search or per problem. */
import { useMemo } from 'preact/hooks'
import type { ItemRow, RunData } from '../src/server/api/types.ts'
import { itemAt } from '../src/shared/known.ts'
import { itemColumns } from './item-columns.tsx'
import { itemGroup } from './items.ts'
import type { ItemGroup } from './items.ts'
import { href } from './route.ts'
import { VirtualTable } from './virtual-table.tsx'
import type { Sort } from './virtual-table.tsx'

interface Props {
  readonly run: string
  /** Only for a run opened from a file. */
  readonly pages: RunData['pages'] | undefined
  /** In the order of `sort`. */
  readonly rows: readonly ItemGroup[]
  /** The fields that some search of the run has. */
  readonly fields: ReadonlySet<keyof ItemRow>
  /** One row per problem instead of per search. */
  readonly whole: boolean
  readonly sort: Sort | undefined
  readonly onSort: (sort: Sort | undefined) => void
  readonly from: string
}

export function ItemsTable({ run, pages, rows, fields, whole, sort, onSort, from }: Props) {
  const thumbnails = pages === undefined
  const columns = useMemo(() => itemColumns({ run, fields, whole, thumbnails }), [run, fields, whole, thumbnails])
  return (
    <VirtualTable
      label={!whole ? 'Searches' : fields.has('ask') ? 'Asks' : 'Problems'}
      columns={columns}
      rows={rows}
      keyOf={({ items }) => (whole ? itemGroup(itemAt(items, 0)) : itemAt(items, 0).index)}
      hrefOf={({ items }) => (pages ? pages[itemAt(items, 0).index] : href(['run', run, itemAt(items, 0).index]))}
      sort={sort}
      onSort={onSort}
      from={from}
    />
  )
}
