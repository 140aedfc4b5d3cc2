/**
 * Rows of the tables that benchmarks are published as: TSV and CSV, JSON arrays and parquet, with a picture in each row as
 * base64 or bytes. Only the small fields are read at first; a picture is read when it is asked for.
 */
import { open } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
import type { AsyncBuffer } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { messageOf, UserError } from '../../shared/errors.ts'
import { readDelimited } from './delimited.ts'
import { LongText, readJsonItems } from './json-items.ts'
import { decodeBase64, readBase64 } from './stored-picture.ts'
import type { ReadBytes } from './stored-picture.ts'

export interface TableRow {
  readonly place: string
  readonly broken?: string
  /** Without the picture. Text is text, lists are lists of text; what is empty is absent. */
  readonly cells: Readonly<Record<string, string | readonly string[]>>
  readonly readPicture: ReadBytes
}

/** Columns that hold a picture, in the order in which they are looked for. */
const pictureColumns = ['image', 'bytes']
/** A cell of so few characters is the index of the row that holds the picture: VLMEvalKit repeats none. */
const maxIndexLength = 64

/** By the file's ending. Throws UserError `data-not-found`, `data-not-json`, `data-columns`, `data-not-parquet`. */
export async function* tableRows(file: string): AsyncGenerator<TableRow, void> {
  const pictures = new Map<string, ReadBytes>()
  for await (const { place, broken, cells, stored } of rowsOf(file)) {
    const { index } = cells
    if ('read' in stored && typeof index === 'string') pictures.set(index, stored.read)
    const readPicture: ReadBytes = async () => {
      if ('read' in stored) return stored.read()
      const read = pictures.get(stored.index)
      if (read !== undefined) return read()
      throw new Error(stored.index === '' ? 'there is no picture' : `no row ${stored.index} holds its picture`)
    }
    yield { place, ...(broken !== undefined && { broken }), cells, readPicture }
  }
}

/** `index`: of the row that holds the picture; empty: there is none. */
type Stored = { readonly read: ReadBytes } | { readonly index: string }
type StoredRow = Omit<TableRow, 'readPicture'> & { readonly stored: Stored }

function storedText(text: string): Stored {
  return text.length <= maxIndexLength ? { index: text } : { read: async () => decodeBase64(text) }
}

function rowsOf(file: string): AsyncGenerator<StoredRow, void> {
  const ending = extname(file).toLowerCase()
  if (ending === '.parquet') return parquetRows(file)
  if (ending === '.json') return jsonRows(file)
  return delimitedRows(file, ending === '.csv' ? ',' : '\t')
}

async function* delimitedRows(file: string, separator: '\t' | ','): AsyncGenerator<StoredRow, void> {
  let header: readonly string[] | undefined
  let pictureAt = 0
  for await (const { line, cells } of readDelimited(file, separator)) {
    if (header === undefined) {
      header = cells.map(({ text = '' }) => text.trim())
      pictureAt = header.indexOf(pictureColumnOf(file, header))
      continue
    }
    const place = `${file}, line ${line}`
    const broken =
      cells.length === header.length
        ? undefined
        : `has ${cells.length} cells instead of ${header.length}: is it cut off?`
    const texts: Record<string, string> = {}
    for (const [at, { text }] of cells.entries()) {
      const name = header[at]
      if (name !== undefined && at !== pictureAt && text !== undefined && text !== '') texts[name] = text
    }
    const picture = cells[pictureAt] ?? { text: '', start: 0, end: 0 }
    const stored: Stored =
      picture.end - picture.start <= maxIndexLength
        ? { index: picture.text ?? '' }
        : { read: () => readBase64({ file, start: picture.start, end: picture.end }) }
    yield { place, ...(broken !== undefined && { broken }), cells: texts, stored }
  }
}

async function* jsonRows(file: string): AsyncGenerator<StoredRow, void> {
  let number = 0
  for await (const item of readJsonItems(file)) {
    const values = item as Readonly<Record<string, unknown>>
    const pictureColumn = pictureColumns.find((name) => name in values)
    const picture = pictureColumn === undefined ? '' : values[pictureColumn]
    const stored: Stored =
      picture instanceof LongText
        ? { read: () => readBase64({ file, start: picture.start, end: picture.end }) }
        : storedText(typeof picture === 'string' ? picture : '')
    yield { place: `${file}, row ${++number}`, cells: cellsOf(values, pictureColumn), stored }
  }
}

async function* parquetRows(file: string): AsyncGenerator<StoredRow, void> {
  const buffer = await fileBuffer(file)
  const metadata = await parquetMetadataAsync(buffer).catch((error: unknown) => {
    throw new UserError('data-not-parquet', `${file} is not parquet: ${messageOf(error)}. Fetch it again.`, {
      cause: error,
    })
  })
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name)
  const pictureColumn = pictureColumnOf(file, columns)
  const common = { file: buffer, metadata, compressors, utf8: false }
  const rows = await parquetReadObjects({ ...common, columns: columns.filter((name) => name !== pictureColumn) })
  for (const [at, values] of rows.entries()) {
    const read: ReadBytes = async () => {
      const one = { columns: [pictureColumn], rowStart: at, rowEnd: at + 1, useOffsetIndex: true }
      const [row] = await parquetReadObjects({ ...common, ...one })
      return pictureBytes(row?.[pictureColumn])
    }
    yield { place: `${file}, row ${at + 1}`, cells: cellsOf(values, pictureColumn), stored: { read } }
  }
}

function pictureColumnOf(file: string, columns: readonly string[]): string {
  const found = pictureColumns.find((name) => columns.includes(name))
  if (found !== undefined) return found
  const names = columns.join(', ').slice(0, 200)
  throw new UserError('data-columns', `${file} has no column ${pictureColumns.join(' or ')}: ${names}. Fetch it again.`)
}

/** The column holds base64, bytes, or (as Hugging Face stores images) `{ bytes, path }`. */
function pictureBytes(value: unknown): Uint8Array {
  if (typeof value === 'string') return decodeBase64(value)
  if (value instanceof Uint8Array) {
    // Base64 in a column that is not marked as text. No encoded picture starts with 64 letters and digits.
    const text = Buffer.from(value.subarray(0, 64)).toString('latin1')
    return /^[A-Za-z0-9+/]{64}$/.test(text) ? decodeBase64(Buffer.from(value).toString('latin1')) : value
  }
  const inner = (value as { bytes?: unknown } | null | undefined)?.bytes
  if (inner === undefined || inner === null) throw new Error('there is no picture')
  return pictureBytes(inner)
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

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : ''
}

/** Slices are read into memory of their own: no more than is asked for. */
async function fileBuffer(path: string): Promise<AsyncBuffer> {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  await file.close()
  return {
    byteLength: size,
    async slice(start, end = size) {
      const from = start < 0 ? size + start : start
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - from))
      const handle = await open(path, 'r')
      try {
        for (let at = 0; at < bytes.length;) {
          const { bytesRead } = await handle.read(bytes, at, bytes.length - at, from + at)
          if (bytesRead === 0) throw new Error(`${basename(path)} ends early`)
          at += bytesRead
        }
      } finally {
        await handle.close()
      }
      return bytes.buffer
    },
  }
}
