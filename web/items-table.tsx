/** The searches of a run as a table, one row per search or per problem. */
import { endWords } from '../src/page/step.ts'
import type { ItemRow, RunData } from '../src/server/api/types.ts'
import { itemAt } from '../src/shared/known.ts'
import { answersText, itemGroup } from './items.ts'
import type { ItemGroup } from './items.ts'
import { href } from './route.ts'
import { Thumbnail } from './thumbnail.tsx'
import { VirtualTable } from './virtual-table.tsx'
import type { Column, Sort } from './virtual-table.tsx'

interface Props {
  readonly run: string
  /** Only for a run opened from a file. */
  readonly pages: RunData['pages'] | undefined
  readonly rows: readonly ItemGroup[]
  /** One row per problem instead of per search. */
  readonly whole: boolean
  readonly sort: Sort | undefined
  readonly onSort: (sort: Sort | undefined) => void
  readonly from: string
}

export function ItemsTable({ run, pages, rows, whole, sort, onSort, from }: Props) {
  return (
    <VirtualTable
      label={!whole ? 'Searches' : rows[0]?.items[0]?.ask === undefined ? 'Problems' : 'Asks'}
      columns={columnsOf(run, rows, whole, pages === undefined)}
      rows={rows}
      keyOf={({ items }) => (whole ? itemGroup(itemAt(items, 0)) : itemAt(items, 0).index)}
      hrefOf={({ items }) => (pages ? pages[itemAt(items, 0).index] : href(['run', run, itemAt(items, 0).index]))}
      sort={sort}
      onSort={onSort}
      from={from}
    />
  )
}

/** The last segment of a problem's name. */
export function shortName(problem: string): string {
  return problem.slice(problem.lastIndexOf('/') + 1)
}

function columnsOf(run: string, rows: readonly ItemGroup[], whole: boolean, thumbnails: boolean): Column<ItemGroup>[] {
  const first = ({ items }: ItemGroup): ItemRow => itemAt(items, 0)
  const some = (test: (item: ItemRow) => boolean): boolean => rows.some((row) => test(first(row)))
  const count = (value: number): string => (whole ? value.toFixed(1) : String(value))
  const asks = some(({ ask }) => ask !== undefined)
  const columns: (Column<ItemGroup> | false)[] = [
    {
      name: 'problem',
      title: asks ? 'Ask' : 'Problem',
      by: (row) => first(row).ask ?? first(row).problem,
      hint: (row) => first(row).problem,
      cell: (row) => (
        <>
          {thumbnails && <Thumbnail key={first(row).index} run={run} index={first(row).index} />}
          {first(row).ask ?? shortName(first(row).problem)}
          {!whole && first(row).sampleIndex > 0 && ` #${first(row).sampleIndex + 1}`}
        </>
      ),
    },
    asks && {
      name: 'policy',
      title: 'Policy',
      by: (row) => first(row).policy ?? '',
      hint: (row) => first(row).policy ?? '',
      cell: (row) => first(row).policy,
    },
    some(({ step }) => step !== undefined) && {
      name: 'step',
      title: 'Step',
      by: (row) => first(row).step ?? 0,
      cell: (row) => first(row).step,
      numbers: true,
    },
    {
      name: 'question',
      title: 'Question',
      by: (row) => first(row).question,
      hint: (row) => first(row).question,
      cell: (row) => <bdi>{first(row).question}</bdi>,
    },
    {
      name: 'answer',
      title: whole ? 'Answers' : 'Answer',
      by: (row) => answersText(row.items),
      hint: (row) => answersText(row.items),
      cell: (row) => <bdi>{answersText(row.items)}</bdi>,
    },
    some(({ truth }) => truth !== undefined) && {
      name: 'truth',
      title: 'Truth',
      hint: (row) => first(row).truth ?? '',
      cell: (row) => <bdi>{first(row).truth}</bdi>,
    },
    whole
      ? {
          name: 'right',
          title: 'Right',
          by: (row) => row.right,
          cell: (row) => row.judged > 0 && `${Math.round(row.right * row.judged)} of ${row.judged}`,
          numbers: true,
          classOf: (row) => (row.judged === 0 ? 'unjudged' : row.right >= 0.5 ? 'correct' : 'wrong'),
        }
      : {
          name: 'verdict',
          title: 'Verdict',
          by: (row) => first(row).verdict,
          cell: (row) => first(row).verdict,
          classOf: (row) => first(row).verdict,
        },
    { name: 'turns', title: 'Turns', by: (row) => row.turns, cell: (row) => count(row.turns), numbers: true },
    { name: 'boxes', title: 'Boxes', by: (row) => row.boxes, cell: (row) => count(row.boxes), numbers: true },
    !whole &&
      some(({ advantage }) => advantage !== undefined) && {
        name: 'advantage',
        title: 'Advantage',
        by: (row) => first(row).advantage ?? 0,
        cell: (row) => first(row).advantage?.toFixed(2),
        numbers: true,
      },
    {
      name: 'end',
      title: whole ? 'Ends' : 'End',
      by: (row) => endsText(row.items),
      hint: (row) => endsText(row.items),
      cell: (row) => endsText(row.items),
    },
  ]
  return columns.filter((column) => column !== false)
}

function endsText(items: readonly ItemRow[]): string {
  const kinds = [...new Set(items.map(({ end }) => end))]
  if (kinds.length === 1) return endWords[itemAt(kinds, 0)]
  return kinds.map((kind) => `${endWords[kind]} ${items.filter(({ end }) => end === kind).length}`).join(', ')
}
