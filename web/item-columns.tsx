/**
 * The columns of the table of searches. A new one is an entry of this list, with the field of the row that it shows; a column whose
 * field no search has is left out.
 */
import { endWords } from '../src/page/step.ts'
import type { ItemRow } from '../src/server/api/types.ts'
import { itemAt } from '../src/shared/known.ts'
import { answersText } from './items.ts'
import type { ItemGroup } from './items.ts'
import type { SortKey } from './sorting.ts'
import { Thumbnail } from './thumbnail.tsx'
import type { Column } from './virtual-table.tsx'

interface ItemColumn extends Column<ItemGroup> {
  /** The column is only shown if a search has this field. */
  readonly needs?: keyof ItemRow
  /** The column is only for a table with a row for each search, or for each problem. */
  readonly only?: 'searches' | 'problems'
}

export interface TableShape {
  readonly run: string
  /** The fields that some search has. */
  readonly fields: ReadonlySet<keyof ItemRow>
  /** A row for each problem rather than for each search. */
  readonly whole: boolean
  readonly thumbnails: boolean
}

export function itemColumns(shape: TableShape): Column<ItemGroup>[] {
  const unwanted = shape.whole ? 'searches' : 'problems'
  return columnsOf(shape).filter(
    ({ needs, only }) => (needs === undefined || shape.fields.has(needs)) && only !== unwanted,
  )
}

/** The sort key of a column. */
export function itemSortKey(name: string, whole: boolean): ((row: ItemGroup) => SortKey) | undefined {
  const shape = { run: '', fields: new Set<keyof ItemRow>(), whole, thumbnails: false }
  return columnsOf(shape).find((column) => column.name === name)?.by
}

function columnsOf({ run, fields, whole, thumbnails }: TableShape): ItemColumn[] {
  const first = ({ items }: ItemGroup): ItemRow => itemAt(items, 0)
  const count = (value: number): string => (whole ? value.toFixed(1) : String(value))
  return [
    {
      name: 'problem',
      title: fields.has('ask') ? 'Ask' : 'Problem',
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
    {
      name: 'policy',
      title: 'Policy',
      needs: 'ask',
      by: (row) => first(row).policy ?? '',
      hint: (row) => first(row).policy ?? '',
      cell: (row) => first(row).policy,
    },
    {
      name: 'step',
      title: 'Step',
      needs: 'step',
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
    {
      name: 'truth',
      title: 'Truth',
      needs: 'truth',
      hint: (row) => first(row).truth ?? '',
      cell: (row) => <bdi>{first(row).truth}</bdi>,
    },
    {
      name: 'right',
      title: 'Right',
      only: 'problems',
      by: (row) => row.right,
      cell: (row) => row.judged > 0 && `${Math.round(row.right * row.judged)} of ${row.judged}`,
      numbers: true,
      classOf: (row) => (row.judged === 0 ? 'unjudged' : row.right >= 0.5 ? 'correct' : 'wrong'),
    },
    {
      name: 'verdict',
      title: 'Verdict',
      only: 'searches',
      by: (row) => first(row).verdict,
      hint: (row) => correctionText(first(row)),
      cell: (row) => (
        <>
          {first(row).verdict}
          {first(row).asJudged && (
            <span role="img" aria-label={correctionText(first(row))}>
              {' ✎'}
            </span>
          )}
        </>
      ),
      classOf: (row) => first(row).verdict,
    },
    {
      name: 'star',
      title: 'Star',
      needs: 'note',
      by: ({ items }) => (items.some(({ note }) => note?.starred) ? 0 : 1),
      cell: ({ items }) =>
        items.some(({ note }) => note?.starred) && (
          <span role="img" aria-label="starred">
            ★
          </span>
        ),
    },
    {
      name: 'tags',
      title: 'Tags',
      needs: 'note',
      by: (row) => tagsText(row.items),
      hint: (row) => tagsText(row.items),
      cell: (row) => <bdi>{tagsText(row.items)}</bdi>,
    },
    { name: 'turns', title: 'Turns', by: (row) => row.turns, cell: (row) => count(row.turns), numbers: true },
    { name: 'boxes', title: 'Boxes', by: (row) => row.boxes, cell: (row) => count(row.boxes), numbers: true },
    {
      name: 'advantage',
      title: 'Advantage',
      needs: 'advantage',
      only: 'searches',
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
}

/** The last segment of a problem's name. */
export function shortName(problem: string): string {
  return problem.slice(problem.lastIndexOf('/') + 1)
}

function correctionText({ asJudged }: ItemRow): string {
  return asJudged === undefined ? '' : `corrected by hand, judged ${asJudged}`
}

function tagsText(items: readonly ItemRow[]): string {
  return [...new Set(items.flatMap(({ note }) => note?.tags ?? []))].toSorted().join(', ')
}

function endsText(items: readonly ItemRow[]): string {
  const kinds = [...new Set(items.map(({ end }) => end))]
  if (kinds.length === 1) return endWords[itemAt(kinds, 0)]
  return kinds.map((kind) => `${endWords[kind]} ${items.filter(({ end }) => end === kind).length}`).join(', ')
}
