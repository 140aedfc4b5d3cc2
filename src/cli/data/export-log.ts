/** `mini-o3 export --to inspect` and `--to lmms-eval`: an evaluation as a log of another harness. */
import { join, resolve } from 'node:path'
import { drawnMessages } from '../../coldstart/export/drawn-messages.ts'
import { searchTeller } from '../../coldstart/export/run-rows.ts'
import { inspectLog, inspectLogName } from '../../evaluate/logs/inspect-log.ts'
import { lmmsLogNames, lmmsResults, lmmsSamples } from '../../evaluate/logs/lmms-log.ts'
import { readLoggedRun } from '../../evaluate/logs/logged-run.ts'
import { throwIfAborted } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Encoding } from '../../vision/encode.ts'
import type { ProfileOptions } from '../options/profile.ts'
import { readSearchedConfig, searchedUnder } from './searched-under.ts'

export const logFormats = ['inspect', 'lmms-eval'] as const

export interface ExportLogOptions extends ProfileOptions {
  readonly to: (typeof logFormats)[number]
  /** A folder of logs, which may hold others. */
  readonly out: string
  readonly data?: string
  readonly pictures: Encoding
}

export interface ExportedLog {
  readonly searches: number
  readonly failed: number
  /** Searches that the run still owes, which the log does not have. */
  readonly missing: number
  /** Paths of what was written. */
  readonly files: readonly string[]
}

/** Replaces an earlier log of the same run. Throws `UserError`, and `AbortedError` when the signal fires: then nothing is written. */
export async function exportLog(source: string, options: ExportLogOptions, signal: AbortSignal): Promise<ExportedLog> {
  const run = await readLoggedRun(source)
  const progress = startProgress({ label: 'searches', total: run.searches })
  const onSearch = (): void => {
    throwIfAborted(signal)
    progress.advance()
  }
  const path = (name: string): string => join(resolve(options.out), name)
  const files: string[] = []
  if (options.to === 'inspect') {
    const config = await readSearchedConfig(source)
    const tell = searchTeller(await searchedUnder(source, config, options))
    files.push(path(inspectLogName(run)))
    const messagesOf = (trajectory: Parameters<typeof tell>[0]) => drawnMessages(tell(trajectory), options.pictures)
    await replaceFile(path(inspectLogName(run)), inspectLog(run, { messagesOf, onSearch }))
  } else {
    const names = lmmsLogNames(run)
    files.push(path(names.results), path(names.samples))
    await replaceFile(path(names.samples), lmmsSamples(run, onSearch))
    await replaceFile(path(names.results), `${JSON.stringify(lmmsResults(run), null, 2)}\n`)
  }
  progress.finish()
  const failed = run.problems.flatMap(({ outcomes }) => outcomes).filter(({ end }) => end === 'failed').length
  return { searches: run.searches, failed, missing: run.missing, files }
}
