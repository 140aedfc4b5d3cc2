/** Defines a log of a run in one place: its file, the schema of its lines, and what a lost line means. */
import { join } from 'node:path'
import type { z } from 'zod'
import { MiniO3Error } from '../shared/errors.ts'
import { parseLine, readJsonl, wholeLines } from '../shared/jsonl.ts'
import type { BadLine } from '../shared/jsonl.ts'

export interface Log<T> {
  /** File name without `.jsonl`. */
  readonly name: string
  readonly line: z.ZodType<T>
  /** One sentence for the user: what happens about an unreadable line. */
  readonly ifLost: string
}

export function logFile(folder: string, { name }: Pick<Log<unknown>, 'name'>): string {
  return join(folder, `${name}.jsonl`)
}

/** The lines of a log in order. Unreadable ones are skipped, and a warning names them. */
export async function* readLog<T>(folder: string, log: Log<T>): AsyncGenerator<T, void> {
  const bad = badLines()
  try {
    yield* readJsonl(logFile(folder, log), log.line, bad.add)
  } finally {
    bad.warn(log.ifLost)
  }
}

/** The lines of a log as bytes, except those for whose values `unwanted` returns true. */
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

/** Counts unreadable lines, and remembers the first ones. */
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

/** Throws unless readers of the log accept the value: a line that they would skip is never written. */
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
