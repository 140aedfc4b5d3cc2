/**
 * Where a command writes: results to stdout, everything else to stderr, and nothing that a terminal would obey. A reader
 * that goes away early is no error.
 */
import { exitCodeOf, messageOf, MiniO3Error } from '../../shared/errors.ts'
import { plainJson, plainText } from './plain-text.ts'

let results: NodeJS.WritableStream = process.stdout

/** What `work` prints goes to stderr: it is a step of a larger command, whose own result is still to come. */
export async function resultsAside<T>(work: () => Promise<T>): Promise<T> {
  results = process.stderr
  try {
    return await work()
  } finally {
    results = process.stdout
  }
}

/** A line of the result. */
export function print(text: string): void {
  results.write(`${plainText(text)}\n`)
}

/** The one JSON document of `--json`. */
export function printJson(value: unknown): void {
  results.write(`${plainJson(value)}\n`)
}

/** A line for the person at the terminal, out of the way of a result. */
export function say(text: string): void {
  process.stderr.write(`${plainText(text)}\n`)
}

/** Says what went wrong (a stack only for what nobody foresaw) and returns the exit code. */
export function report(error: unknown): number {
  const expected = error instanceof MiniO3Error
  say(`error: ${messageOf(error)}`)
  if (!expected && error instanceof Error && error.stack) say(error.stack.split('\n').slice(1).join('\n'))
  return exitCodeOf(error)
}

/** What the library warns of becomes a line for the person at the terminal, each once. */
export function showWarnings(): void {
  const shown = new Set<string>()
  process.removeAllListeners('warning')
  process.on('warning', ({ message }) => {
    if (shown.has(message)) return
    shown.add(message)
    say(`warning: ${message}`)
  })
}

/** `mini-o3 ... | head` closes the pipe before the end: the work goes on, its words go nowhere. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
