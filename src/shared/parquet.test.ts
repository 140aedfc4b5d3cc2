import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { countParquetRows, readParquet } from './parquet-read.ts'
import { createParquet } from './parquet.ts'
import type { Columns, ImageCell, ParquetRow } from './parquet.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parquet-'))
})
afterEach(() => rm(folder, { recursive: true }))

const columns: Columns = {
  words: 'string',
  images: { list: 'image' },
  talk: { list: { struct: { role: 'string', parts: { list: { struct: { type: 'string', text: 'string' } } } } } },
  number: 'int64',
}

/** Bytes that are no UTF-8, as those of pictures. */
const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, index) => (index * 37 + seed) % 256)

const rows: readonly ParquetRow[] = [
  {
    words: 'one\ntwo "three" \\ ü 猫 😀',
    images: [
      { bytes: bytes(5000, 1), path: 'a.png' },
      { bytes: bytes(1, 255), path: 'b.png' },
    ],
    talk: [
      {
        role: 'user',
        parts: [
          { type: 'image', text: null },
          { type: 'text', text: 'what?' },
        ],
      },
      { role: 'assistant', parts: [{ type: 'text', text: 'that' }] },
    ],
    number: 0n,
  },
  { words: '', images: [], talk: [], number: 9_007_199_254_740_993n },
  {
    words: 'x',
    images: [{ bytes: bytes(2_000_000, 7), path: 'c.png' }],
    talk: [{ role: 'user', parts: [] }],
    number: 3n,
  },
]

function write(): string {
  const path = join(folder, 'a.parquet')
  const file = createParquet(path, columns)
  file.write(rows.slice(0, 2))
  file.write(rows.slice(2))
  file.finish()
  return path
}

const legible = (row: ParquetRow): ParquetRow => ({
  ...row,
  images: (row['images'] as ImageCell[]).map(({ bytes: raw, path }) => [path, Buffer.from(raw).toString('hex')]),
})

/** The words one, two and three, as pyarrow writes them with `write_page_checksum`. */
const checksummed =
  'UEFSMRUAFToVOhXQ2Pq/BhwVBhUAFQYVBhwAAAACAAAABgEDAAAAb25lAwAAAHR3bwUAAAB0aHJlZRUEGSw1ABgGc2NoZW1hFQIAFQwlAhgBdy' +
  'UATBwAAAAWBhkcGRwmABwVDBklBgAZGAF3FQAWBhZsFmwmCEkcFQAVABUCADwWFhkGGSYABgAAABZsFgYmCBZsACggcGFycXVldC1jcHAtYXJy' +
  'b3cgdmVyc2lvbiAyNi4wLjEZHBwAAACCAAAAUEFSMQ=='

async function all(path: string): Promise<ParquetRow[]> {
  const read: ParquetRow[] = []
  for await (const row of readParquet(path)) read.push(row)
  return read
}

test('rows come back as they were written, bytes and all', async () => {
  const path = write()
  expect(await countParquetRows(path)).toBe(3)
  const read = await all(path)
  // As hexadecimal: a Buffer and a Uint8Array of the same bytes are the same to a reader.
  expect(read.map(legible)).toEqual(rows.map(legible))
})

test('every call is a row group; pictures have no statistics and are not packed twice; the key names their feature', async () => {
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(write()))
  expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([2, 1])
  for (const group of metadata.row_groups) {
    const pictures = group.columns.find(
      ({ meta_data: meta }) => meta?.path_in_schema.join('.') === 'images.list.element.bytes',
    )
    expect(pictures?.meta_data).toMatchObject({ codec: 'UNCOMPRESSED', encodings: ['PLAIN'] })
    expect(pictures?.meta_data?.statistics).toBeUndefined()
  }
  const [key] = metadata.key_value_metadata!
  expect(key!.key).toBe('huggingface')
  expect(JSON.parse(key!.value!)).toEqual({
    info: {
      features: {
        words: { dtype: 'string', _type: 'Value' },
        images: { feature: { _type: 'Image' }, _type: 'Sequence' },
        talk: [
          {
            role: { dtype: 'string', _type: 'Value' },
            parts: [{ type: { dtype: 'string', _type: 'Value' }, text: { dtype: 'string', _type: 'Value' } }],
          },
        ],
        number: { dtype: 'int64', _type: 'Value' },
      },
    },
  })
})

