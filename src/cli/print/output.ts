/**
 * Where a command writes: results to stdout, everything else to stderr, and nothing that a terminal would obey. A reader
 * that goes away early is no error.
 */
import { exitCodeOf, MiniO3Error, messageOf } from '../../shared/errors.ts'
import { causesOf } from './causes.ts'
import { plainJson, plainText } from './plain-text.ts'

let results: NodeJS.WritableStream = process.stdout
let debugging = Boolean(process.env['MINI_O3_DEBUG']) && process.env['MINI_O3_DEBUG'] !== '0'

/** `--debug`: errors are told with everything that caused them. */
export function tellCauses(): void {
  debugging = true
}

/** What `work` prints goes to stderr: it is a step of a larger command, whose own result is still to come. */
export async function resultsAside<T>(work: () => Promise<T>): Promise<T> {
  const before = results
  results = process.stderr
  try {
    return await work()
  } finally {
    results = before
  }
}

/** How wide a table may be: as the terminal, or 80 characters where results go to a file or another program. */
export function columns(): number {
  return process.stdout.columns || 80
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

/** Says what went wrong, with its causes only where they were asked for, and returns the exit code. */
export function report(error: unknown): number {
  // What nobody foresaw has no words of its own.
  const expected = error instanceof MiniO3Error
  say(`error: ${expected ? error.message : `unexpected: ${messageOf(error)}`}`)
  if (debugging) say(causesOf(error))
  else if (!expected) say('Repeat the command with --debug to see where it comes from.')
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
