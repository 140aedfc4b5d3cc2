/** Finds the run folders below a folder by their configuration. Names are relative paths; nothing outside is reachable. */
import { readdir, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'
import type { JobProgress } from '../shared/job.ts'
import { mapLimit } from '../shared/map-limit.ts'
import { recentValues } from '../shared/recent.ts'
import { brokenCode, configurationFile, configurationName, readSettings } from './configuration.ts'
import type { Settings } from './configuration.ts'
import { searchesPage } from './files.ts'
import { isLocked } from './lock.ts'
import { logFile } from './log.ts'
import { noteLog } from './notes.ts'
import { plainFile } from './plain-file.ts'
import { progressFile } from './progress.ts'
import { readRunFile } from './run-file.ts'
import { rolloutLog, searchLog } from './searches.ts'
import { policyFile } from './training.ts'

/** Recipes keep the runs of their stages in subfolders. */
const mostDepth = 4
const mostRuns = 1000
/** Folders looked at together. */
const atOnce = 16
const mostSettingBytes = 32 * 1024 ** 2

export interface FoundRun {
  /** Path of its folder relative to the folder of runs, with `/`. */
  readonly name: string
  readonly path: string
  /** Empty if they cannot be read. */
  readonly settings: Settings
  /** Why its settings cannot be read. */
  readonly unreadable?: string
  /** When its settings were written. */
  readonly startedMs: number
  readonly changedMs: number
  /** Whether a process is working in it. */
  readonly live: boolean
  readonly progress: JobProgress | undefined
  /** Whether it has a file that is only written at the end. */
  readonly hasResult: boolean
  /** The log of its searches; for training, of the stored rollouts. */
  readonly log: typeof searchLog | typeof rolloutLog
  /** Size of that log. */
  readonly bytes: number
  /** Changes whenever a log of the run changes. */
  readonly version: string
}

/** Reads the settings of the run in a folder; `settingsReader` makes one that remembers them. */
export type ReadSettings = (folder: string) => Promise<Settings>

/** Newest first, with those whose settings cannot be read. */
export async function findRuns(root: string, read: ReadSettings = readSettings): Promise<FoundRun[]> {
  const folders: string[] = []
  const walk = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    if (entries.some((entry) => entry.name === configurationName && entry.isFile())) folders.push(path)
    if (depth === mostDepth) return
    for (const entry of entries) {
      if (folders.length >= mostRuns) return
      // Symbolic links are not followed, since they may point anywhere.
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'images') {
        await walk(join(path, entry.name), depth + 1)
      }
    }
  }
  await walk(root, 0)
  const found = await mapLimit(folders, atOnce, (path) => runAt(root, path, read))
  return found.filter((run) => run !== undefined).toSorted((a, b) => b.changedMs - a.changedMs)
}

/**
 * Undefined if the name, after resolving links, is not a run inside `root`. Throws `UserError` `run-config-broken` if its settings cannot
 * be read.
 */
export async function findRun(
  root: string,
  name: string,
  read: ReadSettings = readSettings,
): Promise<FoundRun | undefined> {
  const path = join(root, name)
  const [base, real] = await Promise.all([root, path].map((one) => realpath(one).catch(() => undefined)))
  const inside = base !== undefined && real !== undefined && (real === base || real.startsWith(base + sep))
  if (!inside || name.includes('\0')) return undefined
  const run = await runAt(root, path, read)
  if (run?.unreadable !== undefined) throw new UserError(brokenCode, run.unreadable)
  return run
}

/** Files that commands write when they have finished; earlier versions kept nothing else of how they ended. */
const resultFiles = ['results.md', 'report.html', searchesPage, policyFile()]

async function runAt(root: string, path: string, read: ReadSettings): Promise<FoundRun | undefined> {
  const known = await settingsAt(path, read)
  if (known === undefined) return undefined
  const files = [searchLog, rolloutLog, { name: 'metrics' }, noteLog].map((log) => logFile(path, log))
  const [searches, rollouts, metrics, notes, configuration] = await Promise.all(
    [...files, configurationFile(path)].map(plainFile),
  )
  const [live, progress] = await Promise.all([
    isLocked(path).catch(() => false),
    readRunFile(path, progressFile).catch(() => undefined),
  ])
  const stats = [searches, rollouts, metrics, notes, configuration]
  const trains = searches === undefined && rollouts !== undefined
  return {
    name: relative(root, path).split(sep).join('/') || '.',
    path,
    ...known,
    startedMs: configuration?.mtimeMs ?? 0,
    changedMs: Math.max(...stats.map((one) => one?.mtimeMs ?? 0)),
    live,
    progress,
    hasResult: (await Promise.all(resultFiles.map((name) => plainFile(join(path, name))))).some(Boolean),
    log: trains ? rolloutLog : searchLog,
    bytes: (trains ? rollouts : searches)?.size ?? 0,
    version: stats.map((one) => `${one?.ino} ${one?.size} ${one?.mtimeMs}`).join(),
  }
}

/** Undefined if the folder is not a run. */
async function settingsAt(
  path: string,
  read: ReadSettings,
): Promise<Pick<FoundRun, 'settings' | 'unreadable'> | undefined> {
  try {
    return { settings: await read(path) }
  } catch (error) {
    if (errorCodeOf(error) !== brokenCode) return undefined
    // The list names the folder itself.
    return { settings: {}, unreadable: messageOf(error).replace(path + sep, '') }
  }
}

/** The settings of many runs, read again only if their file changed. */
export function settingsReader(): ReadSettings {
  const known = recentValues<{ readonly version: string; readonly bytes: number; readonly settings: Settings }>(
    mostSettingBytes,
    ({ bytes }) => bytes,
  )
  return async (folder) => {
    const { ino, size = 0, mtimeMs } = (await plainFile(configurationFile(folder))) ?? {}
    const version = `${ino} ${size} ${mtimeMs}`
    const before = known.get(folder)
    if (before?.version === version) return before.settings
    const settings = await readSettings(folder)
    known.set(folder, { version, bytes: size, settings })
    return settings
  }
}
