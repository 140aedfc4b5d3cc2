/** A set as Hugging Face reads it: parquet shards with the pictures inside. */
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../shared/make-folder.ts'
import { isUnwritable, unwritable } from '../shared/unwritable.ts'
import { createParquet } from '../shared/parquet.ts'
import type { Columns } from '../shared/parquet.ts'
import { lastOf } from '../shared/known.ts'
import type { ProbeRow, Split } from './dataset.ts'
import type { WorldRow } from './world/row.ts'

/** What a row of any kind of set has; more of it is written where `columns` names it. */
export type PublishedRow = Omit<WorldRow, 'target_box' | 'world' | WorldColumn>
type WorldColumn = 'family' | 'choices' | 'choice' | 'scene_sha256'

export function publishedShapes(row: ProbeRow): PublishedRow {
  return { ...row, target_boxes: [row.target_box], width: row.side_px, height: row.side_px }
}

const shapesColumns: Columns = {
  doc_id: 'string',
  image: 'image',
  problem: 'string',
  solution: 'string',
  level: 'string',
  data_source: 'string',
  width: 'int64',
  height: 'int64',
  target_boxes_px: { list: { list: 'int64' } },
  target_share: 'float64',
  look_alikes: 'int64',
  targets: 'int64',
  looks: 'string',
  things: 'int64',
}

export const setColumns: Readonly<Record<'shapes' | 'world', Columns>> = {
  shapes: shapesColumns,
  world: {
    ...shapesColumns,
    choices: { list: 'string' },
    choice: 'string',
    family: 'string',
    scene_sha256: 'string',
  },
}

/** A shard ends after so many bytes of pictures, a row group after so many: memory holds one group. */
const shardBytes = 400e6
const groupBytes = 48e6

type PublishedRows = Readonly<Record<Split, readonly PublishedRow[]>>

/** Writes `data/<split>-....parquet`, and returns the paths of the shards. */
export async function writeProbeParquet(out: string, rows: PublishedRows, columns: Columns): Promise<string[]> {
  return writeShards(out, rows, columns).catch((error: unknown) => {
    throw isUnwritable(error) ? unwritable(join(out, 'data'), error) : error
  })
}

async function writeShards(out: string, rows: PublishedRows, columns: Columns): Promise<string[]> {
  await makeFolder(join(out, 'data'))
  const paths: string[] = []
  for (const split of ['train', 'test'] as const) {
    const shards = await inParts(out, rows[split], shardBytes)
    for (const [index, shard] of shards.entries()) {
      const number = (n: number): string => String(n).padStart(5, '0')
      const path = join(out, 'data', `${split}-${number(index)}-of-${number(shards.length)}.parquet`)
      await writeShard(out, path, shard, columns)
      paths.push(path)
    }
  }
  return paths
}

async function writeShard(out: string, path: string, rows: readonly PublishedRow[], columns: Columns): Promise<void> {
  const beside = `${path}.tmp`
  await rm(beside, { force: true })
  const file = createParquet(beside, columns)
  for (const group of await inParts(out, rows, groupBytes)) {
    const cells = []
    for (const row of group) cells.push(await cellsOf(out, row))
    file.write(cells)
  }
  file.finish()
  await rename(beside, path)
}

async function cellsOf(out: string, row: PublishedRow): Promise<Record<string, unknown>> {
  const { images, target_boxes: boxes, difficulty, width, height } = row
  const pixels = ([x0, y0, x1, y1]: PublishedRow['target_boxes'][number]): bigint[] =>
    [x0 * width, y0 * height, x1 * width, y1 * height].map((at) => BigInt(Math.round(at)))
  return {
    ...row,
    image: { bytes: await readFile(join(out, images[0])), path: images[0].slice('pictures/'.length) },
    problem: row.problem.replace('<image>\n', ''),
    width: BigInt(width),
    height: BigInt(height),
    target_boxes_px: boxes.map(pixels),
    look_alikes: BigInt(difficulty.look_alikes),
    targets: BigInt(difficulty.targets),
    looks: difficulty.looks,
    things: BigInt(difficulty.things),
    target_share: difficulty.target_share,
  }
}

/** Rows in order, cut before a part's pictures come to more than `bytes`. */
async function inParts(out: string, rows: readonly PublishedRow[], bytes: number): Promise<PublishedRow[][]> {
  const parts: PublishedRow[][] = []
  let filled = Infinity
  for (const row of rows) {
    const { size } = await stat(join(out, row.images[0]))
    if (filled + size > bytes) {
      parts.push([])
      filled = 0
    }
    lastOf(parts).push(row)
    filled += size
  }
  return parts
}