test('says what is wrong with a file', async () => {
  await expect(all(join(folder, 'no.parquet'))).rejects.toMatchObject({ code: 'parquet-not-found', exitCode: 2 })
  const text = join(folder, 'text.parquet')
  await writeFile(text, 'not parquet at all, but some text')
  await expect(all(text)).rejects.toMatchObject({ code: 'parquet-unreadable', message: expect.stringContaining(text) })
  await expect(all(folder)).rejects.toMatchObject({ code: 'parquet-unreadable' })
})

describe('a damaged file', () => {
  const small: Columns = { words: 'string', list: { list: 'string' }, number: 'int64' }
  async function smallFile(): Promise<Buffer> {
    const path = join(folder, 'small.parquet')
    const file = createParquet(path, small)
    file.write(
      [0, 1, 2, 3].map((n) => ({ words: n === 1 ? null : 'same', list: ['x', 'y'].slice(n % 3), number: BigInt(n) })),
    )
    file.finish()
    return readFile(path)
  }

  /** How many rows come of it; undefined: it is refused with its reason. */
  async function outcome(bytes: Buffer): Promise<number | undefined> {
    const path = join(folder, 'damaged.parquet')
    await writeFile(path, bytes)
    try {
      return (await all(path)).length
    } catch (error) {
      expect(error).toMatchObject({ code: 'parquet-unreadable', exitCode: 2 })
      return undefined
    }
  }

  // Without the checks of pages some of these are counts of billions, which are allocated.
  it('gives all of its rows or a reason, with a wrong count wherever one stands', async () => {
    const whole = await smallFile()
    const counts = ['ffffffff07', 'fdffffff0f', '0000'].map((hex) => Buffer.from(hex, 'hex'))
    let refused = 0
    for (let at = 4; at < whole.length - 5; at += 5) {
      const bytes = Buffer.from(whole)
      counts[at % 3]!.copy(bytes, at)
      const rowCount = await outcome(bytes)
      if (rowCount === undefined) refused++
      else expect(rowCount, `at ${at}`).toBe(4)
    }
    expect(refused).toBeGreaterThan(30)
  })

  it('gives a reason wherever it is cut', async () => {
    const whole = await smallFile()
    for (let end = 0; end < whole.length; end += 31) expect(await outcome(whole.subarray(0, end))).toBeUndefined()
  })

  it('is told by the checksums of its pages, where it has them', async () => {
    const whole = Buffer.from(checksummed, 'base64')
    expect(await outcome(whole)).toBe(3)
    const at = whole.indexOf('three')
    whole.write('threw', at)
    expect(await outcome(whole)).toBeUndefined()
  })
})

test('numbers that stand for names are read as these', async () => {
  const path = join(folder, 'labels.parquet')
  const features = { kind: { _type: 'ClassLabel', names: ['single', 'cross'] }, n: { _type: 'Value', dtype: 'int64' } }
  const columnData = [
    { name: 'kind', data: [1n, 0n, null] },
    { name: 'n', data: [1n, 0n, 1n] },
  ]
  const kvMetadata = [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }]
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata })))
  expect(await all(path)).toEqual([
    { kind: 'cross', n: 1n },
    { kind: 'single', n: 0n },
    { kind: null, n: 1n },
  ])
})

const arrow = (() => {
  try {
    execFileSync('python3', ['-c', 'import pyarrow.parquet'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

test.skipIf(!arrow)(`pyarrow reads the same${arrow ? '' : ' (skipped: no Python with pyarrow here)'}`, () => {
  const script = `
import json, sys, pyarrow.parquet
rows = pyarrow.parquet.read_table(sys.argv[1]).to_pylist()
for row in rows:
    row['images'] = [[image['path'], image['bytes'].hex()] for image in row['images']]
print(json.dumps(rows))`
  const out = execFileSync('python3', ['-c', script, write()], { maxBuffer: 64e6, encoding: 'utf8' })
  const wanted = rows.map((row) => ({ ...legible(row), number: Number(row['number']) }))
  expect(JSON.parse(out)).toEqual(wanted)
})
