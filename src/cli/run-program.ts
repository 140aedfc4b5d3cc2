/** Runs the program to its exit status, whichever way it ends: done, failed, broken outside of what is awaited, or stuck. */
import { CommanderError } from 'commander'
import { report, say } from './print/output.ts'

/** `name`: as the user called it, such as `mini-o3 eval`. */
export function runProgram(name: string, work: () => Promise<unknown>): void {
  let settled = false
  process.on('uncaughtException', endAtOnce)
  process.on('unhandledRejection', endAtOnce)
  // Comes only when nothing is left that could settle what is awaited.
  process.on('beforeExit', () => {
    if (settled) return
    settled = true
    say(
      `error: ${name} did not finish: it waits for something that can never come, which is a fault of the program. ` +
        'What is stored is kept: repeat the command to go on.',
    )
    process.exitCode = 1
  })
  work()
    .catch((error: unknown) => void (process.exitCode = exitCode(error)))
    .finally(() => (settled = true))
}

/** Commander has said what was wrong already; help and version that were asked for are no error. */
function exitCode(error: unknown): number {
  if (!(error instanceof CommanderError)) return report(error)
  return error.exitCode === 0 ? 0 : 2
}

/** An error outside of what is awaited, such as in an event handler: nothing can be relied on after it. */
function endAtOnce(error: unknown): void {
  process.exit(report(error))
}
