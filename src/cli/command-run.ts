/** The run folder of a command. Its name comes from the settings, so that repeating a command resumes it. */
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { checkSettings } from '../runs/configuration.ts'
import { openRun } from '../runs/run-folder.ts'
import type { RunFolder } from '../runs/run-folder.ts'

/**
 * Works in the run folder, which is closed whatever happens, and removed if it is new and the work failed before anything
 * was stored. `settings` are all that decide what is computed; `path` is `--run`, if given.
 */
export async function inCommandRun<T>(
  command: string,
  settings: object,
  path: string | undefined,
  work: (run: RunFolder) => Promise<T>,
): Promise<T> {
  const config = { command, ...settings }
  checkSettings(config)
  const run = await openRun(path ?? commandRunPath(command, settings), config)
  let result: T
  try {
    result = await work(run)
  } catch (error) {
    // Whatever closing says, this is what went wrong.
    await run.abandon().catch(() => {})
    throw error
  }
  await run.close()
  return result
}

/** Where a command works when no folder is named. */
export function commandRunPath(command: string, settings: object): string {
  return join('runs', `${command}-${sha256(canonicalJson({ command, ...settings })).slice(0, 8)}`)
}
