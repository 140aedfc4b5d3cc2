/** The run folder of a command. Its default name is derived from the settings, so repeating a command resumes it. */
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { checkSettings } from '../runs/configuration.ts'
import type { Settings } from '../runs/configuration.ts'
import type { JobEnd } from '../shared/job.ts'
import { openRun } from '../runs/run-folder.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { AbortedError, messageOf } from '../shared/errors.ts'
import { IncompleteError } from './incomplete.ts'

/**
 * Runs `work` in the run folder. The folder is always closed afterwards, and removed if it is new and the work failed before
 * anything was stored. `settings` holds everything that affects the result; `path` is the value of `--run`, if given. `counting`: settings
 * that a resume may change, see `openRun`.
 */
export async function inCommandRun<T>(
  command: string,
  settings: object,
  path: string | undefined,
  work: (run: RunFolder) => Promise<T>,
  counting: Settings = {},
): Promise<T> {
  const config = { command, ...settings }
  checkSettings({ ...config, ...counting })
  const run = await openRun(path ?? commandRunPath(command, settings), config, counting)
  let result: T
  try {
    result = await work(run)
  } catch (error) {
    // An error while closing must not hide the original one.
    await run.end(endOf(error))
    await run.abandon().catch(() => {})
    throw error
  }
  await run.end(result instanceof IncompleteError ? endOf(result) : { how: 'complete' })
  await run.close()
  return result
}

function endOf(error: unknown): JobEnd {
  if (error instanceof AbortedError) return { how: 'interrupted' }
  return { how: error instanceof IncompleteError ? 'incomplete' : 'failed', reason: messageOf(error) }
}

/** The run folder of a command without `--run`. */
export function commandRunPath(command: string, settings: object): string {
  return join('runs', `${command}-${sha256(canonicalJson({ command, ...settings })).slice(0, 8)}`)
}
