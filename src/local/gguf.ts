/** Reads the metadata of a GGUF file, without its weights. */
import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'
import { sum } from '../shared/numbers.ts'

/** Lists of numbers are kept; lists of strings, such as a vocabulary, are skipped. */
export type GgufValue = number | boolean | string | readonly number[]

export interface Gguf {
  readonly bytes: number
  readonly values: ReadonlyMap<string, GgufValue>
}

/** A vocabulary is 10 MB at most. */
const mostHead = 256 * 2 ** 20
const mostKeys = 100_000
const mostText = 16 * 2 ** 20

/** Throws `UserError` for a file that cannot be read, is not GGUF, or is truncated within its metadata. */
export async function readGguf(path: string): Promise<Gguf> {
  let file: FileHandle
  try {
    file = await open(path)
  } catch (cause) {
    const why = errorCodeOf(cause) === 'ENOENT' ? 'does not exist' : `cannot be opened (${errorCodeOf(cause)})`
    throw new UserError('model-file-missing', `${path} ${why}.`, { cause })
  }
  try {
    const { size } = await file.stat()
    const values = await readHead(file, Math.min(size, mostHead))
    return { bytes: size + (await otherShards(path)), values }
  } catch (cause) {
    if (errorCodeOf(cause) === 'ENOENT') {
      const shards = 'is one file of a split model, and not all of the others are beside it'
      throw new UserError('model-file-missing', `${path} ${shards}: ${messageOf(cause)}`, { cause })
    }
    if (!(cause instanceof RangeError)) throw cause
    const text = `${path} is not a complete GGUF file: ${cause.message}. Download it again, or name another.`
    throw new UserError('model-file-broken', text, { cause })
  } finally {
    await file.close()
  }
}

/** Total size of the further files of a split model: `x-00001-of-00003.gguf`. */
async function otherShards(path: string): Promise<number> {
  const [, start = '', of = ''] = /^(.*-)00001-of-(\d{5})\.gguf$/.exec(path) ?? []
  const others = Array.from({ length: Math.max(0, Number(of) - 1) }, (_, index) => index + 2)
  const sizes = others.map(async (one) => (await stat(`${start}${String(one).padStart(5, '0')}-of-${of}.gguf`)).size)
  return sum(await Promise.all(sizes))
}

/** Reads the beginning first, and more only if the metadata is longer. */
async function readHead(file: FileHandle, most: number): Promise<Map<string, GgufValue>> {
  for (let length = Math.min(most, 2 ** 20); ; length = Math.min(most, length * 8)) {
    const bytes = Buffer.alloc(length)
    const { bytesRead } = await file.read(bytes, 0, length, 0)
    try {
      return valuesOf(bytes.subarray(0, bytesRead))
    } catch (error) {
      if (!(error instanceof RangeError) || !error.message.startsWith(short) || length >= most) throw error
    }
  }
}

const short = 'it is truncated'
/** Sizes of the number types in bytes; the others are strings (8) and lists (9). */
const sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]
const textType = 8
const listType = 9

function valuesOf(bytes: Buffer): Map<string, GgufValue> {
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError(short)
    return bytes.subarray(at, (at += length))
  }
  const count = (most: number): number => {
    const value = Number(take(8).readBigUInt64LE())
    if (value > most) throw new RangeError('its header is invalid')
    return value
  }
  const text = (): string => take(count(mostText)).toString()
  const number = (type: number): number | boolean => {
    const size = sizes[type]
    if (size === undefined || size === 0) throw new RangeError(`its header has a value of an unknown type ${type}`)
    const read = take(size)
    if (type === 7) return read[0] !== 0
    if (type === 6) return read.readFloatLE()
    if (type === 12) return read.readDoubleLE()
    if (size === 8) return Number(type === 11 ? read.readBigInt64LE() : read.readBigUInt64LE())
    return type % 2 === 1 ? read.readIntLE(0, size) : read.readUIntLE(0, size)
  }
  const list = (): readonly number[] => {
    const type = take(4).readUInt32LE()
    const length = count(bytes.length)
    if (type !== textType) return Array.from({ length }, () => Number(number(type)))
    for (let index = 0; index < length; index++) take(count(mostText))
    return []
  }

  if (take(4).toString('latin1') !== 'GGUF') throw new RangeError('it does not begin with the magic number of GGUF')
  const version = take(4).readUInt32LE()
  if (version < 2 || version > 3) throw new RangeError(`its version is ${version}`)
  take(8)
  const values = new Map<string, GgufValue>()
  const keys = count(mostKeys)
  for (let index = 0; index < keys; index++) {
    const key = text()
    const type = take(4).readUInt32LE()
    values.set(key, type === textType ? text() : type === listType ? list() : number(type))
  }
  return values
}
