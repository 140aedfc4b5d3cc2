/**
 * Reads ZIP archives of any size, one entry at a time: stored, deflated, or compressed with Zstandard, also with ZIP64 records. Sizes are
 * checked before anything is decompressed, and checksums after it.
 */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { crc32, inflateRawSync } from 'node:zlib'
import { Decompress } from 'fzstd'

export interface ZipFile {
  /** In the order of the table of contents; of entries with one name, the last. */
  readonly names: readonly string[]
  /** Throws for an entry that is missing, larger than `mostBytes`, damaged or encrypted. */
  read(name: string): Promise<Buffer>
  close(): Promise<void>
}

export interface ZipLimits {
  /** Size of an entry when decompressed. */
  readonly entryBytes: number
  /** Size of the table of contents. */
  readonly tableBytes: number
}

const usualLimits: ZipLimits = { entryBytes: 256 * 1024 ** 2, tableBytes: 256 * 1024 ** 2 }

interface Entry {
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

/** Throws an `Error` that says what is wrong if it is not a whole archive. */
export async function openZip(path: string, limits: ZipLimits = usualLimits): Promise<ZipFile> {
  const file = await open(path, 'r')
  try {
    const entries = readTable(await tableOf(file, limits.tableBytes))
    return {
      names: [...entries.keys()],
      async read(name) {
        const entry = entries.get(name)
        if (entry === undefined) throw new Error(`it has no ${name}`)
        return unpacked(name, entry, await packedBytes(file, name, entry, limits.entryBytes))
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

const endSignature = 0x06054b50
const endSize = 22
const longestComment = 0xffff
const most16 = 0xffff
const most32 = 0xffffffff

async function tableOf(file: FileHandle, mostBytes: number): Promise<Buffer> {
  const { size } = await file.stat()
  const tail = await bytesAt(
    file,
    Math.max(0, size - endSize - longestComment),
    Math.min(size, endSize + longestComment),
  )
  let at = tail.length - endSize
  while (at >= 0 && tail.readUInt32LE(at) !== endSignature) at--
  if (at < 0) throw new Error('it is not a whole ZIP archive: its table of contents is missing')
  const end = { length: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) }
  const isLarge = end.offset === most32 || end.length === most32 || tail.readUInt16LE(at + 10) === most16
  const locator = at - 20
  const table =
    isLarge && locator >= 0 && tail.readUInt32LE(locator) === 0x07064b50
      ? await largeEnd(file, Number(tail.readBigUInt64LE(locator + 8)))
      : end
  if (table.length > mostBytes) throw new Error('its table of contents is too long')
  if (table.offset + table.length > size) throw new Error('its table of contents is cut off')
  return bytesAt(file, table.offset, table.length)
}

async function largeEnd(file: FileHandle, offset: number): Promise<{ length: number; offset: number }> {
  const record = await bytesAt(file, offset, 56)
  if (record.readUInt32LE(0) !== 0x06064b50) throw new Error('its table of contents is damaged')
  return { length: Number(record.readBigUInt64LE(40)), offset: Number(record.readBigUInt64LE(48)) }
}

function readTable(table: Buffer): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (let at = 0; at + 46 <= table.length && table.readUInt32LE(at) === 0x02014b50;) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => table.readUInt16LE(at + field))
    const nameEnd = at + 46 + (nameLength ?? 0)
    const extraEnd = nameEnd + (extraLength ?? 0)
    if (extraEnd > table.length) throw new Error('its table of contents is damaged')
    const name = table.toString('utf8', at + 46, nameEnd)
    const large = largeFields(table.subarray(nameEnd, extraEnd))
    const field = (place: number): number => {
      const value = table.readUInt32LE(at + place)
      return value === most32 ? Number(large.shift() ?? most32) : value
    }
    // The order in which their large values follow each other.
    const [size, packed, offset] = [field(24), field(20), field(42)]
    const crc = table.readUInt32LE(at + 16)
    entries.delete(name)
    entries.set(name, {
      flags: table.readUInt16LE(at + 8),
      method: table.readUInt16LE(at + 10),
      crc,
      packed,
      size,
      offset,
    })
    at = extraEnd + (commentLength ?? 0)
  }
  return entries
}

/** The values of the ZIP64 field. */
function largeFields(extra: Buffer): bigint[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === 1) {
      const count = Math.floor(Math.min(length, extra.length - at - 4) / 8)
      return Array.from({ length: count }, (_, index) => extra.readBigUInt64LE(at + 4 + 8 * index))
    }
    at += 4 + length
  }
  return []
}

