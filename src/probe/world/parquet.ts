/** A set of worlds as Hugging Face reads it: parquet shards with the pictures inside, and the card that describes them. */
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { levels } from '../../protocol/problem.ts'
import { makeFolder } from '../../shared/make-folder.ts'
import { createParquet } from '../../shared/parquet.ts'
import type { Columns } from '../../shared/parquet.ts'
import { replaceFile } from '../../shared/run-folder.ts'
import type { Split } from '../dataset.ts'
import { datasetCard } from './card.ts'
import type { CardFacts } from './card.ts'
import type { WorldRow } from './row.ts'
import { looks } from './scene.ts'
import type { Looks } from './scene.ts'

const columns: Columns = {
  doc_id: 'string',
  image: 'image',
  problem: 'string',
  solution: 'string',
  choices: { list: 'string' },
  choice: 'string',
  family: 'string',
  level: 'string',
  data_source: 'string',
  width: 'int64',
  height: 'int64',
  target_boxes_px: { list: { list: 'int64' } },
  look_alikes: 'int64',
  targets: 'int64',
  looks: 'string',
  things: 'int64',
  target_share: 'float64',
  scene_sha256: 'string',
}

/** A shard ends after so many bytes of pictures, a row group after so many: memory holds one group. */
const shardBytes = 400e6
const groupBytes = 48e6

/** Writes `data/<split>-....parquet` and `README.md`, and returns the paths of the shards. */
export async function writeParquet(
  out: string,
  rows: Readonly<Record<Split, readonly WorldRow[]>>,
  facts: Omit<CardFacts, 'counts'>,
): Promise<string[]> {
  await makeFolder(join(out, 'data'))
  const paths: string[] = []
  for (const split of ['train', 'test'] as const) {
    const shards = await inParts(out, rows[split], shardBytes)
    for (const [index, shard] of shards.entries()) {
      const number = (n: number): string => String(n).padStart(5, '0')
      const path = join(out, 'data', `${split}-${number(index)}-of-${number(shards.length)}.parquet`)
      await writeShard(out, path, shard)
      paths.push(path)
    }
  }
  const counts = levels.map((level) => {
    const of = (split: Split): number => rows[split].filter((row) => row.level === level).length
    const all = [...rows.train, ...rows.test].filter((row) => row.level === level)
    const by = Object.fromEntries(
      looks.map((kind) => [kind, all.filter(({ difficulty }) => difficulty.looks === kind).length]),
    ) as Record<Looks, number>
    return { level, train: of('train'), test: of('test'), looks: by }
  })
  await replaceFile(join(out, 'README.md'), datasetCard({ ...facts, counts }))
  return paths
}

async function writeShard(out: string, path: string, rows: readonly WorldRow[]): Promise<void> {
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

async function cellsOf(out: string, row: WorldRow): Promise<Record<string, unknown>> {
  const { images, target_boxes: boxes, difficulty, width, height } = row
  const pixels = ([x0, y0, x1, y1]: WorldRow['target_box']): bigint[] =>
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
async function inParts(out: string, rows: readonly WorldRow[], bytes: number): Promise<WorldRow[][]> {
  const parts: WorldRow[][] = []
  let filled = Infinity
  for (const row of rows) {
    const { size } = await stat(join(out, row.images[0]))
    if (filled + size > bytes) {
      parts.push([])
      filled = 0
    }
    parts.at(-1)!.push(row)
    filled += size
  }
  return parts
}
