/**
 * JSON Lines files that survive a kill at any moment: `append` resolves after the line is written and flushed, a torn last line is
 * ignored by readers and truncated before the next append, and a damaged line does not affect others.
 */
import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { errorCodeOf, UserError } from './errors.ts'
import { parseJson } from './json.ts'
import { unwritable } from './unwritable.ts'

export interface JsonlWriter {
  /**
   * Resolves when the line is on disk. Pending lines are written and flushed together, in order. After a failed write, this and every
   * later call reject with its cause: reopen the file to continue.
   */
  append(value: unknown): Promise<void>
  /** Waits for pending writes. */
  close(): Promise<void>
}

interface Waiting {
  readonly line: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants

/** Opens or creates a file for appending. Only one writer at a time. */
export async function openJsonl(path: string): Promise<JsonlWriter> {
  // A link could lead to any file, whose last line would then be truncated.
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o666).catch((cause: unknown) => {
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
      // Half a line may have been written. If it cannot be truncated now, the next open does it.
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

/** An unreadable line: its place as `file:line`, and what is wrong with it. */
export interface BadLine {
  readonly place: string
  readonly why: string
}

/**
 * Reads the values of a file in order; a missing file counts as empty. Lines that are not JSON or do not match `schema` are
 * skipped and passed to `onBadLine`.
 */
export function readJsonl(path: string): AsyncGenerator<unknown, void>
export function readJsonl<T>(
  path: string,
  schema: z.ZodType<T>,
  onBadLine?: (bad: BadLine) => void,
): AsyncGenerator<T, void>
export async function* readJsonl(
  path: string,
  schema: z.ZodType = z.unknown(),
  onBadLine: (bad: BadLine) => void = () => {},
): AsyncGenerator<unknown, void> {
  let number = 0
  for await (const { bytes } of wholeLines(path)) {
    number++
    const read = parseLine(bytes, schema)
    if (read === undefined) continue
    if ('why' in read) onBadLine({ place: `${path}:${number}`, why: read.why })
    else yield read.value
  }
}

/** The value of a line, or why it cannot be read; undefined for a blank line. */
export function parseLine<T>(
  bytes: Buffer | undefined,
  schema: z.ZodType<T>,
): { readonly value: T } | { readonly why: string } | undefined {
  if (bytes === undefined) return { why: 'too long' }
  if (!isUtf8(bytes)) return { why: 'not valid UTF-8' }
  const text = bytes.toString('utf8')
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
/** Longer than any line we write; bounds memory for files of unknown origin. */
const mostLineBytes = 256 * 1024 ** 2

/** A line without its newline. */
export interface WholeLine {
  /** Offsets of its first byte and of the next line. */
  readonly start: number
  readonly next: number
  /** Undefined if the line is too long. */
  readonly bytes: Buffer | undefined
}

/**
 * The newline-terminated lines of a file from byte `at` on. Splits at \n only: JSON text may contain U+2028 and U+2029, which some
 * readers treat as line ends. `last`: what becomes of a last line without one, which in our own logs is torn.
 */
export async function* wholeLines(
  path: string,
  at = 0,
  last: 'left out' | 'read' = 'left out',
): AsyncGenerator<WholeLine, void> {
  let file: FileHandle
  try {
    // A device or pipe may never end, and opening a pipe without a writer blocks.
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
      if (bytesRead === 0) {
        const rest = length > mostLineBytes ? undefined : Buffer.concat(pieces)
        if (last === 'read' && length > 0) yield { start, next: position, bytes: rest }
        return
      }
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

/** Truncates a torn last line. Returns the new length of the file. */
async function cutTornLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  const whole = await endOfLastWholeLine(file, size)
  if (whole < size) {
    await file.truncate(whole)
    await file.datasync()
  }
  return whole
}

/** Number of bytes up to and including the last newline, searched from the end. */
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
