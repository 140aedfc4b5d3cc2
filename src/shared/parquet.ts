/**
 * Writes parquet files in the style of Hugging Face: columns of text, numbers and pictures, in lists and structs. The schema and the
 * `huggingface` metadata come from one column description; rows are written in row groups, never all at once.
 */
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import type { SchemaElement } from 'hyparquet-writer'

/** `image` is Hugging Face's struct of `bytes` (the encoded file) and `path` (its name). */
type Shape =
  | 'string'
  | 'bytes'
  | 'int64'
  | 'float64'
  | 'image'
  | { readonly list: Shape }
  | { readonly struct: Columns }
export type Columns = { readonly [name: string]: Shape }
/** A row by column name. Integers are `bigint`, bytes `Uint8Array`. */
export type ParquetRow = { readonly [name: string]: unknown }

export interface ImageCell {
  readonly bytes: Uint8Array
  readonly path: string
}

export interface ParquetFile {
  /** Writes the rows as one row group, the most that is held in memory. */
  write(rows: readonly ParquetRow[]): void
  /** Writes the footer, without which the file is unreadable. */
  finish(): void
  /** Bytes written so far. */
  size(): number
}

export function createParquet(path: string, columns: Columns): ParquetFile {
  const shapes = Object.entries(columns)
  const writer = fileWriter(path)
  const file = new ParquetWriter({
    writer,
    schema: [
      { name: 'schema', num_children: shapes.length },
      ...shapes.flatMap(([name, shape]) => elements(name, shape)),
    ],
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features: features(columns) } }) }],
    createdBy: 'mini-o3',
  })
  return {
    write(rows) {
      const columnData: Parameters<ParquetWriter['write']>[0]['columnData'] = shapes.map(([name, shape]) => ({
        name,
        data: rows.map((row) => row[name]),
        // Pictures are already compressed, and min/max statistics of them are meaningless.
        ...(holdsImages(shape) ? { codec: 'UNCOMPRESSED', encoding: 'PLAIN', statistics: false } : {}),
      }))
      void file.write({ columnData, rowGroupSize: rows.length })
    },
    finish: () => void file.finish(),
    size: () => writer.offset,
  }
}

function holdsImages(shape: Shape): boolean {
  if (typeof shape === 'string') return shape === 'image'
  return 'list' in shape ? holdsImages(shape.list) : Object.values(shape.struct).some(holdsImages)
}

/** The schema elements of one column, depth first. Lists use the three-level structure of Arrow. */
function elements(name: string, shape: Shape): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' } as const
  if (shape === 'string') return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }]
  if (shape === 'bytes') return [{ ...optional, type: 'BYTE_ARRAY' }]
  if (shape === 'int64') return [{ ...optional, type: 'INT64' }]
  if (shape === 'float64') return [{ ...optional, type: 'DOUBLE' }]
  if (shape === 'image') {
    return [{ ...optional, num_children: 2 }, ...elements('bytes', 'bytes'), ...elements('path', 'string')]
  }
  if ('list' in shape) {
    return [
      { ...optional, num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...elements('element', shape.list),
    ]
  }
  const children = Object.entries(shape.struct)
  return [{ ...optional, num_children: children.length }, ...children.flatMap(([child, of]) => elements(child, of))]
}

function features(columns: Columns): Record<string, unknown> {
  return Object.fromEntries(Object.entries(columns).map(([name, shape]) => [name, feature(shape)]))
}

/** A list of structs is declared as a plain list: as a `Sequence` it would be read as a struct of lists. */
function feature(shape: Shape): unknown {
  if (shape === 'image') return { _type: 'Image' }
  if (typeof shape === 'string') return { dtype: shape === 'bytes' ? 'binary' : shape, _type: 'Value' }
  if ('struct' in shape) return features(shape.struct)
  const inner = feature(shape.list)
  return typeof shape.list !== 'string' && 'struct' in shape.list ? [inner] : { feature: inner, _type: 'Sequence' }
}
