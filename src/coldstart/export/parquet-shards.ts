/** Training sets as parquet shards with bounded files and row groups, named as on the Hugging Face Hub. */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../shared/make-folder.ts'
import { createParquet } from '../../shared/parquet.ts'
import type { Columns, ImageCell, ParquetFile, ParquetRow } from '../../shared/parquet.ts'
import { typedMessages } from './training-row.ts'
import type { TrainingImage, TrainingRow } from './training-row.ts'
import { writeCard } from './trl-card.ts'

interface ShardLimits {
  /** A row group is written when it has this many rows, or picture bytes. */
  readonly groupRows: number
  readonly groupBytes: number
  /** A file of this size gets no further row group. */
  readonly shardBytes: number
}

const usualLimits: ShardLimits = { groupRows: 100, groupBytes: 32 * 1024 ** 2, shardBytes: 500 * 1024 ** 2 }

/** Writes `data/train-<i>-of-<n>.parquet` into `folder`. */
export async function writeShards(
  rows: AsyncIterable<TrainingRow>,
  folder: string,
  { columns, toRow }: { readonly columns: Columns; readonly toRow: (row: TrainingRow) => ParquetRow },
  limits = usualLimits,
): Promise<void> {
  const data = join(folder, 'data')
  const path = (index: number, of = ''): string => join(data, `train-${String(index).padStart(5, '0')}${of}.parquet`)
  await makeFolder(data)
  let shards = 0
  let file: ParquetFile | undefined
  let group: ParquetRow[] = []
  let bytes = 0

  function writeGroup(): void {
    if (group.length === 0) return
    file ??= createParquet(path(shards++), columns)
    file.write(group)
    group = []
    bytes = 0
    if (file.size() >= limits.shardBytes) closeShard()
  }
  function closeShard(): void {
    file?.finish()
    file = undefined
  }

  for await (const row of rows) {
    group.push(toRow(row))
    bytes += row.images.reduce((sum, image) => sum + image.bytes.byteLength, 0)
    if (group.length >= limits.groupRows || bytes >= limits.groupBytes) writeGroup()
  }
  writeGroup()
  closeShard()
  const of = `-of-${String(shards).padStart(5, '0')}`
  for (let index = 0; index < shards; index++) await rename(path(index), path(index, of))
}

export function imageCells(images: readonly TrainingImage[]): ImageCell[] {
  return images.map(({ bytes, name }) => ({ bytes, path: name }))
}

const columns: Columns = {
  messages: { list: { struct: { role: 'string', content: { list: { struct: { type: 'string', text: 'string' } } } } } },
  images: { list: 'image' },
}

/** Columns `messages` (typed parts) and `images`, the format of Hugging Face's vision trainers. */
export async function writeParquet(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void> {
  const toRow = (row: TrainingRow): ParquetRow => ({ messages: typedMessages(row), images: imageCells(row.images) })
  await writeShards(rows, folder, { columns, toRow })
  await writeCard(folder)
}
