/**
 * JSON lines that survive a kill at any moment: a line is appended whole and flushed before `append` resolves, and a
 * torn last line is ignored by readers and cut off before the next append.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { MiniO3Error } from './errors.ts'
import { parseJson } from './json.ts'

export interface JsonlWriter {
  /** Resolves when the line is on disk. Lines that wait together are written and flushed together, in order. */
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
  const file = await open(path, 'a+')
  try {
    await cutTornLine(file)
  } catch (error) {
    await file.close()
    throw error
  }
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let broken: unknown

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        // After a failed write the file may hold half a line; anything appended behind it would be lost with it.
        if (broken !== undefined) throw broken
        await file.appendFile(batch.map(({ line }) => line).join(''))
        await file.datasync()
        for (const { resolve } of batch) resolve()
      } catch (error) {
        broken = error
        for (const { reject } of batch) reject(error)
      }
    }
    writing = undefined
  }

  return {
    append: (value) =>
      new Promise((resolve, reject) => {
        waiting.push({ line: `${JSON.stringify(value)}\n`, resolve, reject })
        writing ??= drain()
      }),
    async close() {
      await writing
      await file.close()
    },
  }
}

/** Reads the values of a file in order; a missing file is an empty one. A broken line before the last is an error. */
export async function* readJsonl(path: string): AsyncGenerator<unknown, void> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const whole = await endOfLastWholeLine(file)
  await file.close()
  if (whole === 0) return
  let number = 0
  for await (const line of linesOf(createReadStream(path, { encoding: 'utf8', end: whole - 1 }))) {
    number++
    if (line.trim() === '') continue
    let value: unknown
    try {
      value = parseJson(line)
    } catch (error) {
      throw new MiniO3Error(
        'jsonl-broken-line',
        `${path}:${number} is not JSON. Delete that line: its work will be done again.`,
        { cause: error },
      )
    }
    yield value
  }
}

/** Split at \n alone: JSON text may hold the other characters that some readers take for line ends (U+2028, U+2029). */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield* lines
  }
}

async function cutTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  const whole = await endOfLastWholeLine(file)
  if (whole < size) {
    await file.truncate(whole)
    await file.datasync()
  }
}

const blockBytes = 65_536
const newline = 10

/** Bytes up to and with the last newline, searched from the end. */
async function endOfLastWholeLine(file: FileHandle): Promise<number> {
  const block = Buffer.alloc(blockBytes)
  let end = (await file.stat()).size
  while (end > 0) {
    const start = Math.max(0, end - blockBytes)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const at = block.subarray(0, bytesRead).lastIndexOf(newline)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}
