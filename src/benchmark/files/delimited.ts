/**
 * Tables of values between tabs, commas, semicolons or bars, as pandas and spreadsheets write them: quoted cells may hold
 * separators, line breaks and doubled quotes. Long cells, such as base64 pictures, are given by their place in the file alone.
 */
import { UserError } from '../../shared/errors.ts'
import { HeldText, heldBytes, notUtf8, readBlocks } from './read-blocks.ts'
import type { ReadAt } from './text-source.ts'

export interface DelimitedCell {
  /** undefined: too long to be kept. */
  readonly text: string | undefined
  /** Bytes of the file that hold the cell's content, without quotes around it. */
  readonly start: number
  readonly end: number
}

export interface DelimitedRow {
  /** Where the row starts, counted from 1. */
  readonly line: number
  readonly cells: readonly DelimitedCell[]
  /** Why it cannot be used. */
  readonly broken?: string
}

export type Separator = '\t' | ',' | ';' | '|'

const quote = 0x22
const newline = 0x0a

/** Of a row that holds more of them, as where the separator is another one. */
const maxCells = 4096

/** Empty lines are passed over, and one that names the separator, as spreadsheets write it in front. */
export async function* readDelimited(read: ReadAt, usual: Separator): AsyncGenerator<DelimitedRow, void> {
  const separator = await separatorOf(read, usual)
  const separatorCode = separator.charCodeAt(0)
  const held = new HeldText()
  let state: 'start' | 'plain' | 'quoted' | 'quote' = 'start'
  let cells: DelimitedCell[] = []
  let start = 0
  /** Where a quoted cell's content ended; what follows its closing quote belongs to its text alone. */
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

/** The names of the columns. Throws UserError `data-columns` where two are the same, or lines end in a way that is not read. */
export function headerOf(file: string, cells: readonly DelimitedCell[]): readonly string[] {
  const names = cells.map(({ text = '' }) => text.trim())
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at)
  if (names.some((name) => name.includes('\r'))) {
    throw new UserError('data-columns', `${file} ends its lines with carriage returns alone. Save it with line feeds.`)
  }
  if (twice !== undefined) {
    throw new UserError('data-columns', `${file} has two columns ${twice}. Rename one, or take it out.`)
  }
  return names
}

const separators: readonly Separator[] = ['\t', ',', ';', '|']

/** The one that the first line names (`sep=;`) or holds most often outside of quotes; `usual` where it holds none. */
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
