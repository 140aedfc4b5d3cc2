/** Comma-separated values for spreadsheets. Pure. */
import type { SolvedProblem } from '../figures/report.ts'

export type CsvRow = readonly (string | number)[]

export function csvText(rows: readonly CsvRow[]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\n`).join('')
}

/** Text that a spreadsheet would interpret as a formula is prefixed. */
function csvCell(value: string | number): string {
  // Twelve significant digits give 0.112 instead of 0.11199999999999999.
  if (typeof value === 'number') return String(Number(value.toPrecision(12)))
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** One row per problem: its groups, how often it was solved, and in how many turns. */
export function problemsCsv(solved: readonly SolvedProblem[]): string {
  const keys = [...new Set(solved.flatMap(({ slices }) => Object.keys(slices)))]
  const head = ['problem', ...keys, 'right', 'searches', 'solve rate', 'mean turns']
  const rows = solved.map(({ name, slices, right, searches, meanTurns }) => [
    name,
    ...keys.map((key) => slices[key] ?? ''),
    right,
    searches,
    right / searches,
    Number(meanTurns.toFixed(2)),
  ])
  return csvText([head, ...rows])
}
