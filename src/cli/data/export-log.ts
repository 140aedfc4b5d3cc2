/** `mini-o3 export --to inspect` and `--to lmms-eval`: an evaluation as a log of another harness. */
import { join, resolve } from 'node:path'
import { drawnViews, profileFinder, searchTeller } from '../../coldstart/export/run-rows.ts'
import { toldMessages } from '../../coldstart/export/told-messages.ts'
import type { ToldMessage } from '../../coldstart/export/told-messages.ts'
import { inspectLog, inspectLogName } from '../../evaluate/logs/inspect-log.ts'
import { lmmsLogNames, lmmsResults, lmmsSamples } from '../../evaluate/logs/lmms-log.ts'
import { readLoggedRun } from '../../evaluate/logs/logged-run.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { throwIfAborted } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Encoding } from '../../vision/encode.ts'
import type { ProfileOptions } from '../options/profile.ts'
import { possibleProfiles, readSearchedConfig, searchedUnder } from './searched-under.ts'

export const logFormats = ['inspect', 'lmms-eval'] as const

export interface ExportLogOptions extends ProfileOptions {
  readonly to: (typeof logFormats)[number]
  /** A folder of logs, which may hold others. */
  readonly out: string
  readonly data?: string
  /** Leaves out verdicts that were corrected by hand. */
  readonly asJudged?: true
  /** `none`: messages without pictures, which needs no data. */
  readonly pictures: Encoding | 'none'
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
  const run = await readLoggedRun(source, options.asJudged)
  const progress = startProgress({ label: 'searches', total: run.searches })
  const onSearch = (): void => {
    throwIfAborted(signal)
    progress.advance()
  }
  const path = (name: string): string => join(resolve(options.out), name)
  const files: string[] = []
  if (options.to === 'inspect') {
    const messagesOf = await teller(
      source,
      run.config.control === undefined ? options : { ...options, pictures: 'none' },
    )
    files.push(path(inspectLogName(run)))
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

/** Finds the messages of a search. What a control showed instead of the pictures is not stored, so its messages have none. */
async function teller(
  source: string,
  { pictures, ...options }: ExportLogOptions,
): Promise<(trajectory: Trajectory) => Promise<readonly ToldMessage[]>> {
  const config = await readSearchedConfig(source)
  if (pictures === 'none') {
    const profileOf = profileFinder(possibleProfiles(config, options))
    return async (trajectory) => toldMessages(trajectory, profileOf(trajectory))
  }
  const tell = searchTeller(await searchedUnder(source, config, options))
  return async (trajectory) => {
    const told = tell(trajectory)
    return toldMessages(trajectory, told.profile, await drawnViews(told, pictures))
  }
}
