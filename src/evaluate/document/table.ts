/** Tables of an evaluation, for a terminal and for Markdown. Scores are percentages here, since people read them. Pure. */
import { levels } from '../../protocol/problem.ts'
import { causes } from '../figures/outcome.ts'
import type { Cause } from '../figures/outcome.ts'
import type { CauseCounts, EvalSummary, Slice } from '../figures/summary.ts'

/** The first column is text and aligned left, the others are figures and aligned right. */
export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A summary under the name that tables and charts give it. */
export interface NamedSummary {
  readonly name: string
  readonly summary: EvalSummary
}

/** Accuracy in per cent at every turn limit with its 95 % interval: for each level, and for all at last, a row for each policy. */
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

const causeWords: Readonly<Record<Cause, string>> = {
  'never-found': 'ran out, target never shown legibly',
  'passed-over': 'ran out, target shown but passed over',
  looped: 'ran out, looked again where it had looked',
  misread: 'answered wrongly, target had been shown',
  guessed: 'answered wrongly, target never shown legibly',
  void: 'a turn without an action',
  failed: 'failed, to be done again',
  unjudged: 'no verdict, to be judged again',
}

/** What limits the policy, in per cent of the searches of each level. */
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

/** A cell stays one cell and plain text, whatever a policy or a data set is called. */
export function markdownCell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|<>`*_[\]]/g, '\\$&')
}

export function plainTable({ head, rows }: Table): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((cells) => (cells[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

/** Without the sign, to one decimal. */
export function percent(fraction: number): string {
  return (fraction * 100).toFixed(1)
}
