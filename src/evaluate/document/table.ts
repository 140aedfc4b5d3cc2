/** Tables of an evaluation for a terminal and for Markdown, with scores as percentages. Pure. */
import type { Table } from '../../page/page-data.ts'
import { levels } from '../../protocol/problem.ts'
import { causes } from '../../protocol/cause.ts'
import type { MissCause } from '../../protocol/cause.ts'
import type { CauseCounts, EvalSummary, Slice } from '../figures/summary.ts'
import { itemAt, lastOf } from '../../shared/known.ts'
import { percent } from '../../shared/numbers.ts'

export type { Table }

/** A summary with its name in tables and charts. */
export interface NamedSummary {
  readonly name: string
  readonly summary: EvalSummary
}

/** Accuracy in percent at every turn limit with 95 % intervals: one row per policy for each level, then for all. */
export function accuracyTable(entries: readonly NamedSummary[]): Table {
  const limits = [...new Set(entries.flatMap(({ summary }) => summary.byTurnLimit.map(({ limit }) => limit)))]
  limits.sort((a, b) => a - b)
  const row = (name: string, slice: Slice): string[] => [
    name,
    ...limits.map((limit) => {
      const score = slice.byTurnLimit.find((own) => own.limit === limit)
      return score === undefined ? '' : `${percent(score.avgAtK)} (${percent(score.low)}-${percent(score.high)})`
    }),
    slice.meanTurns.toFixed(1),
  ]
  return {
    head: ['accuracy in %, at turn limit', ...limits.map(String), 'mean turns'],
    rows: [
      ...levels.flatMap((level) =>
        entries.flatMap(({ name, summary }) => {
          const slice = summary.byLevel[level]
          return slice === undefined ? [] : [row(`${name}, ${level}`, slice)]
        }),
      ),
      ...entries.map(({ name, summary }) => row(`${name}, all`, summary)),
    ],
  }
}

const causeWords: Readonly<Record<MissCause, string>> = {
  'never-found': 'limit reached, target never shown legibly',
  'passed-over': 'limit reached, target shown but passed over',
  looped: 'limit reached, looked at the same places again',
  misread: 'answered wrongly, target had been shown',
  guessed: 'answered wrongly, target never shown legibly',
  void: 'a turn without an action',
  failed: 'failed, or was refused',
  unjudged: 'no verdict, to be judged again',
}

/** Causes of failure, in percent of the searches of each level. */
export function causesTable(counts: readonly CauseCounts[]): Table {
  const row = (name: string, count: (counts: CauseCounts) => number): string[] => [
    name,
    ...counts.map((own) => percent(count(own) / Math.max(1, own.searches))),
  ]
  return {
    head: ['% of searches', ...counts.map(({ slice }) => slice)],
    rows: [
      row('right', ({ correct }) => correct),
      ...causes.map((cause) => row(causeWords[cause], ({ byCause }) => byCause[cause])),
      row('target shown legibly at some turn', ({ seen }) => seen),
    ],
  }
}

export function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownCell).join(' | ')} |`
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** Escapes text so that it stays one plain-text cell, whatever it contains. */
export function markdownCell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|<>`*_[\]]/g, '\\$&')
}

const gap = 2
/** Minimum width of the first column when figures need space. */
const leastFirst = 24

/**
 * Formats a table for a terminal of the given width. The first column is wrapped; if the figures still do not fit, the table is
 * transposed or split into parts, whichever needs fewer parts.
 */
export function plainTable(table: Table, columns: number): string {
  const [kept, turned] = [partsOf(table, columns), partsOf(transposed(table), columns)]
  return (turned.length < kept.length ? turned : kept).join('\n\n')
}

function transposed({ head: [corner = '', ...names], rows }: Table): Table {
  return {
    head: [corner, ...rows.map(([name = '']) => name)],
    rows: names.map((name, index) => [name, ...rows.map((row) => row[index + 1] ?? '')]),
  }
}

/** Splits into as many tables as needed, each with the first column. */
function partsOf({ head, rows }: Table, columns: number): string[] {
  const cells = [head, ...rows]
  const widthOf = (column: number): number => Math.max(...cells.map((row) => (row[column] ?? '').length))
  const figures = head.slice(1).map((_, index) => widthOf(index + 1) + gap)
  const room = columns - figures.reduce((sum, width) => sum + width, 0)
  const first = Math.min(widthOf(0), Math.max(leastFirst, room))
  const parts: number[][] = [[]]
  let used = first
  for (const [index, width] of figures.entries()) {
    if (used + width > columns && lastOf(parts).length > 0) {
      parts.push([])
      used = first
    }
    lastOf(parts).push(index + 1)
    used += width
  }
  return parts.map((part) => {
    const widths = [first, ...part.map(widthOf)]
    const rule = widths.map((width) => '-'.repeat(width)).join(' '.repeat(gap))
    const text = (row: readonly string[]): string => rowText([row[0] ?? '', ...part.map((at) => row[at] ?? '')], widths)
    return [text(head), rule, ...rows.map(text)].join('\n')
  })
}

/** Formats a row, with the figures on its first line. */
function rowText([name = '', ...figures]: readonly string[], [first = 0, ...widths]: readonly number[]): string {
  const [top = '', ...below] = wrapped(name, first)
  const line = [top.padEnd(first), ...figures.map((figure, index) => figure.padStart(itemAt(widths, index)))]
  return [line.join(' '.repeat(gap)).trimEnd(), ...below].join('\n')
}

/** Wraps text to `width` characters, between words if possible; continuation lines are indented. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width - (lines.length > 0 ? gap : 0)) {
    const indent = lines.length > 0 ? ' '.repeat(gap) : ''
    const room = width - indent.length
    const space = rest.lastIndexOf(' ', room)
    const end = space > 0 ? space : room
    lines.push(indent + rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  return [...lines, (lines.length > 0 ? ' '.repeat(gap) : '') + rest]
}
