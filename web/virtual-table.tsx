/**
 * A virtual table: only visible rows are in the DOM, so thousands of rows scroll smoothly. Arrow keys select a row and Enter opens
 * it; column headers sort.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface Column<Row> {
  readonly name: string
  readonly title: string
  cell(row: Row): ComponentChildren
  /** Of the row header: what stands before its link, such as a box to tick. */
  before?(row: Row): ComponentChildren
  /** Full text as a tooltip, if the cell may be too narrow. */
  hint?(row: Row): string
  classOf?(row: Row): string
  /** Right-aligns the cells. */
  readonly numbers?: boolean
  /** Sort key; absent if the column is not sortable. */
  by?(row: Row): number | string
}

/** `down`: descending. */
export interface Sort {
  readonly name: string
  readonly down: boolean
}

interface Props<Row> {
  readonly label: string
  /** The first column is the row header and links to the row's page. */
  readonly columns: readonly Column<Row>[]
  /** In the order of `sort`, see `useSorted`. */
  readonly rows: readonly Row[]
  keyOf(row: Row): string | number
  /** Absent if the row has no page. */
  hrefOf(row: Row): string | undefined
  readonly sort: Sort | undefined
  onSort(sort: Sort | undefined): void
  /** The table scrolls to the top when this changes. */
  readonly from: string
}

const rowPx = 44
/** Rows rendered beyond the visible ones, above and below. */
const spare = 8

export function VirtualTable<Row>({ label, columns, rows, keyOf, hrefOf, sort, onSort, from }: Props<Row>) {
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [heightPx, setHeightPx] = useState(600)
  const [current, setCurrent] = useState(0)
  const moved = useRef(false)
  useEffect(() => {
    const seen = new ResizeObserver(() => setHeightPx(box.current?.clientHeight ?? 0))
    if (box.current) seen.observe(box.current)
    return () => seen.disconnect()
  }, [])
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0
    setCurrent(0)
  }, [from, sort?.name, sort?.down])
  // The link exists only once its row is visible.
  useLayoutEffect(() => {
    if (!moved.current) return
    moved.current = false
    box.current?.querySelector<HTMLElement>(`tr[data-row="${current}"] a`)?.focus({ preventScroll: true })
  })
  const inSight = Math.max(1, Math.floor(heightPx / rowPx) - 1)
  const go = (to: number): void => {
    const at = Math.max(0, Math.min(rows.length - 1, to))
    if (!box.current) return
    const next = Math.min(at * rowPx, Math.max(box.current.scrollTop, (at + 2) * rowPx - heightPx))
    box.current.scrollTop = next
    setTop(next)
    setCurrent(at)
    moved.current = true
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.target instanceof Element && event.target.closest('button')) return
    const to = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: inSight, PageUp: -inSight }[event.key]
    const at = event.key === 'Home' ? 0 : event.key === 'End' ? rows.length - 1 : to && current + to
    if (at === undefined) return
    event.preventDefault()
    go(at)
  }
  const first = Math.max(0, Math.min(Math.floor(top / rowPx) - spare, rows.length - 1))
  const visible = rows.slice(first, first + Math.ceil(heightPx / rowPx) + 2 * spare)
  return (
    <div
      class="table virtual"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label={label}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKey}
    >
      <table aria-label={label} aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Head key={column.name} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <tr aria-hidden="true" style={{ height: `${first * rowPx}px` }} />
          {visible.map((row, index) => {
            const at = first + index
            return (
              <tr
                key={keyOf(row)}
                data-row={at}
                aria-rowindex={at + 2}
                class={at === current ? 'current' : ''}
                style={{ height: `${rowPx}px` }}
              >
                {columns.map((column, place) =>
                  place === 0 ? (
                    <th key={column.name} scope="row" title={column.hint?.(row)}>
                      {column.before?.(row)}
                      <a {...linkTo(hrefOf(row))} tabIndex={at === current ? 0 : -1} onFocus={() => setCurrent(at)}>
                        {column.cell(row)}
                      </a>
                    </th>
                  ) : (
                    <td
                      key={column.name}
                      title={column.hint?.(row)}
                      class={`${column.numbers ? 'number ' : ''}${column.classOf?.(row) ?? ''}`}
                    >
                      {column.cell(row)}
                    </td>
                  ),
                )}
              </tr>
            )
          })}
          <tr aria-hidden="true" style={{ height: `${(rows.length - first - visible.length) * rowPx}px` }} />
        </tbody>
      </table>
    </div>
  )
}

interface HeadProps<Row> extends Pick<Props<Row>, 'sort' | 'onSort'> {
  readonly column: Column<Row>
}

/** Cycles through ascending, descending and unsorted. */
function Head<Row>({ column: { name, title, by, numbers }, sort, onSort }: HeadProps<Row>) {
  const own = sort?.name === name ? sort : undefined
  const className = numbers ? 'number' : ''
  if (by === undefined)
    return (
      <th scope="col" class={className}>
        {title}
      </th>
    )
  const next = own === undefined ? { name, down: false } : own.down ? undefined : { name, down: true }
  return (
    <th scope="col" class={className} aria-sort={own === undefined ? 'none' : own.down ? 'descending' : 'ascending'}>
      <button type="button" onClick={() => onSort(next)}>
        {title}
        <span aria-hidden="true">{own === undefined ? '' : own.down ? ' ▾' : ' ▴'}</span>
      </button>
    </th>
  )
}

function linkTo(href: string | undefined): { readonly href?: string } {
  return href === undefined ? {} : { href }
}
