/**
 * Validates the pages of a parquet column before they are decoded: a corrupt length or count would make the decoder allocate gigabytes
 * or run for hours, and a missing page would shift the following rows.
 */
import { brotliDecompressSync, crc32, gunzipSync } from 'node:zlib'
import { readOffsetIndex } from 'hyparquet'
import type { AsyncBuffer, ColumnChunk, ColumnMetaData, Compressors, SchemaTree } from 'hyparquet'
import { compressors as usualCompressors } from 'hyparquet-compressors'
import { parquetHeader } from 'hyparquet/src/column.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js'
import { defined } from './known.ts'
import { byteAt } from './number-at.ts'

const maxPageBytes = 1024 ** 3
/** Values of one column in one row group, counting nulls and list items. */
const maxValues = 32_000_000
const maxHeaderBytes = 64 * 1024

/** Never produce more than the page header declares. */
export const compressors: Compressors = {
  ...Object.fromEntries(
    Object.entries(usualCompressors).flatMap(([codec, decompress]) =>
      decompress ? [[codec, within(decompress)]] : [],
    ),
  ),
  GZIP: within((input, maxOutputLength) => gunzipSync(input, { maxOutputLength })),
  BROTLI: within((input, maxOutputLength) => brotliDecompressSync(input, { maxOutputLength })),
}

type Decompress = NonNullable<Compressors[keyof Compressors]>

function within(decompress: Decompress): Decompress {
  return (input, length) => {
    if (!(length >= 0 && length <= maxPageBytes)) throw new Error('a page is too large')
    return length === 0 ? new Uint8Array() : decompress(input, length)
  }
}

type PageHeader = ReturnType<typeof parquetHeader>

/** Reads every page of the column once. Throws an Error that describes the defect. `rows`: row count of the row group. */
export async function checkPages(
  file: AsyncBuffer,
  chunk: ColumnChunk,
  schema: SchemaTree,
  rows: number,
): Promise<void> {
  const column = defined(chunk.meta_data, 'what a column holds')
  const path = getTreePath(schema, column.path_in_schema)
  const levels = { repetition: getMaxRepetitionLevel(path), definition: getMaxDefinitionLevel(path) }
  const values = Number(column.num_values)
  if (values > maxValues) throw new Error(`a column has more than ${maxValues} values in one row group`)
  // Like the decoder, treats an offset of 0 as absent.
  let at = Number(column.dictionary_page_offset || column.data_page_offset)
  const end = at + Number(column.total_compressed_size)
  if (!(at >= 4 && end >= at && end <= file.byteLength)) throw new Error('a column lies outside of the file')
  const starts = new Set<number>()
  let seen = 0
  let seenRows = 0
  while (at < end - 1) {
    const reader = { view: new DataView(await file.slice(at, Math.min(end, at + maxHeaderBytes))), offset: 0 }
    const header = parquetHeader(reader)
    const start = at + reader.offset
    const next = start + header.compressed_page_size
    if (!(header.compressed_page_size >= 0 && next <= end)) throw new Error('a page reaches beyond its column')
    if (!(header.uncompressed_page_size >= 0 && header.uncompressed_page_size <= maxPageBytes)) {
      throw new Error('a page is too large')
    }
    const page = new Uint8Array(await file.slice(start, next))
    const counted = checkPage(header, page, column, levels, values - seen)
    starts.add(at)
    seen += counted.values
    seenRows += counted.rows
    at = next
  }
  if (seen !== values) throw new Error('a column lacks pages')
  if (seenRows !== rows) throw new Error('a column and its row group differ in the number of rows')
  await checkIndex(file, chunk, starts, rows)
}

/** Checks that the index only points to pages that were seen. */
async function checkIndex(
  file: AsyncBuffer,
  { offset_index_offset: start, offset_index_length: length = 0 }: ColumnChunk,
  starts: ReadonlySet<number>,
  rows: number,
): Promise<void> {
  if (start === undefined) return
  const end = Number(start) + length
  if (!(start >= 0 && length > 0 && end <= file.byteLength)) throw new Error('a page index lies outside of the file')
  const view = new DataView(await file.slice(Number(start), end))
  const { page_locations: places } = readOffsetIndex({ view, offset: 0 })
  const firsts = places.map(({ first_row_index: first }) => Number(first))
  const right =
    firsts[0] === 0 &&
    firsts.every((first, index) => first <= rows && first >= (firsts[index - 1] ?? 0)) &&
    places.every(({ offset }) => starts.has(Number(offset)))
  if (!right) throw new Error('a page index is damaged')
}

const beyond = 'the levels of a page reach beyond it'

interface Levels {
  readonly repetition: number
  readonly definition: number
}

