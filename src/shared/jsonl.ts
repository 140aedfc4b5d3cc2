/**
 * JSON lines that survive a kill at any moment: a line is appended whole and flushed before `append` resolves, a torn last
 * line is ignored by readers and cut off before the next append, and a damaged line costs itself and no other.
 */
import { isUtf8 } from 'node:buffer'
import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { errorCodeOf, UserError } from './errors.ts'
import { parseJson } from './json.ts'
import { unwritable } from './unwritable.ts'

export interface JsonlWriter {
  /**
   * Resolves when the line is on disk. Lines that wait together are written and flushed together, in order. After a write
   * that failed, this and every later call reject with its cause: open the file again to go on.
   */
  append(value: unknown): Promise<void>
  /** Waits for what is being written. */
  close(): Promise<void>
}

interface Waiting {
  readonly line: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Opens (or starts) a file for appending. One writer at a time. */
export async function openJsonl(path: string): Promise<JsonlWriter> {
  const file = await open(path, 'a+').catch((cause: unknown) => {
    throw unwritable(path, cause)
  })
  let wholeBytes: number
  try {
    wholeBytes = await cutTornLine(file)
  } catch (error) {
    await file.close()
    throw error
  }
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let broken: Error | undefined

  async function write(lines: Buffer): Promise<void> {
    try {
      await file.appendFile(lines)
      await file.datasync()
      wholeBytes += lines.byteLength
    } catch (cause) {
      broken = unwritable(path, cause)
      // Half a line may be there. Where it cannot be cut off now, the next to open the file does it.
      await file.truncate(wholeBytes).catch(() => {})
      throw broken
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        if (broken !== undefined) throw broken
        await write(Buffer.from(batch.map(({ line }) => line).join('')))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    writing = undefined
  }

  return {
    async append(value) {
      if (broken !== undefined) throw broken
      const line = `${JSON.stringify(value)}\n`
      await new Promise<void>((resolve, reject) => {
        waiting.push({ line, resolve, reject })
        writing ??= drain()
      })
    },
    async close() {
      await writing
      await file.close()
    },
  }
}

/** A line that cannot be read: where it stands, as `file:line`, and what is wrong with it. */
export interface BadLine {
  readonly place: string
  readonly why: string
}

/**
 * Reads the values of a file in order; a missing file is an empty one. `onBadLine` is told of each line that is not JSON or
 * does not fit `schema`; it is left out.
 */
export async function* readJsonl<T = unknown>(
  path: string,
  schema: z.ZodType<T> = z.unknown() as unknown as z.ZodType<T>,
  onBadLine: (bad: BadLine) => void = () => {},
): AsyncGenerator<T, void> {
  let number = 0
  for await (const { bytes } of wholeLines(path)) {
    number++
    const read = parseLine(bytes, schema)
    if (read === undefined) continue
    if ('why' in read) onBadLine({ place: `${path}:${number}`, why: read.why })
    else yield read.value
  }
}

/** The value of a line, or why it cannot be read; undefined for a blank one. */
export function parseLine<T>(
  bytes: Buffer | undefined,
  schema: z.ZodType<T>,
): { readonly value: T } | { readonly why: string } | undefined {
  if (bytes === undefined) return { why: 'too long' }
  if (!isUtf8(bytes)) return { why: 'not valid UTF-8' }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  if (text.trim() === '') return undefined
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    return { why: 'not valid JSON' }
  }
  const { data, error, success } = schema.safeParse(value)
  if (success) return { value: data }
  const [issue] = error.issues
  return { why: `${issue?.path.join('.') || 'the line'}: ${issue?.message ?? 'not as expected'}` }
}

const blockBytes = 256 * 1024
const newline = 10
/** No line that is written is that long, and a file may be anything. */
const mostLineBytes = 256 * 1024 ** 2

/** A line of a file, without its newline. */
export interface WholeLine {
  /** Where its first byte is, and where the next line begins. */
  readonly start: number
  readonly next: number
  /** undefined: it is too long. */
  readonly bytes: Buffer | undefined
}

/**
 * The lines of a file from the byte `at` on that end in a newline. Split at \n alone: JSON text may hold the other characters
 * that some readers take for line ends (U+2028, U+2029).
 */
export async function* wholeLines(path: string, at = 0): AsyncGenerator<WholeLine, void> {
  let file: FileHandle
  try {
    // A device or a pipe may never end, and a pipe without a writer never opens.
    if (!(await stat(path)).isFile()) throw new UserError('log-unreadable', `${path} is not a file. Move it away.`)
    file = await open(path, 'r')
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return
    throw error
  }
  try {
    let pieces: Buffer[] = []
    let length = 0
    let start = at
    for (let position = at; ;) {
      const block = Buffer.allocUnsafe(blockBytes)
      const { bytesRead } = await file.read(block, 0, blockBytes, position)
      if (bytesRead === 0) return
      position += bytesRead
      const bytes = block.subarray(0, bytesRead)
      let from = 0
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
        pieces.push(bytes.subarray(from, end))
        length += end - from
        const next = start + length + 1
        yield { start, next, bytes: length > mostLineBytes ? undefined : Buffer.concat(pieces) }
        start = next
        pieces = []
        length = 0
        from = end + 1
      }
      length += bytesRead - from
      if (length > mostLineBytes) pieces = []
      else if (from < bytesRead) pieces.push(bytes.subarray(from))
    }
  } finally {
    await file.close()
  }
}

/** Returns how long the file is then. */
async function cutTornLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  const whole = await endOfLastWholeLine(file, size)
  if (whole < size) {
    await file.truncate(whole)
    await file.datasync()
  }
  return whole
}

/** Bytes up to and with the last newline, searched from the end. */
async function endOfLastWholeLine(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(blockBytes)
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - blockBytes)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const at = block.subarray(0, bytesRead).lastIndexOf(newline)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}
