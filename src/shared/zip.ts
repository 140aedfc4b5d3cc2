/**
 * Writes ZIP archives as a stream: entries of any number, each compressed as its content is produced, so that only the table of contents
 * is in memory. Equal entries give equal bytes. Written here since fflate has no ZIP64, which more than 65,535 entries need, and compresses
 * in JavaScript.
 */
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  /** Path inside the archive, with `/`. */
  readonly name: string
  /** In pieces where it is too large to be held in memory. */
  readonly content: string | Uint8Array | AsyncIterable<string>
}

interface Sums {
  crc: number
  packed: number
  size: number
}

/** Names are UTF-8, and sizes follow the content. */
const flags = 0x08_08
const deflated = 8
/** 1 January 1980, the earliest date of the format. */
const date = 0x21
const version = 20
const zip64Version = 45
/** Larger numbers are in ZIP64 records, and these in their place. */
const most16 = 0xff_ff
const most32 = 0xff_ff_ff_ff

/** Throws `RangeError` for an entry of 4 GiB or more. */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array, void> {
  // As text, since small buffers share their memory with others, and would keep it.
  const table: string[] = []
  let offset = 0
  for await (const { name, content } of entries) {
    const path = Buffer.from(name)
    const sums: Sums = { crc: 0, packed: 0, size: 0 }
    const head = record(0x04034b50, [2, version], ...facts(sums, path), [2, 0])
    yield head
    yield path
    for await (const packed of pack(content, sums)) {
      sums.packed += packed.length
      yield packed
    }
    if (Math.max(sums.packed, sums.size) >= most32) throw new RangeError(`${name} is too large for a ZIP archive`)
    const tail = record(0x08074b50, [4, sums.crc], [4, sums.packed], [4, sums.size])
    yield tail
    table.push(tableEntry(path, sums, offset).toString('latin1'))
    offset += head.length + path.length + sums.packed + tail.length
  }
  let size = 0
  for (const entry of table) {
    yield Buffer.from(entry, 'latin1')
    size += entry.length
  }
  yield end(table.length, size, offset)
}

/** Pictures are most of what is written here and hardly get smaller, so speed counts. */
const compression = { level: 1 }

async function* pack(content: ZipEntry['content'], sums: Sums): AsyncGenerator<Buffer, void> {
  const counted = (piece: string | Uint8Array): Buffer => {
    const bytes = Buffer.from(piece)
    sums.crc = crc32(bytes, sums.crc)
    sums.size += bytes.length
    return bytes
  }
  if (typeof content === 'string' || content instanceof Uint8Array) {
    // A stream for each of very many entries would hold its memory until it is collected.
    yield deflateRawSync(counted(content), compression)
    return
  }
  const deflate = createDeflateRaw(compression)
  const fed = pipeline(
    content,
    async function* (pieces) {
      for await (const text of pieces) yield counted(text)
    },
    deflate,
  )
  // Reading fails with the same error.
  fed.catch(() => {})
  for await (const chunk of deflate) yield Buffer.from(chunk)
  await fed
}

/** What an entry says before its content and again in the table of contents. */
function facts({ crc, packed, size }: Sums, path: Buffer): Field[] {
  return [
    [2, flags],
    [2, deflated],
    [2, 0],
    [2, date],
    [4, crc],
    [4, packed],
    [4, size],
    [2, path.length],
  ]
}

function tableEntry(path: Buffer, sums: Sums, offset: number): Buffer {
  const far = offset >= most32
  const extra = far ? fields([2, 1], [2, 8], [8, offset]) : Buffer.alloc(0)
  const needed = far ? zip64Version : version
  const rest: Field[] = [
    [2, extra.length],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, Math.min(offset, most32)],
  ]
  return Buffer.concat([record(0x02014b50, [2, needed], [2, needed], ...facts(sums, path), ...rest), path, extra])
}

function end(count: number, size: number, offset: number): Buffer {
  const counts = Math.min(count, most16)
  const last = record(
    0x06054b50,
    ...([
      [2, 0],
      [2, 0],
      [2, counts],
      [2, counts],
      [4, Math.min(size, most32)],
    ] satisfies Field[]),
    [4, Math.min(offset, most32)],
    [2, 0],
  )
  if (count < most16 && offset < most32 && size < most32) return last
  const large = record(
    0x06064b50,
    ...([
      [8, 44],
      [2, zip64Version],
      [2, zip64Version],
      [4, 0],
      [4, 0],
      [8, count],
      [8, count],
    ] satisfies Field[]),
    [8, size],
    [8, offset],
  )
  return Buffer.concat([large, record(0x07064b50, [4, 0], [8, offset + size], [4, 1]), last])
}

type Field = [bytes: 2 | 4 | 8, value: number]

function record(signature: number, ...rest: Field[]): Buffer {
  return fields([4, signature], ...rest)
}

function fields(...values: Field[]): Buffer {
  const bytes = Buffer.alloc(values.reduce((sum, [size]) => sum + size, 0))
  let at = 0
  for (const [size, value] of values) {
    if (size === 8) bytes.writeBigUInt64LE(BigInt(value), at)
    else bytes.writeUIntLE(value, at, size)
    at += size
  }
  return bytes
}
