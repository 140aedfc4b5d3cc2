/** The run folder of a command. Its name comes from the settings, so that repeating a command resumes it. */
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { openRun } from '../shared/run-folder.ts'
import type { RunFolder } from '../shared/run-folder.ts'

/** `settings` are all that decide what is computed; `path` is `--run`, if given. */
export function openCommandRun(command: string, settings: object, path: string | undefined): Promise<RunFolder> {
  const config = { command, ...settings }
  return openRun(path ?? join('runs', `${command}-${sha256(canonicalJson(config)).slice(0, 8)}`), config)
}
