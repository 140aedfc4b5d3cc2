/**
 * Reads and writes the safetensors format (float32 only): an 8-byte length, a JSON header, then the tensors' bytes.
 * Checked before it is trusted: a truncated or foreign file gives an error that says so.
 */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { UserError } from '../shared/errors.ts'
import { parseJson } from '../shared/json.ts'
import { replaceFile } from '../shared/replace-file.ts'

export interface StoredTensor {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: Readonly<Record<string, string>>
}

const largestHeader = 10_000_000

const headerSchema = z.record(z.string(), z.unknown())
const metadataSchema = z.record(z.string(), z.string()).default({})
const offset = z.int().nonnegative()
const entrySchema = z.object({
  dtype: z.literal('F32'),
  shape: z.array(offset).max(8),
  data_offsets: z.tuple([offset, offset]),
})

export async function writeSafetensors(file: string, content: Safetensors): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: content.metadata }
  let end = 0
  for (const [name, { shape, values }] of content.tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + values.byteLength] }
    end += values.byteLength
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  // Tensors start on a multiple of 8 bytes; the format pads the header with blanks.
  const headerLength = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + headerLength + end).fill(0x20, 8, 8 + headerLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true)
  bytes.set(json, 8)
  let at = 8 + headerLength
  for (const { values } of content.tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  await replaceFile(file, bytes)
}

/** Throws `UserError` when the file is missing, cut off or not of this format. */
export async function readSafetensors(file: string): Promise<Safetensors> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw new UserError('checkpoint-missing', `No checkpoint at ${file}. Name a .safetensors file that exists.`, {
      cause: error,
    })
  }
  const broken = (why: string): UserError =>
    new UserError('checkpoint-broken', `${file} is not a complete safetensors file (${why}). Name another checkpoint.`)
  if (bytes.length < 8) throw broken('too short')
  const headerLength = Number(bytes.readBigUInt64LE(0))
  if (headerLength > largestHeader || 8 + headerLength > bytes.length)
    throw broken('its header is longer than the file')
  let json: unknown
  try {
    json = parseJson(bytes.toString('utf8', 8, 8 + headerLength))
  } catch {
    throw broken('its header is not JSON')
  }
  const header = headerSchema.safeParse(json)
  if (!header.success) throw broken('its header is not an object')
  const { __metadata__, ...entries } = header.data
  const metadata = metadataSchema.safeParse(__metadata__)
  if (!metadata.success) throw broken('its metadata are not strings')
  const tensors = new Map<string, StoredTensor>()
  for (const [name, entry] of Object.entries(entries)) {
    const misfit = broken(`tensor ${name.slice(0, 60)} does not fit`)
    const parsed = entrySchema.safeParse(entry)
    if (!parsed.success) throw misfit
    const { shape, data_offsets } = parsed.data
    const [from, to] = data_offsets
    const size = shape.reduce((a, b) => a * b, 1)
    const start = 8 + headerLength + from
    if (to - from !== size * 4 || start + size * 4 > bytes.length) throw misfit
    // Copied, because the file's tensors need not lie on multiples of four bytes in memory.
    const values = new Float32Array(size)
    new Uint8Array(values.buffer).set(bytes.subarray(start, start + size * 4))
    tensors.set(name, { shape, values })
  }
  return { tensors, metadata: metadata.data }
}
