/** Runs the program and sets its exit status in every case: success, failure, an uncaught error, or a promise that never settles. */
import { CommanderError } from 'commander'
import { report, say } from './print/output.ts'

/** `name`: the command as the user typed it, such as `mini-o3 eval`. */
export function runProgram(name: string, work: () => Promise<unknown>): void {
  let settled = false
  /** The only place that sets the exit status; commands return or throw. */
  function endWith(code: number): void {
    settled = true
    process.exitCode = code
  }
  process.on('uncaughtException', endAtOnce)
  process.on('unhandledRejection', endAtOnce)
  // Emitted only when nothing is left that could settle the awaited promise.
  process.on('beforeExit', () => {
    if (settled) return
    say(
      `error: ${name} did not finish: it waits for an event that can never happen, which is a bug in mini-o3. ` +
        'Stored results are kept: repeat the command to resume.',
    )
    endWith(1)
  })
  work().then(
    () => endWith(0),
    (error: unknown) => endWith(exitCode(error)),
  )
}

/** Commander has already printed its own errors; requested help and version are not errors. */
function exitCode(error: unknown): number {
  if (!(error instanceof CommanderError)) return report(error)
  return error.exitCode === 0 ? 0 : 2
}

/** Handles an uncaught error, for example in an event handler: the state is unknown afterwards, so the process ends. */
function endAtOnce(error: unknown): void {
  process.exit(report(error))
}
