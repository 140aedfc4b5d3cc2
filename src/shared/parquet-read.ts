/**
 * Reads parquet files of any size, one row group or a range of rows and columns at a time. For any file content, a read returns rows or
 * throws a `UserError`: counts, lengths and offsets are checked before anything is decoded.
 */
import { open } from 'node:fs/promises'
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { errorCodeOf, messageOf, UserError } from './errors.ts'
import { foreignHeadBytes, refuseForeign } from './foreign-file.ts'
import type { ParquetRow } from './parquet.ts'
import { checkPages, compressors } from './parquet-pages.ts'
import { itemAt } from './known.ts'
import { fieldsOf } from './fields.ts'

export interface ParquetSource {
  /** Top-level columns. */
  readonly columns: readonly string[]
  readonly rows: number
  /** Row range of each group, end exclusive. */
  readonly groups: readonly (readonly [start: number, end: number])[]
  /** Byte arrays without annotation stay bytes; Hugging Face `ClassLabel` numbers become their names. */
  read(start: number, end: number, columns?: readonly string[]): Promise<ParquetRow[]>
}

/** Throws `UserError` `parquet-not-found`, `parquet-unreadable` (so does `read`), or `data-not-table` for a file of another kind. */
export async function openParquet(path: string): Promise<ParquetSource> {
  const file = await fileBuffer(path)
  refuseForeign(path, new Uint8Array(await file.slice(0, foreignHeadBytes)))
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => unreadable(path, cause))
  try {
    return sourceOf(path, file, metadata)
  } catch (cause) {
    return unreadable(path, cause)
  }
}

function sourceOf(path: string, file: AsyncBuffer, metadata: FileMetaData): ParquetSource {
  const schema = parquetSchema(metadata)
  const columns = schema.children.map(({ element }) => element.name)
  const groups: (readonly [number, number])[] = []
  for (const { num_rows: rows } of metadata.row_groups) {
    const start = groups.at(-1)?.[1] ?? 0
    if (rows < 0) throw new Error('a row group has a negative number of rows')
    groups.push([start, start + Number(rows)])
  }
  const rows = groups.at(-1)?.[1] ?? 0
  if (rows !== Number(metadata.num_rows)) throw new Error('the rows of its row groups do not add up')
  const labels = classLabels(metadata)
  const checked = new Map<string, Promise<void>>()

  async function check(start: number, end: number, wanted: readonly string[]): Promise<void> {
    for (const [index, [from, to]] of groups.entries()) {
      if (from >= end || to <= start) continue
      const group = itemAt(metadata.row_groups, index)
      const chunks = group.columns.flatMap((chunk) => {
        const path = chunk.meta_data?.path_in_schema ?? []
        return path[0] !== undefined && wanted.includes(path[0]) ? [{ chunk, path }] : []
      })
      const present = new Set(chunks.map(({ path }) => path[0]))
      const lacking = wanted.find((name) => !present.has(name))
      if (lacking !== undefined) throw new Error(`a row group has no column ${lacking}`)
      for (const { chunk, path } of chunks) {
        const key = `${index} ${JSON.stringify(path)}`
        const result = checked.get(key) ?? checkPages(file, chunk, schema, to - from)
        checked.set(key, result)
        await result
      }
    }
  }

  return {
    columns,
    rows,
    groups,
    async read(rowStart, rowEnd, wanted = columns) {
      try {
        await check(rowStart, rowEnd, wanted)
        const common = { file, metadata, compressors, utf8: false, useOffsetIndex: rowEnd - rowStart === 1 }
        const read = await parquetReadObjects({ ...common, rowStart, rowEnd, columns: [...wanted] })
        if (read.length !== rowEnd - rowStart) throw new Error('it has fewer rows than declared')
        return labels.size === 0 ? read : read.map((row) => withLabels(row, labels))
      } catch (cause) {
        return unreadable(path, cause)
      }
    },
  }
}

/** The rows of a file, with one row group in memory at a time. Throws like `openParquet`. */
export async function* readParquet(path: string): AsyncGenerator<ParquetRow, void> {
  const { groups, read } = await openParquet(path)
  for (const [start, end] of groups) if (end > start) yield* await read(start, end)
}

/** The number of rows of a file, read from its footer. */
export async function countParquetRows(path: string): Promise<number> {
  return (await openParquet(path)).rows
}

type Labels = ReadonlyMap<string, readonly string[]>

/** Class label names by column, if the file has them. */
function classLabels({ key_value_metadata: keys = [] }: FileMetaData): Labels {
  const labels = new Map<string, readonly string[]>()
  const told = keys.find(({ key }) => key === 'huggingface')?.value
  if (told === undefined) return labels
  try {
    const info = fieldsOf(fieldsOf(JSON.parse(told))?.['info'])
    for (const [column, feature] of Object.entries(fieldsOf(info?.['features']) ?? {})) {
      const { _type: type, names } = fieldsOf(feature) ?? {}
      if (type === 'ClassLabel' && Array.isArray(names)) labels.set(column, names.map(String))
    }
  } catch {
    // Not our format: the numbers stay numbers.
  }
  return labels
}

function withLabels(row: ParquetRow, labels: Labels): ParquetRow {
  const named = Object.entries(row).map(([column, value]): [string, unknown] => {
    const known = typeof value === 'number' || typeof value === 'bigint'
    return [column, (known ? labels.get(column)?.[Number(value)] : undefined) ?? value]
  })
  return Object.fromEntries(named)
}

function unreadable(path: string, cause: unknown): never {
  if (cause instanceof UserError) throw cause
  const why = `${path} cannot be read as parquet: ${messageOf(cause)}. Download or write it again.`
  throw new UserError('parquet-unreadable', why, { cause })
}

/** Reads exactly the requested slices. */
async function fileBuffer(path: string): Promise<AsyncBuffer> {
  const openFile = () =>
    open(path, 'r').catch((cause: unknown) => {
      if (errorCodeOf(cause) !== 'ENOENT') unreadable(path, cause)
      throw new UserError('parquet-not-found', `There is no file ${path}. Check the path.`, { cause })
    })
  const file = await openFile()
  const stats = await file.stat()
  await file.close()
  if (!stats.isFile()) unreadable(path, new Error('it is not a file'))
  const { size } = stats
  return {
    byteLength: size,
    async slice(start, end = size) {
      const from = start < 0 ? size + start : start
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - from))
      const handle = await openFile()
      try {
        for (let at = 0; at < bytes.length;) {
          const { bytesRead } = await handle.read(bytes, at, bytes.length - at, from + at)
          if (bytesRead === 0) throw new Error('it ends early')
          at += bytesRead
        }
      } finally {
        await handle.close()
      }
      return bytes.buffer
    },
  }
}
