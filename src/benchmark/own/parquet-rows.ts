/** The rows of the user's own parquet files; encoded pictures are read from the file again when they are opened. */
import { isUtf8 } from 'node:buffer'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { openParquet } from '../../shared/parquet-read.ts'
import { notUtf8 } from '../files/read-blocks.ts'
import { withoutChat } from './chat.ts'
import { columnsOf } from './columns.ts'
import { StoredPicture } from './own-row.ts'
import type { OwnRow } from './own-row.ts'

/** Rows in which a picture is sought that shows how pictures are stored. */
const mostTried = 8

export async function* parquetOwnRows(file: string): AsyncGenerator<OwnRow, void> {
  const { columns, groups, rows: total, read } = await openParquet(file)
  const { image } = columnsOf(columns)
  const tried = image.length === 0 ? [] : await read(0, Math.min(total, mostTried), image)
  const encoded = image.filter((name) => tried.some((row) => isEncodedCell(row[name])))
  const others = columns.filter((name) => !encoded.includes(name))
  for (const [start, end] of groups) {
    if (end === start) continue
    const rows = await read(start, end, others)
    const counts = await countPictures(start, end)
    for (const [offset, cells] of rows.entries()) {
      const at = start + offset
      const stored = encoded.map((name) => {
        const held = (index: number) => new StoredPicture(() => pictureAt(at, name, index))
        const count = counts.get(name)?.[offset] ?? 0
        return [name, Array.from({ length: count }, (_, index) => held(index))] as const
      })
      const broken = Object.values(cells).some((cell) => cell instanceof Uint8Array && !isUtf8(cell))
      const told = withoutChat(plainFields(cells))
      const why = broken ? notUtf8 : told.broken
      const pictures = Object.fromEntries(stored.filter(([, list]) => list.length > 0))
      yield {
        place: `${file}, row ${at + 1}`,
        number: at + 1,
        ...(why !== undefined && { broken: why }),
        ...(told.from === undefined ? { columns } : { from: told.from }),
        values: { ...told.values, ...pictures },
      }
    }
  }

  /** How many pictures each row has; the pictures themselves are dropped. */
  async function countPictures(start: number, end: number): Promise<ReadonlyMap<string, readonly number[]>> {
    const counts = new Map<string, readonly number[]>()
    for (const name of encoded)
      counts.set(
        name,
        (await read(start, end, [name])).map((row) => picturesIn(row[name]).length),
      )
    return counts
  }

  async function pictureAt(row: number, name: string, index: number): Promise<unknown> {
    const [cells] = await read(row, row + 1, [name])
    return picturesIn(cells?.[name])[index]
  }
}

/** The pictures of a cell: one, or a list. */
function picturesIn(cell: unknown): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(cell) ? cell : [cell]
  return list
    .map((one) => fieldsOf(one)?.['bytes'] ?? one)
    .filter((one) => one instanceof Uint8Array || typeof one === 'string')
}

/** Longer than any name of a file. */
function isEncodedCell(cell: unknown): boolean {
  return picturesIn(cell).some((one) =>
    typeof one === 'string' ? one.length > 1024 : one instanceof Uint8Array && (one.length > 1024 || !isUtf8(one)),
  )
}

function plainFields(cells: Fields): Record<string, unknown> {
  const plain = Object.entries(cells).map(([name, cell]) => [name, plainValue(cell)] as const)
  return Object.fromEntries(plain.filter(([, cell]) => cell !== undefined && cell !== ''))
}

/** As JSON would have it; null and NaN are absent. */
function plainValue(cell: unknown): unknown {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return undefined
  if (typeof cell === 'bigint') return String(cell)
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString('utf8')
  if (cell instanceof Date) return cell.toISOString()
  if (Array.isArray(cell)) return cell.map(plainValue)
  const fields = fieldsOf(cell)
  return fields === undefined ? cell : plainFields(fields)
}
