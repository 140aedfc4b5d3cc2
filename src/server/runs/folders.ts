/** The run folders below one folder: found by their `config.json`, named by their way there, and never anything outside. */
import { readdir, readFile, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { isLocked } from '../../runs/lock.ts'
import type { RunRow } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'
import { regularFile } from './regular-file.ts'
import { parseJson } from '../../shared/json.ts'

/** Recipes keep the runs of their stages in folders of their own. */
const mostDepth = 4
const mostRuns = 1000
const mostConfigBytes = 16 * 1024 ** 2

export type Settings = Readonly<Record<string, unknown>>

export interface FoundRun {
  readonly row: RunRow
  readonly path: string
  readonly settings: Settings
  /** The file that holds its searches, if there is any yet. */
  readonly log: string
  /** Changes when a log of the run does. */
  readonly version: string
}

/** The first two hold searches: of training those that it keeps, of all else each one. */
const logNames = ['trajectories.jsonl', 'rollouts.jsonl', 'metrics.jsonl', 'config.json'] as const

/** Newest first. */
export async function findRuns(root: string): Promise<FoundRun[]> {
  const found: FoundRun[] = []
  const walk = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    if (entries.some((entry) => entry.isFile() && entry.name === 'config.json')) {
      const run = await readRun(root, path)
      if (run) found.push(run)
    }
    if (depth === mostDepth) return
    for (const entry of entries) {
      if (found.length >= mostRuns) return
      // A link may lead anywhere: it is not followed.
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'images') {
        await walk(join(path, entry.name), depth + 1)
      }
    }
  }
  await walk(root, 0)
  return found.toSorted((a, b) => b.row.changedMs - a.row.changedMs)
}

/** Throws `HttpError` 404 for a name that leads to no run inside of `root`, links followed. */
export async function runNamed(root: string, name: string): Promise<FoundRun> {
  const path = join(root, name)
  const [base, real] = await Promise.all([root, path].map((one) => realpath(one).catch(() => undefined)))
  const inside = base !== undefined && real !== undefined && (real === base || real.startsWith(base + sep))
  const run = inside && !name.includes('\0') ? await readRun(root, path) : undefined
  if (run === undefined) throw new HttpError(404, 'no_run', 'There is no such run in the folder of runs.')
  return run
}

async function readRun(root: string, path: string): Promise<FoundRun | undefined> {
  let settings: Settings
  try {
    const config = join(path, 'config.json')
    const { size = Infinity } = (await regularFile(config)) ?? {}
    if (size > mostConfigBytes) return undefined
    const value: unknown = parseJson(await readFile(config, 'utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    settings = value as Settings
  } catch {
    return undefined
  }
  const stats = await Promise.all(logNames.map((name) => regularFile(join(path, name))))
  const [searches, rollouts] = stats
  const log = searches === undefined && rollouts !== undefined ? 1 : 0
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  return {
    path,
    settings,
    log: join(path, logNames[log]),
    version: stats.map((one) => `${one?.ino} ${one?.size} ${one?.mtimeMs}`).join(),
    row: {
      name: relative(root, path).split(sep).join('/') || '.',
      command: text(settings['command']),
      policy: text(settings['policy']),
      changedMs: Math.max(...stats.map((one) => one?.mtimeMs ?? 0)),
      live: (await regularFile(join(path, 'lock'))) !== undefined && (await isLocked(path)),
      bytes: stats[log]?.size ?? 0,
    },
  }
}
