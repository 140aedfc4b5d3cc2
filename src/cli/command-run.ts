/** The run folder of a command. Its name comes from the settings, so that repeating a command resumes it. */
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { openRun } from '../shared/run-folder.ts'
import type { RunFolder } from '../shared/run-folder.ts'

/**
 * Works in the run folder, which is closed whatever happens. `settings` are all that decide what is computed; `path` is
 * `--run`, if given. Check everything that the user can have got wrong before: a folder is left behind from here on.
 */
export async function inCommandRun<T>(
  command: string,
  settings: object,
  path: string | undefined,
  work: (run: RunFolder) => Promise<T>,
): Promise<T> {
  const config = { command, ...settings }
  const run = await openRun(path ?? commandRunPath(command, settings), config)
  try {
    return await work(run)
  } finally {
    await run.close()
  }
}

/** Where a command works when no folder is named. */
export function commandRunPath(command: string, settings: object): string {
  return join('runs', `${command}-${sha256(canonicalJson({ command, ...settings })).slice(0, 8)}`)
}
