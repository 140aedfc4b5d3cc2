/** Finds the run folders below a folder by their configuration. Names are relative paths; nothing outside is reachable. */
import { readdir, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { configurationFile, isRun, readSettings } from './configuration.ts'
import type { Settings } from './configuration.ts'
import { isLocked } from './lock.ts'
import { logFile } from './log.ts'
import { plainFile } from './plain-file.ts'
import { rolloutLog, searchLog } from './searches.ts'

/** Recipes keep the runs of their stages in subfolders. */
const mostDepth = 4
const mostRuns = 1000

export interface FoundRun {
  /** Path of its folder relative to the folder of runs, with `/`. */
  readonly name: string
  readonly path: string
  readonly settings: Settings
  readonly changedMs: number
  /** Whether a process is working in it. */
  readonly live: boolean
  /** The log of its searches; for training, of the stored rollouts. */
  readonly log: typeof searchLog | typeof rolloutLog
  /** Size of that log. */
  readonly bytes: number
  /** Changes whenever a log of the run changes. */
  readonly version: string
}

/** Newest first. */
export async function findRuns(root: string): Promise<FoundRun[]> {
  const found: FoundRun[] = []
  const walk = async (path: string, depth: number): Promise<void> => {
    const run = (await isRun(path)) ? await runAt(root, path) : undefined
    if (run) found.push(run)
    if (depth === mostDepth) return
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      if (found.length >= mostRuns) return
      // Symbolic links are not followed, since they may point anywhere.
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'images') {
        await walk(join(path, entry.name), depth + 1)
      }
    }
  }
  await walk(root, 0)
  return found.toSorted((a, b) => b.changedMs - a.changedMs)
}

/** Undefined if the name, after resolving links, is not a run inside `root`. */
export async function findRun(root: string, name: string): Promise<FoundRun | undefined> {
  const path = join(root, name)
  const [base, real] = await Promise.all([root, path].map((one) => realpath(one).catch(() => undefined)))
  const inside = base !== undefined && real !== undefined && (real === base || real.startsWith(base + sep))
  return inside && !name.includes('\0') ? runAt(root, path) : undefined
}

async function runAt(root: string, path: string): Promise<FoundRun | undefined> {
  const settings = await readSettings(path).catch(() => undefined)
  if (settings === undefined) return undefined
  const files = [searchLog, rolloutLog, { name: 'metrics' }].map((log) => logFile(path, log))
  const stats = await Promise.all([...files, configurationFile(path)].map(plainFile))
  const [searches, rollouts] = stats
  const trains = searches === undefined && rollouts !== undefined
  return {
    name: relative(root, path).split(sep).join('/') || '.',
    path,
    settings,
    changedMs: Math.max(...stats.map((one) => one?.mtimeMs ?? 0)),
    live: await isLocked(path),
    log: trains ? rolloutLog : searchLog,
    bytes: (trains ? rollouts : searches)?.size ?? 0,
    version: stats.map((one) => `${one?.ino} ${one?.size} ${one?.mtimeMs}`).join(),
  }
}