async function packedBytes(file: FileHandle, name: string, entry: Entry, mostBytes: number): Promise<Buffer> {
  if (entry.flags % 2 === 1) throw new Error(`${name} is encrypted`)
  if (entry.size > mostBytes || entry.packed > mostBytes) throw new Error(`${name} is larger than ${mostBytes} bytes`)
  const head = await bytesAt(file, entry.offset, 30)
  if (head.readUInt32LE(0) !== 0x04034b50) throw new Error(`${name} is damaged`)
  return bytesAt(file, entry.offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28), entry.packed)
}

function unpacked(name: string, { method, size, crc }: Entry, packed: Buffer): Buffer {
  let content: Buffer
  try {
    if (method === 0) content = packed
    else if (method === 8) content = inflateRawSync(packed, { maxOutputLength: Math.max(1, size) })
    else if (method === 93) content = zstandard(packed, size)
    else throw new Error(`its compression method ${method} is not supported`)
  } catch (cause) {
    throw new Error(`${name} cannot be decompressed: ${cause instanceof Error ? cause.message : 'damaged'}`, { cause })
  }
  if (content.length !== size || crc32(content) !== crc) throw new Error(`${name} is damaged`)
  return content
}

/** The decoder keeps a window of the size that a frame names; Zstandard itself advises to support 8 MiB. */
const mostWindowBytes = 128 * 1024 ** 2

function zstandard(packed: Buffer, size: number): Buffer {
  const content = Buffer.alloc(size)
  let length = 0
  const stream = new Decompress((piece) => {
    if (length + piece.length > size) throw new Error('longer than declared')
    content.set(piece, length)
    length += piece.length
  })
  checkFrames(packed, size)
  stream.push(packed, true)
  return content.subarray(0, length)
}

const frameMagic = 0xfd2fb528
/** The lowest of the 16 signatures of frames that decoders skip. */
const skippedMagic = 0x184d2a50

/** The decoder makes room for the window that each frame names, before it decodes anything. */
function checkFrames(packed: Buffer, size: number): void {
  for (let at = 0; at < packed.length;) {
    const magic = packed.readUInt32LE(at)
    if (magic - (magic % 16) === skippedMagic) {
      at += 8 + packed.readUInt32LE(at + 4)
      continue
    }
    if (magic !== frameMagic) throw new Error('damaged')
    const flags = packed.readUInt8(at + 4)
    const isSingle = (flags & 0x20) !== 0
    const descriptor = packed.readUInt8(at + 5)
    // A frame of a single segment has all of its content as window, and writes its size as its last field.
    const window = isSingle ? 0 : 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8)
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0
    const sizeAt = at + 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0)
    const told =
      sizeBytes === 8
        ? Number(packed.readBigUInt64LE(sizeAt))
        : sizeBytes === 0
          ? 0
          : packed.readUIntLE(sizeAt, sizeBytes)
    if (window > mostWindowBytes || told > size) throw new Error('longer than declared')
    at = sizeAt + sizeBytes
    for (let last = false; !last;) {
      const head = packed.readUIntLE(at, 3)
      last = head % 2 === 1
      at += 3 + ((head >> 1) % 4 === 1 ? 1 : head >> 3)
    }
    if ((flags & 4) !== 0) at += 4
  }
}

async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, offset + read)
    if (bytesRead === 0) throw new Error('it is cut off')
    read += bytesRead
  }
  return bytes
}
