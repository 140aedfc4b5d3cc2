#!/usr/bin/env node
/**
 * Reads seeded, damaged parquet files and prints what became of them: refused, read to the right rows, or read to others (which
 * files without checksums cannot know), the slowest, and the peak memory.
 * Usage, after a build: node scripts/damage-parquet.mjs [--count 1000] [--seed 1] [whole.parquet ...]
 * Without files it damages one that it writes. Exits 1 when an error is not a UserError, when a read takes more than ten seconds
 * of CPU time, or when memory rises over 1 GB.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from '../dist/shared/errors.js'
import { readParquet } from '../dist/shared/parquet-read.js'
import { createParquet } from '../dist/shared/parquet.js'
import { random } from '../dist/shared/random.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
})
const mostCpuMs = 10_000
const mostBytes = 1e9
const seeded = random('damage-parquet', Number(values.seed))
const below = (limit) => seeded.int(limit)
const folder = await mkdtemp(join(tmpdir(), 'damage-parquet-'))

function ownFile() {
  const path = join(folder, 'whole.parquet')
  const talk = /** @type {const} */ ({ list: { struct: { from: 'string', value: 'string' } } })
  const file = createParquet(path, { index: 'int64', question: 'string', talk, images: { list: 'image' } })
  for (let group = 0; group < 3; group++) {
    file.write(
      Array.from({ length: 20 }, (_, row) => ({
        index: BigInt(group * 20 + row),
        question: row % 5 === 0 ? null : `What is ${row}?`,
        talk: Array.from({ length: row % 4 }, (__, at) => ({ from: 'human', value: `${at} `.repeat(row) })),
        images: Array.from({ length: row % 3 }, () => ({ bytes: new Uint8Array(2000).fill(row), path: 'a.png' })),
      })),
    )
  }
  file.finish()
  return path
}

const damages = {
  cut: (bytes) => bytes.subarray(0, 1 + below(bytes.length - 1)),
  flipped(bytes) {
    for (let n = 0; n < 8; n++) bytes[below(bytes.length)] = below(256)
    return bytes
  },
  holed(bytes) {
    const at = below(bytes.length)
    return bytes.fill(seeded.pick([0, 0xff]), at, Math.min(at + 300, bytes.length))
  },
  missing(bytes) {
    const at = below(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(400))])
  },
  // The footer names every place and count; it stands in front of its length.
  footer(bytes) {
    const length = bytes.readUInt32LE(bytes.length - 8)
    for (let n = 0; n < 1 + below(3); n++) bytes[bytes.length - 9 - below(length)] = below(256)
    return bytes
  },
  length(bytes) {
    bytes.writeUInt32LE(below(2 ** 32), bytes.length - 8)
    return bytes
  },
  // A long count, wherever a short one stands.
  count(bytes) {
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07]).copy(bytes, below(bytes.length - 5))
    return bytes
  },
  // Pages and their headers begin near the start of the file.
  header(bytes) {
    for (let n = 0; n < 1 + below(3); n++) bytes[4 + below(Math.min(200, bytes.length - 4))] = below(256)
    return bytes
  },
}

async function rowsOf(path) {
  const rows = []
  for await (const row of readParquet(path)) rows.push(row)
  return JSON.stringify(rows, (_, value) =>
    typeof value === 'bigint'
      ? String(value)
      : value instanceof Uint8Array
        ? Buffer.from(value).toString('base64')
        : value,
  )
}

const files = positionals.length > 0 ? positionals : [ownFile()]
const table = []
const kinds = Object.keys(damages)
let failed = 0
let slowest = { ms: 0, name: '' }
for (const file of files) {
  const whole = await readFile(file)
  const right = await rowsOf(file)
  const row = { file: basename(file), refused: 0, right: 0, other: 0 }
  for (let n = 0; n < Number(values.count) / files.length; n++) {
    const name = `${kinds[n % kinds.length]} ${n}`
    const path = join(folder, 'damaged.parquet')
    await writeFile(path, damages[kinds[n % kinds.length]](Buffer.from(whole)))
    const start = process.cpuUsage()
    try {
      if ((await rowsOf(path)) === right) row.right++
      else row.other++
    } catch (error) {
      row.refused++
      if (!(error instanceof UserError) || error.message.length > 600) {
        failed++
        console.log(`${row.file}, ${name}: ${error.stack.slice(0, 500)}`)
      }
    }
    const { user, system } = process.cpuUsage(start)
    const ms = (user + system) / 1000
    if (ms > slowest.ms) slowest = { ms, name: `${row.file}, ${name}` }
  }
  table.push(row)
}
await rm(folder, { recursive: true })
const peak = process.resourceUsage().maxRSS * 1024
console.table(table)
console.log(
  `slowest ${Math.round(slowest.ms)} ms of CPU (${slowest.name}), peak memory ${Math.round(peak / 1e6)} MB, failed ${failed}`,
)
if (failed > 0 || slowest.ms > mostCpuMs || peak > mostBytes) process.exitCode = 1
