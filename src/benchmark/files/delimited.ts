/**
 * Tables of tab- or comma-separated values, as pandas and spreadsheets write them: quoted cells may hold separators, line
 * breaks and doubled quotes. Long cells, such as base64 pictures, are given by their place in the file alone.
 */
import { HeldText, readBlocks } from './read-blocks.ts'

export interface Cell {
  /** undefined: too long to be kept. */
  readonly text: string | undefined
  /** Bytes of the file that hold the cell's content, without quotes around it. */
  readonly start: number
  readonly end: number
}

export interface DelimitedRow {
  /** Where the row starts, counted from 1. */
  readonly line: number
  readonly cells: readonly Cell[]
}

const quote = 0x22
const newline = 0x0a

/** Empty lines are passed over. */
export async function* readDelimited(path: string, separator: '\t' | ','): AsyncGenerator<DelimitedRow, void> {
  const separatorCode = separator.charCodeAt(0)
  const held = new HeldText()
  let state: 'start' | 'plain' | 'quoted' | 'quote' = 'start'
  let cells: Cell[] = []
  let start = 0
  /** Where a quoted cell's content ended; what follows its closing quote belongs to its text alone. */
  let closedAt: number | undefined
  let line = 1
  let rowLine = 1
  let end = 0

  function finishCell(at: number, last: boolean): void {
    const text = held.take()
    cells.push({ text: last ? text?.replace(/\r$/, '') : text, start, end: closedAt ?? at })
    closedAt = undefined
    state = 'start'
  }

  function finishRow(): DelimitedRow | undefined {
    const row = { line: rowLine, cells }
    cells = []
    rowLine = line
    return row.cells.length === 1 && row.cells[0]!.text === '' ? undefined : row
  }

  for await (const { bytes, offset } of readBlocks(path)) {
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
  finishCell(state === 'quote' ? end - 1 : end, true)
  const row = finishRow()
  if (row) yield row
}

/** The next place of a byte at or behind `i`, the length of the block if there is none; asked for with rising `i`. */
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
