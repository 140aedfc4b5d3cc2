/**
 * Reads the tables of published benchmarks (TSV, CSV, JSON, parquet), which have a picture in each row as base64 or bytes. Only the small
 * fields are read at first, pictures on demand.
 */
import { isUtf8 } from 'node:buffer'
import { extname } from 'node:path'
import { UserError } from '../../shared/errors.ts'
import { openParquet } from '../../shared/parquet-read.ts'
import { rowError } from '../entry.ts'
import { headerOf, readDelimited } from './delimited.ts'
import type { Separator } from './delimited.ts'
import { plainName } from './find-file.ts'
import { LongText, readJsonItems } from './json-items.ts'
import { notUtf8 } from './read-blocks.ts'
import { decodeBase64, readBase64 } from './stored-picture.ts'
import type { ReadBytes } from './stored-picture.ts'
import { openText } from './text-source.ts'
import { fieldsOf } from '../../shared/fields.ts'

export interface TableRow {
  readonly place: string
  readonly broken?: string
  /** The other fields: text or lists of text; empty ones are absent. */
  readonly cells: Readonly<Record<string, string | readonly string[]>>
  /** The picture, or number `at` of a list of `of` pictures. */
  readonly readPicture: (at?: number, of?: number) => ReturnType<ReadBytes>
}

/** Names of picture columns, in order of preference. */
const pictureColumns = ['image', 'bytes', 'images', 'decoded_image', 'picture', 'crop_image']
/** A shorter cell is the index of the row with the picture, since VLMEvalKit stores each picture once. */
const maxIndexLength = 64

/**
 * Selects the reader by file extension, with or without `.gz`. Columns in `ignored` are never read, such as a second picture. Throws
 * UserError `data-not-json`, `data-columns`, `parquet-unreadable`.
 */
export async function* tableRows(file: string, ignored: readonly string[] = []): AsyncGenerator<TableRow, void> {
  const pictures = new Map<string, ReadStored>()
  for await (const { place, broken, cells, read } of rowsOf(file, ignored)) {
    const { index } = cells
    if (typeof index === 'string') pictures.set(index, read)
    const readPicture: TableRow['readPicture'] = async (at = 0, of = 1) => {
      const stored = await read(at, of)
      if (typeof stored !== 'string') return stored
      const other = await pictures.get(stored)?.(at, of)
      if (other !== undefined && typeof other !== 'string') return other
      throw new Error(stored === '' ? 'there is no picture' : `there is no row ${stored} with its picture`)
    }
    yield { place, ...(broken !== undefined && { broken }), cells, readPicture }
  }
}

/** Reads text by the name of its column, or by the first of several that there is. What is read throws `data-row` if it is missing or a list. */
export function cellReader({
  place,
  cells,
}: Pick<TableRow, 'place' | 'cells'>): (...names: readonly string[]) => string {
  return (...names) => {
    const cell = names.map((name) => cells[name]).find((own) => own !== undefined)
    if (typeof cell !== 'string') throw rowError(place, `${names.join(' or ')} is missing`)
    return cell
  }
}

/** Of several files, one after the other; `onFile` is called before each. */
export async function* rowsOfFiles(
  files: readonly string[],
  onFile: ((file: string) => void) | undefined,
  ignored?: readonly string[],
): AsyncGenerator<TableRow, void> {
  for (const file of files) {
    onFile?.(file)
    yield* tableRows(file, ignored)
  }
}

/** The picture, or the index of the row that has it; empty if there is none. */
type ReadStored = (at: number, of: number) => Promise<Uint8Array | string>
type StoredRow = Omit<TableRow, 'readPicture'> & { readonly read: ReadStored }

function rowsOf(file: string, ignored: readonly string[]): AsyncGenerator<StoredRow, void> {
  const ending = extname(plainName(file)).toLowerCase()
  if (ending === '.parquet') return parquetRows(file, ignored)
  if (ending === '.json' || ending === '.jsonl') return jsonRows(file, ignored)
  return delimitedRows(file, ending === '.csv' ? ',' : '\t', ignored)
}

async function* delimitedRows(
  file: string,
  separator: Separator,
  ignored: readonly string[],
): AsyncGenerator<StoredRow, void> {
  const source = await openText(file)
  let header: readonly string[] | undefined
  let pictureAt = 0
  for await (const { line, cells, broken } of readDelimited(source, separator)) {
    if (header === undefined) {
      header = headerOf(file, cells)
      pictureAt = header.indexOf(pictureColumnOf(file, without(header, ignored)))
      continue
    }
    const place = `${file}, line ${line}`
    const cut =
      cells.length === header.length
        ? undefined
        : `has ${cells.length} cells instead of ${header.length}: it may be cut off`
    const why = broken ?? cut
    const texts: Record<string, string> = {}
    for (const [at, { text }] of cells.entries()) {
      const name = header[at]
      const isRead = name !== undefined && at !== pictureAt && !ignored.includes(name)
      if (isRead && text !== undefined && text !== '') texts[name] = text
    }
    const { text: index, start, end } = cells[pictureAt] ?? { text: '', start: 0, end: 0 }
    const long = end - start > maxIndexLength
    const read: ReadStored = async () => (long ? readBase64({ read: source, start, end }) : (index ?? '').trim())
    yield { place, ...(why !== undefined && { broken: why }), cells: texts, read }
  }
}

