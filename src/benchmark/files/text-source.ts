/**
 * Opens text files as plain UTF-8: gzipped or UTF-16 files are converted once into an unlinked temporary file, so that nothing is left
 * behind however the process ends.
 */
import { createReadStream, createWriteStream, openSync, read as readFd } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'
import { messageOf, UserError } from '../../shared/errors.ts'
import { foreignHeadBytes, refuseForeign } from '../../shared/foreign-file.ts'

/** Fills the buffer from `position` on; returns the number of bytes read. */
export type ReadAt = (buffer: Uint8Array, position: number) => Promise<number>

/** Limit against decompression bombs; the largest published table has 5 GB. */
const maxUnpackedBytes = 32 * 1024 ** 3

/** Throws UserError `data-unreadable`, `data-too-large`, or `data-not-table` for a file of another kind. */
export async function openText(path: string): Promise<ReadAt> {
  const plain: ReadAt = async (buffer, position) => {
    const file = await open(path, 'r')
    try {
      return await readFully((...args) => file.read(...args), buffer, position)
    } finally {
      await file.close()
    }
  }
  const head = new Uint8Array(foreignHeadBytes)
  const size = await plain(head, 0)
  refuseForeign(path, head.subarray(0, size))
  const gzipped = head[0] === 0x1f && head[1] === 0x8b
  if (!gzipped && utf16Of(head.subarray(0, size)) === undefined) return plain
  const copy = await unpack(path, gzipped)
  const readCopy = promisify(readFd)
  return (buffer, position) => readFully((...args) => readCopy(copy, ...args), buffer, position)
}

type Read = (
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ readonly bytesRead: number }>

async function readFully(read: Read, buffer: Uint8Array, position: number): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** Detects UTF-16 by its byte order mark, or by the zero bytes of Latin letters. */
function utf16Of([first = 1, second = 1, third = 1, fourth = 1]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if ((first === 0xff && second === 0xfe) || (second === 0 && fourth === 0 && first !== 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && third === 0 && second !== 0)) return 'utf-16be'
  return undefined
}

/** The descriptor of the converted copy; open until the process ends, since pictures are read from it much later. */
async function unpack(path: string, gzipped: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-data-'))
  const copy = openSync(join(folder, 'copy'), 'w+')
  await rm(folder, { recursive: true })
  const target = createWriteStream('', { fd: copy, autoClose: false })
  try {
    const source = createReadStream(path)
    await pipeline(gzipped ? source.pipe(createGunzip()) : source, asUtf8, (chunks) => bounded(path, chunks), target)
  } catch (error) {
    if (error instanceof UserError) throw error
    const why = `${path} cannot be unpacked: ${messageOf(error)}. Download it again, or check the free space in ${tmpdir()}.`
    throw new UserError('data-unreadable', why, { cause: error })
  }
  return copy
}

async function* asUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array, void> {
  let decoder: InstanceType<typeof TextDecoder> | undefined
  let first = true
  for await (const chunk of chunks) {
    const encoding = first ? utf16Of(chunk) : undefined
    if (encoding !== undefined) decoder = new TextDecoder(encoding)
    first = false
    yield decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }))
  }
  if (decoder !== undefined) yield Buffer.from(decoder.decode())
}

async function* bounded(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > maxUnpackedBytes) {
      throw new UserError('data-too-large', `${path} is larger than 32 GiB when unpacked. Split it.`)
    }
    yield chunk
  }
}
