/**
 * Output of commands: results to stdout, everything else to stderr, without terminal control sequences. A closed pipe is not an
 * error.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { exitCodeOf, MiniO3Error, messageOf } from '../../shared/errors.ts'
import { unwritable } from '../../shared/unwritable.ts'
import { asStarted } from './as-started.ts'
import { causesOf } from './causes.ts'
import { plainJson, plainText } from './plain-text.ts'

/** The stream for results within a step of a larger command; elsewhere stdout. */
const aside = new AsyncLocalStorage<NodeJS.WritableStream>()

function results(): NodeJS.WritableStream {
  return aside.getStore() ?? process.stdout
}

/** Sends what `work` prints to stderr: it is a step of a larger command whose own result goes to stdout. */
export function resultsAside<T>(work: () => Promise<T>): Promise<T> {
  return aside.run(process.stderr, work)
}

/** Width for tables: that of the terminal, or 80 if the output is not a terminal. */
export function columns(): number {
  return process.stdout.columns || 80
}

/** Prints a line of the result. */
export function print(text: string): void {
  results().write(`${asStarted(plainText(text))}\n`)
}

/** Prints the JSON document of `--json`. */
export function printJson(value: unknown): void {
  results().write(`${asStarted(plainJson(value))}\n`)
}

/** Prints a message to stderr. */
export function say(text: string): void {
  process.stderr.write(`${asStarted(plainText(text))}\n`)
}

/** `--debug` or MINI_O3_DEBUG=1: errors are printed with all of their causes. */
function tellsCauses(): boolean {
  return process.argv.includes('--debug') || !['', '0'].includes(process.env['MINI_O3_DEBUG'] ?? '')
}

/** Prints an error, with its causes under `--debug`, and returns the exit code. */
export function report(error: unknown): number {
  // Any other error is a bug and has no message made for users.
  const expected = error instanceof MiniO3Error
  say(`error: ${expected ? error.message : `unexpected: ${messageOf(error)}`}`)
  if (tellsCauses()) say(causesOf(error))
  else if (!expected) say('Repeat the command with --debug to see the cause.')
  return exitCodeOf(error)
}

/** Prints warnings of the library as lines on stderr, each once. */
export function showWarnings(): void {
  const shown = new Set<string>()
  process.removeAllListeners('warning')
  process.on('warning', ({ message }) => {
    if (shown.has(message)) return
    shown.add(message)
    say(`warning: ${message}`)
  })
}

/**
 * `mini-o3 ... | head` closes the pipe early, and a terminal may go away (EIO): the command continues and its output is discarded. A result that
 * cannot be written for another reason ends it; messages on stderr that cannot be written do not.
 */
export function tolerateClosedPipes(): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && !(error.code === 'EIO' && process.stdout.isTTY)) throw unwritable('stdout', error)
  })
}