async function* jsonRows(file: string, ignored: readonly string[]): AsyncGenerator<StoredRow, void> {
  const source = await openText(file)
  let number = 0
  for await (const { value, broken } of readJsonItems(file, source)) {
    const all = fieldsOf(value) ?? {}
    const values = Object.fromEntries(Object.entries(all).filter(([name]) => !ignored.includes(name)))
    const pictureColumn = pictureColumns.find((name) => name in values)
    const read: ReadStored = async (at, of) => {
      const picture = oneOf(pictureColumn === undefined ? undefined : values[pictureColumn], at, of)
      if (picture instanceof LongText) return readBase64({ read: source, start: picture.start, end: picture.end })
      return pictureBytes(picture)
    }
    const place = `${file}, row ${++number}`
    yield { place, ...(broken !== undefined && { broken }), cells: cellsOf(values, pictureColumn), read }
  }
}

async function* parquetRows(file: string, ignored: readonly string[]): AsyncGenerator<StoredRow, void> {
  const { columns: all, groups, read: readRows } = await openParquet(file)
  const columns = without(all, ignored)
  const pictureColumn = pictureColumnOf(file, columns)
  const others = columns.filter((name) => name !== pictureColumn)
  for (const [start, end] of groups) {
    const rows = end > start ? await readRows(start, end, others) : []
    for (const [offset, values] of rows.entries()) {
      const at = start + offset
      const read: ReadStored = async (index, of) => {
        const [row] = await readRows(at, at + 1, [pictureColumn])
        return pictureBytes(oneOf(row?.[pictureColumn], index, of))
      }
      const broken = Object.values(values).some(isDamagedText) ? notUtf8 : undefined
      const place = `${file}, row ${at + 1}`
      yield { place, ...(broken !== undefined && { broken }), cells: cellsOf(values, pictureColumn), read }
    }
  }
}

function without(names: readonly string[], ignored: readonly string[]): readonly string[] {
  return names.filter((name) => !ignored.includes(name))
}

function pictureColumnOf(file: string, columns: readonly string[]): string {
  const found = pictureColumns.find((name) => columns.includes(name))
  if (found !== undefined) return found
  const names = columns.join(', ').slice(0, 200)
  throw new UserError(
    'data-columns',
    `${file} has no column of pictures (${pictureColumns.join(', ')}) but ${names}. Download it again.`,
  )
}

/** Accepts base64, bytes, Hugging Face's `{ bytes, path }`, a list of one of these, or the index of another row. */
export function pictureBytes(value: unknown): Uint8Array | string {
  const one = oneOf(value, 0, 1)
  if (typeof one === 'string') return one.length <= maxIndexLength ? one.trim() : decodeBase64(one)
  if (typeof one === 'number' || typeof one === 'bigint') return String(one)
  if (one instanceof Uint8Array) {
    // Text in a column of type bytes: no encoded picture starts with 64 letters and digits, or is this short.
    const text = Buffer.from(one.subarray(0, maxIndexLength)).toString('latin1')
    const isText = one.length <= maxIndexLength ? /^[\w.-]*$/.test(text) : /^(?:data:|[\w+/\s-]{64}$)/.test(text)
    return isText ? pictureBytes(Buffer.from(one).toString('latin1')) : one
  }
  const inner = fieldsOf(one)?.['bytes']
  return inner === undefined || inner === null ? '' : pictureBytes(inner)
}

/** Item `at` of a list of length `of`; a single picture may be without a list, or in nested lists of one. Throws an Error for another length. */
function oneOf(value: unknown, at: number, of: number): unknown {
  const list = Array.isArray(value) ? value : [value]
  if (of === 1 && list.length > 1) throw new Error(`there are ${list.length} pictures, but only one is supported`)
  if (of > 1 && list.length !== of) {
    throw new Error(
      `the question has ${of} times <image>, and there ${list.length === 1 ? 'is one picture' : `are ${list.length} pictures`}`,
    )
  }
  return Array.isArray(value) ? oneOf(list[at], 0, 1) : value
}

function cellsOf(values: Readonly<Record<string, unknown>>, pictureColumn: string | undefined): TableRow['cells'] {
  const cells: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(values)) {
    if (name === pictureColumn || value === null || value === undefined) continue
    const cell = Array.isArray(value) ? value.map(textOf) : textOf(value)
    if (cell !== '') cells[name] = cell
  }
  return cells
}

function isDamagedText(value: unknown): boolean {
  return value instanceof Uint8Array && !isUtf8(value)
}

/** NaN is a missing value in numeric columns. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  const told = ['string', 'bigint', 'boolean'].includes(typeof value) || Number.isFinite(value)
  return told ? String(value) : ''
}
