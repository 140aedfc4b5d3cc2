/** Comma-separated values for spreadsheets. Pure. */
import { own } from '../../shared/known.ts'
import type { SolvedProblem } from '../figures/report.ts'

export type CsvRow = readonly (string | number)[]

/**
 * The file, in UTF-8. Excel takes one without a byte order mark for the encoding of its machine, so there is one if a text is not ASCII; other
 * files stay free of it for the programs that take it for a part of the first cell.
 */
export function csvText(rows: readonly CsvRow[]): string {
  const text = rows.map((row) => `${row.map(csvCell).join(',')}\n`).join('')
  return isAscii(text) ? text : `\uFEFF${text}`
}

/**
 * Where a spreadsheet may read a formula: at the start of a text, also behind blanks and with signs of full width; and within it, where a
 * program that separates by semicolons or tabs would start a cell, since it does not know our quotes.
 */
const formula = /^(?=[\s\p{Cc}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])|^(?=[\t\r\n])|(?<=[;\t\r\n])(?=[=+\-@])/gu

/** Text never becomes a formula: an apostrophe is put before it, which spreadsheets know as the sign of text. */
function csvCell(value: string | number): string {
  // Twelve significant digits give 0.112 instead of 0.11199999999999999.
  if (typeof value === 'number') return Number.isFinite(value) ? String(Number(value.toPrecision(12))) : ''
  const text = value.replaceAll('\0', '\uFFFD').replaceAll(formula, "'")
  return /[",;\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\0-\x7F]*$/.test(text)
}

/** One row per problem: its groups, how often it was solved, and in how many turns. */
export function problemsCsv(solved: readonly SolvedProblem[]): string {
  const keys = [...new Set(solved.flatMap(({ slices }) => Object.keys(slices)))]
  const head = ['problem', ...keys, 'right', 'searches', 'solve rate', 'mean turns', 'corrected by hand']
  const rows = solved.map(({ name, slices, right, searches, meanTurns, corrected }) => [
    name,
    ...keys.map((key) => own(slices, key) ?? ''),
    right,
    searches,
    right / searches,
    Number(meanTurns.toFixed(2)),
    corrected,
  ])
  return csvText([head, ...rows])
}
