/**
 * The rows of the user's own table as named values: CSV with any separator, TSV, JSON, JSON Lines. Long values, such as encoded pictures,
 * stay in the file as `LongText`.
 */
import { messageOf, UserError } from '../../shared/errors.ts'
import { fieldsOf } from '../../shared/fields.ts'
import { parseJson } from '../../shared/json.ts'
import { headerOf, readDelimited } from '../files/delimited.ts'
import type { DelimitedCell } from '../files/delimited.ts'
import { plainName } from '../files/find-file.ts'
import { LongText, readJsonItems } from '../files/json-items.ts'
import { standardJson, withoutNulls } from '../files/json-text.ts'
import { textLines } from '../files/text-lines.ts'
import { openText } from '../files/text-source.ts'
import { withoutChat } from './chat.ts'
import { rowsInside } from './documents.ts'
import type { OwnRow } from './own-row.ts'
import { parquetOwnRows } from './parquet-rows.ts'

/** Selects the reader by file ending, with or without `.gz`. Throws UserError `data-columns`, `data-encoding` or `data-not-json`. */
export function ownRows(file: string): AsyncGenerator<OwnRow, void> {
  const name = plainName(file).toLowerCase()
  if (name.endsWith('.parquet')) return parquetOwnRows(file)
  if (name.endsWith('.jsonl')) return lineRows(file)
  return name.endsWith('.json') ? itemRows(file) : cellRows(file, name.endsWith('.csv') ? ',' : '\t')
}

async function* cellRows(file: string, usual: ',' | '\t'): AsyncGenerator<OwnRow, void> {
  const source = await openText(file)
  let header: readonly string[] | undefined
  for await (const { line, cells, broken } of readDelimited(source, usual)) {
    if (header === undefined) {
      if (broken !== undefined) throw new UserError('data-encoding', `${file}, line ${line}: ${broken}.`)
      header = headerOf(file, cells)
      continue
    }
    const values: Record<string, unknown> = {}
    for (const [at, cell] of cells.entries()) {
      const name = header[at]
      if (name !== undefined && name !== '' && !isEmpty(cell))
        values[name] = cell.text ?? new LongText(cell.start, cell.end)
    }
    const why = broken ?? wrongLength(header, cells)
    if (why === undefined && Object.keys(values).length === 0) continue
    const place = `${file}, line ${line}`
    yield { place, number: line, ...(why !== undefined && { broken: why }), columns: header, values, source }
  }
}

function isEmpty({ text }: DelimitedCell): boolean {
  return text !== undefined && text.trim() === ''
}

/** Spreadsheets add empty cells at the end of a row. */
function wrongLength(header: readonly string[], cells: readonly DelimitedCell[]): string | undefined {
  const told = `has ${cells.length} cells instead of ${header.length}`
  if (cells.length < header.length) return told
  if (cells.slice(header.length).every(isEmpty)) return undefined
  return `${told}: put a cell that contains the separator or a line break in double quotes`
}

async function* lineRows(file: string): AsyncGenerator<OwnRow, void> {
  let first = true
  for await (const { line, text, broken } of textLines(file)) {
    // One document under the name of lines.
    if (first && /^\s*(?:\[|\{\s*$)/.test(text)) return yield* itemRows(file)
    first = false
    const place = `${file}, line ${line}`
    try {
      const value: unknown = broken === undefined ? parseJson(standardJson(text)) : undefined
      yield objectRow(place, line, value, broken)
    } catch (error) {
      yield { place, number: line, broken: `is not JSON: ${messageOf(error)}`, values: {} }
    }
  }
}

async function* itemRows(file: string): AsyncGenerator<OwnRow, void> {
  const source = await openText(file)
  let number = 0
  for await (const { value, broken } of readJsonItems(file, source)) {
    const inside = number === 0 && broken === undefined ? rowsInside(value) : undefined
    for (const row of inside ?? [value]) {
      number++
      yield { ...objectRow(`${file}, item ${number}`, number, row, broken), source }
    }
  }
}

function objectRow(place: string, number: number, value: unknown, broken: string | undefined): OwnRow {
  const fields = Array.isArray(value) ? undefined : fieldsOf(withoutNulls(value))
  const told = withoutChat(fields ?? {})
  const why = broken ?? (fields === undefined ? 'is not an object' : told.broken)
  const { values, from } = told
  return { place, number, ...(why !== undefined && { broken: why }), values, ...(from !== undefined && { from }) }
}
