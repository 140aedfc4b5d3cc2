/**
 * Parses delimited tables (tabs, commas, semicolons or bars) as written by pandas and spreadsheets: quoted cells may contain separators,
 * line breaks and doubled quotes. Long cells, such as base64 pictures, are returned as their position in the file.
 */
import { UserError } from '../../shared/errors.ts'
import { HeldText, heldBytes, notUtf8, readBlocks } from './read-blocks.ts'
import type { ReadAt } from './text-source.ts'

export interface DelimitedCell {
  /** Undefined if the cell is too long to keep. */
  readonly text: string | undefined
  /** Byte range of the cell's content in the file, without its quotes. */
  readonly start: number
  readonly end: number
}

export interface DelimitedRow {
  /** Line number of the row, from 1. */
  readonly line: number
  readonly cells: readonly DelimitedCell[]
  /** Why it is unusable. */
  readonly broken?: string
}

export type Separator = '\t' | ',' | ';' | '|'

const quote = 0x22
const newline = 0x0a

/** Rows with more cells are an error, probably because of another separator. */
const maxCells = 4096

/** Skips empty lines, and a first line that names the separator (`sep=;`, written by spreadsheets). */
export async function* readDelimited(read: ReadAt, usual: Separator): AsyncGenerator<DelimitedRow, void> {
  const separator = await separatorOf(read, usual)
  const separatorCode = separator.charCodeAt(0)
  const held = new HeldText()
  let state: 'start' | 'plain' | 'quoted' | 'quote' = 'start'
  let cells: DelimitedCell[] = []
  let start = 0
  /** End of a quoted cell's content; text after its closing quote only belongs to `text`. */
  let closedAt: number | undefined
  let line = 1
  let rowLine = 1
  let end = 0

  function finishCell(at: number, last: boolean): void {
    const text = held.take()
    if (cells.length < maxCells) {
      cells.push({ text: last ? text?.replace(/\r$/, '') : text, start, end: closedAt ?? at })
    }
    closedAt = undefined
    state = 'start'
  }

  function finishRow(): DelimitedRow | undefined {
    const row = { line: rowLine, cells, ...(!held.takeValid() && { broken: notUtf8 }) }
    cells = []
    rowLine = line
    const first = row.cells[0]?.text
    const named = row.line === 1 && first === 'sep='
    return named || (row.cells.length === 1 && first === '') ? undefined : row
  }

  for await (const { bytes, offset } of readBlocks(read)) {
    end = offset + bytes.length
    const nextSeparator = finder(bytes, separatorCode)
    const nextNewline = finder(bytes, newline)
    for (let i = 0; i < bytes.length;) {
      if (state === 'start') {
        const quoted = bytes[i] === quote
        state = quoted ? 'quoted' : 'plain'
        if (quoted) i++
        start = offset + i
      } else if (state === 'plain') {
        const until = Math.min(nextSeparator(i), nextNewline(i))
        held.add(bytes.subarray(i, until))
        i = until + 1
        if (until === bytes.length) break
        const last = bytes[until] === newline
        finishCell(offset + until, last)
        if (!last) continue
        line++
        const row = finishRow()
        if (row) yield row
      } else if (state === 'quoted') {
        const found = bytes.indexOf(quote, i)
        const until = found < 0 ? bytes.length : found
        held.add(bytes.subarray(i, until))
        for (let at = nextNewline(i); at < until; at = nextNewline(at + 1)) line++
        if (found >= 0) state = 'quote'
        i = until + 1
      } else if (bytes[i] === quote) {
        held.add(bytes.subarray(i, i + 1))
        state = 'quoted'
        i++
      } else {
        closedAt = offset + i - 1
        state = 'plain'
      }
    }
  }
  if (state === 'start' && cells.length === 0) return
  const open = state === 'quoted'
  finishCell(state === 'quote' ? end - 1 : end, true)
  const row = finishRow()
  if (row) yield open ? { ...row, broken: 'opens a quote that is never closed' } : row
}

/** The column names. Throws UserError `data-columns` for duplicates and for unsupported line ends. */
export function headerOf(file: string, cells: readonly DelimitedCell[]): readonly string[] {
  const names = cells.map(({ text = '' }) => text.trim())
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at)
  if (names.some((name) => name.includes('\r'))) {
    throw new UserError('data-columns', `${file} uses carriage returns as line ends. Save it with line feeds.`)
  }
  if (twice !== undefined) {
    throw new UserError('data-columns', `${file} has two columns named ${twice}. Rename or remove one.`)
  }
  return names
}

const separators: readonly Separator[] = ['\t', ',', ';', '|']

/** The separator named by the first line (`sep=;`) or most frequent in it outside quotes; otherwise `usual`. */
async function separatorOf(read: ReadAt, usual: Separator): Promise<Separator> {
  const head = Buffer.alloc(heldBytes)
  const [line = ''] = head.toString('latin1', 0, await read(head, 0)).split('\n')
  const named = /^(?:\xef\xbb\xbf)?sep=(.)/.exec(line)?.[1]
  const given = separators.find((separator) => separator === named)
  if (given !== undefined) return given
  const bare = line.replaceAll(/"[^"]*"/g, '')
  const times = (separator: Separator): number => bare.split(separator).length - 1
  return separators.reduce((most, separator) => (times(separator) > times(most) ? separator : most), usual)
}

/** Returns a function for the next position of a byte at or after `i`, or the block length; `i` must not decrease. */
function finder(bytes: Buffer, byte: number): (i: number) => number {
  let at = -1
  return (i) => {
    if (at < i) {
      const found = bytes.indexOf(byte, i)
      at = found < 0 ? bytes.length : found
    }
    return at
  }
}