/** Number of values and rows of a page; at most `left` values. */
function checkPage(
  header: PageHeader,
  page: Uint8Array,
  column: ColumnMetaData,
  levels: Levels,
  left: number,
): Counted {
  const { type, crc } = header
  if (crc !== undefined && crc32(page) !== crc >>> 0) throw new Error('a page is damaged')
  if (type === 'INDEX_PAGE') return { values: 0, rows: 0 }
  if (type === 'DICTIONARY_PAGE') {
    const entries = header.dictionary_page_header?.num_values ?? -1
    if (!(entries >= 0 && entries <= maxValues)) throw new Error('a dictionary is too large')
    return { values: 0, rows: 0 }
  }
  const v2 = type === 'DATA_PAGE_V2' ? header.data_page_header_v2 : undefined
  const { num_values: values = -1, encoding } = v2 ?? header.data_page_header ?? {}
  if (!(values >= 0 && values <= left)) throw new Error('a page holds more values than its column')
  const counted = v2
    ? readLevels2(page, v2, header.uncompressed_page_size, column, levels)
    : readLevels1({ bytes: inflated(page, header.uncompressed_page_size, column), at: 0 }, values, levels)
  const { data, present, rows } = counted
  if (v2 && (v2.num_nulls !== values - present || v2.num_rows !== rows))
    throw new Error('the row count of a page is wrong')
  if (encoding === 'RLE' && column.type === 'BOOLEAN') checkRuns(data, takeLength(data), 1, present)
  else if (encoding === 'RLE' || encoding?.endsWith('_DICTIONARY')) checkIndices(data, present)
  return { values, rows }
}

interface Counted {
  readonly values: number
  readonly rows: number
}

interface Leveled {
  /** The data after the levels. */
  readonly data: Reader
  /** Number of non-null values. */
  readonly present: number
  readonly rows: number
}

function readLevels1(data: Reader, values: number, { repetition, definition }: Levels): Leveled {
  const rows = repetition > 0 ? checkRuns(data, takeLength(data), bitWidth(repetition), values, 0) : values
  const present = definition > 0 ? checkRuns(data, takeLength(data), bitWidth(definition), values, definition) : values
  return { data, present, rows }
}

/** In version 2 the levels precede the compressed data. */
function readLevels2(
  page: Uint8Array,
  header: NonNullable<PageHeader['data_page_header_v2']>,
  uncompressed: number,
  column: ColumnMetaData,
  { repetition, definition }: Levels,
): Leveled {
  const {
    num_values: values,
    repetition_levels_byte_length: repetitions,
    definition_levels_byte_length: definitions,
  } = header
  const levels = repetitions + definitions
  if (!(repetitions >= 0 && definitions >= 0 && levels <= page.length)) throw new Error(beyond)
  const reader = { bytes: page, at: 0 }
  const rows = repetition > 0 ? checkRuns(reader, repetitions, bitWidth(repetition), values, 0) : values
  reader.at = repetitions
  const present = definition > 0 ? checkRuns(reader, definitions, bitWidth(definition), values, definition) : values
  const rest = page.subarray(levels)
  const bytes = header.is_compressed === false ? rest : inflated(rest, uncompressed - levels, column)
  return { data: { bytes, at: 0 }, present, rows }
}

/** Dictionary indices, preceded by their bit width. */
function checkIndices(data: Reader, present: number): void {
  if (present === 0) return
  const width = data.bytes[data.at++] ?? 33
  if (width > 32) throw new Error('a page is cut off')
  if (width > 0) checkRuns(data, data.bytes.length - data.at, width, present)
}

function inflated(page: Uint8Array, length: number, { codec }: ColumnMetaData): Uint8Array {
  if (codec === 'UNCOMPRESSED') return page
  const decompress = compressors[codec]
  if (decompress === undefined) throw new Error(`it is compressed as ${codec}, which is not supported`)
  const inner = decompress(page, length)
  if (inner.length !== length) throw new Error('a page does not have its declared length')
  return inner
}

interface Reader {
  readonly bytes: Uint8Array
  at: number
}

function takeLength(reader: Reader): number {
  const { bytes, at } = reader
  if (at + 4 > bytes.length) throw new Error('a page is cut off')
  reader.at += 4
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)
}

/**
 * Checks RLE and bit-packed runs in `length` bytes that must add up to `count` values. Returns how many of them equal `wanted`, and
 * advances the reader.
 */
function checkRuns(reader: Reader, length: number, width: number, count: number, wanted = -1): number {
  const { bytes } = reader
  const end = reader.at + length
  if (end > bytes.length) throw new Error(beyond)
  let at = reader.at
  let equal = 0
  for (let seen = 0; seen < count;) {
    let header = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined || at > end || shift > 28) throw new Error('the levels of a page are damaged')
      header += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    if (header % 2 === 1) {
      const packed = Math.min(((header - 1) / 2) * 8, count - seen)
      if (packed === 0 || at + Math.ceil((packed * width) / 8) > end)
        throw new Error('the levels of a page are damaged')
      if (wanted >= 0) equal += packedEqual(bytes, at, width, packed, wanted)
      at += Math.ceil((((header - 1) / 2) * 8 * width) / 8)
      seen += packed
    } else {
      const run = header / 2
      const size = Math.ceil(width / 8)
      if (run === 0 || run > count - seen || at + size > end) throw new Error('the levels of a page are damaged')
      let value = 0
      for (const [index, byte] of bytes.subarray(at, at + size).entries()) value += byte * 2 ** (8 * index)
      if (value === wanted) equal += run
      at += size
      seen += run
    }
  }
  reader.at = end
  return equal
}

function packedEqual(bytes: Uint8Array, at: number, width: number, count: number, wanted: number): number {
  let equal = 0
  for (let index = 0; index < count; index++) {
    let value = 0
    for (let bit = 0; bit < width; bit++) {
      const place = index * width + bit
      if (((byteAt(bytes, at + (place >> 3)) >> (place & 7)) & 1) === 1) value += 2 ** bit
    }
    if (value === wanted) equal++
  }
  return equal
}

function bitWidth(value: number): number {
  return 32 - Math.clz32(value)
}
