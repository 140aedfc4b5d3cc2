/** A log of a run as one definition: its file, the schema of its lines for whoever writes or reads them, and what a lost line means. */
import { join } from 'node:path'
import type { z } from 'zod'
import { MiniO3Error } from '../shared/errors.ts'
import { parseLine, readJsonl, wholeLines } from '../shared/jsonl.ts'
import type { BadLine } from '../shared/jsonl.ts'

export interface Log<T> {
  /** Of its file, without `.jsonl`. */
  readonly name: string
  readonly line: z.ZodType<T>
  /** One sentence for the user: what happens about a line that cannot be read. */
  readonly ifLost: string
}

export function logFile(folder: string, { name }: Pick<Log<unknown>, 'name'>): string {
  return join(folder, `${name}.jsonl`)
}

/** The lines of a log in order. Those that cannot be read are left out, and a warning names them. */
export async function* readLog<T>(folder: string, log: Log<T>): AsyncGenerator<T, void> {
  const bad = badLines()
  try {
    yield* readJsonl(logFile(folder, log), log.line, bad.add)
  } finally {
    bad.warn(log.ifLost)
  }
}

/** A log's lines as bytes, but for those whose values `unwanted` picks. */
export async function* linesWithout<T>(
  folder: string,
  log: Log<T>,
  unwanted: (value: T) => boolean,
): AsyncGenerator<Uint8Array, void> {
  for await (const { bytes } of wholeLines(logFile(folder, log))) {
    const line = parseLine(bytes, log.line)
    if (bytes === undefined || (line !== undefined && 'value' in line && unwanted(line.value))) continue
    yield Buffer.concat([bytes, Buffer.from('\n')])
  }
}

const mostNamed = 5

/** Counts lines that cannot be read, and remembers the first of them. */
export function badLines(): { add(bad: BadLine): void; count(): number; warn(ifLost: string): void } {
  const named: string[] = []
  let count = 0
  return {
    add({ place, why }) {
      if (count++ < mostNamed) named.push(`${place} (${why})`)
    },
    count: () => count,
    warn(ifLost) {
      if (count === 0) return
      const what = count === 1 ? 'a line' : `${count} lines`
      const more = count > named.length ? ` and ${count - named.length} more` : ''
      process.emitWarning(`Skipped ${what} that cannot be read: ${named.join(', ')}${more}. ${ifLost}`, {
        type: 'MiniO3Warning',
        code: 'log-line-skipped',
      })
    },
  }
}

/** Throws unless the log's own readers take the value: what they would skip is never written. */
export function checkLine<T>(folder: string, log: Log<T>, value: T): void {
  const { error } = log.line.safeParse(value)
  if (error === undefined) return
  const [issue] = error.issues
  throw new MiniO3Error(
    'log-line-invalid',
    `A line for ${logFile(folder, log)} was refused before it was written (${issue?.path.join('.')}: ${issue?.message}).`,
    { cause: error },
  )
}
