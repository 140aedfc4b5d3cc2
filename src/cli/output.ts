/** Where a command writes: results to stdout, everything else to stderr. A reader that goes away early is no error. */
import { exitCodeOf, messageOf, MiniO3Error } from '../shared/errors.ts'
import { plainText } from './plain-text.ts'

/** A line of the result. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** The one JSON document of `--json`. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}

/** A line for the person at the terminal, out of the way of a result. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Says what went wrong (a stack only for what nobody foresaw) and returns the exit code. */
export function report(error: unknown): number {
  const expected = error instanceof MiniO3Error
  say(`error: ${plainText(messageOf(error))}`)
  if (!expected && error instanceof Error && error.stack) say(error.stack.split('\n').slice(1).join('\n'))
  return exitCodeOf(error)
}

/** `mini-o3 ... | head` closes the pipe before the end: the work goes on, its words go nowhere. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
