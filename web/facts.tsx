/** Named figures, as a row at the top of a run or as a table; and error messages. */
import type { ComponentChildren } from 'preact'
import type { Table } from '../src/page/page-data.ts'

export interface Fact {
  readonly title: string
  readonly text: ComponentChildren
  /** Secondary text after the figure. */
  readonly more?: string
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="scores">
      {facts.map(({ title, text, more }) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>
            {text}
            {more !== undefined && <small> {more}</small>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

export function ProblemFact({ message }: { readonly message: string | undefined }) {
  if (message === undefined) return null
  return (
    <p class="problem" role="alert">
      {message}
    </p>
  )
}

interface TableProps extends Table {
  /** Accessible name. */
  readonly title?: string
}

/** Longer cells are treated as text, such as a command. */
const longestFigure = 40

/** The first cell is the row header; the others are right-aligned. */
export function FigureTable({ head, rows, title }: TableProps) {
  const classOf = (column: number): string => {
    const isText = column === 0 || rows.some((row) => (row[column] ?? '').length > longestFigure)
    return isText ? 'text' : 'number'
  }
  return (
    <div class="table" tabIndex={0}>
      <table>
        {title !== undefined && <caption class="hidden">{title}</caption>}
        <thead>
          <tr>
            {head.map((name, column) => (
              <th key={column} scope="col" class={classOf(column)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...cells], row) => (
            <tr key={row}>
              <th scope="row">{name}</th>
              {cells.map((cell, column) => (
                <td key={column} class={classOf(column + 1)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
