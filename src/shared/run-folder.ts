/**
 * A run is a folder with everything needed to read, resume and reproduce one command: `config.json`,
 * `trajectories.jsonl`, `metrics.jsonl`, `checkpoints.jsonl`, `images/<sha256>.<ext>`, and what the command adds.
 * Nothing in it is rewritten in place: files are written beside and renamed, lines are appended whole. One process at a
 * time has it open; `lock` holds that process's id.
 */
import { access, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { canonicalJson, sha256 } from './canonical.ts'
import { errorCodeOf, messageOf, UserError } from './errors.ts'
import { parseJson } from './json.ts'
import { openJsonl, readJsonl } from './jsonl.ts'
import type { JsonlWriter } from './jsonl.ts'
import { makeFolder } from './make-folder.ts'

export type RunLog = 'trajectories' | 'metrics' | 'checkpoints' | 'stages' | 'pending' | 'judgements' | 'rollouts'

export interface RunFolder {
  readonly path: string
  /** Appends one line to a log and flushes it. */
  append(log: RunLog, value: unknown): Promise<void>
  /** The lines of a log, so far. */
  read(log: RunLog): AsyncGenerator<unknown, void>
  /** Keeps an encoded picture once, named by the hash of its bytes; returns that hash (hex SHA-256). */
  keepImage(bytes: Uint8Array, extension: string): Promise<string>
  /** A path inside the folder, such as `file('images', 'a.png')`. */
  file(...parts: readonly string[]): string
  /** Waits for what is being written, and lets others open the run. */
  close(): Promise<void>
}

/**
 * Starts a run in an empty or absent folder, or resumes the one that is there. `config` is JSON data that decides what
 * the run computes. Throws `UserError` when the folder holds a run with another config, or something else, or when another
 * process works in it.
 */
export async function openRun(path: string, config: object): Promise<RunFolder> {
  // Once before anything is written, and once when nobody else can write.
  await checkConfig(path, config)
  await makeFolder(path).catch((cause: unknown) => {
    const why = `${path} cannot be made: ${messageOf(cause)}. Name another folder with --run.`
    throw new UserError('run-folder-unusable', why, { cause })
  })
  await lockRun(path)
  try {
    const resumed = await checkConfig(path, config)
    await makeFolder(join(path, 'images'))
    if (!resumed) await replaceFile(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`)
  } catch (error) {
    await unlockRun(path)
    throw error
  }

  const writers = new Map<RunLog, Promise<JsonlWriter>>()
  const logPath = (log: RunLog): string => join(path, `${log}.jsonl`)
  return {
    path,
    async append(log, value) {
      let writer = writers.get(log)
      if (writer === undefined) {
        writer = openJsonl(logPath(log))
        writers.set(log, writer)
      }
      await (await writer).append(value)
    },
    read: (log) => readJsonl(logPath(log)),
    async keepImage(bytes, extension) {
      const hash = sha256(bytes)
      const target = join(path, 'images', `${hash}.${extension}`)
      if (!(await exists(target))) await replaceFile(target, bytes)
      return hash
    },
    file: (...parts) => join(path, ...parts),
    async close() {
      for (const writer of writers.values()) await (await writer).close()
      await unlockRun(path)
    },
  }
}

/** Takes the run for this process. The lock of a process that is gone, as after a kill, is taken over. */
async function lockRun(path: string): Promise<void> {
  const file = join(path, 'lock')
  const take = (): Promise<boolean> =>
    writeFile(file, String(process.pid), { flag: 'wx' }).then(
      () => true,
      (error: unknown) => {
        if (errorCodeOf(error) === 'EEXIST') return false
        throw error
      },
    )
  if (await take()) return
  const holder = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (/^\d+$/.test(holder) && !isAlive(Number(holder))) {
    await rm(file, { force: true })
    if (await take()) return
  }
  throw new UserError(
    'run-in-use',
    `${path} is in use by process ${holder || '(unknown)'}. Wait until it has ended, or name another folder with --run. ` +
      `If no such process works here, delete ${file}.`,
  )
}

async function unlockRun(path: string): Promise<void> {
  await rm(join(path, 'lock'), { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCodeOf(error) !== 'ESRCH'
  }
}

let besideCount = 0

/** Writes a whole file or none of it: beside, flushed, then renamed. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path))
  const beside = `${path}.${process.pid}-${besideCount++}.tmp`
  const file = await open(beside, 'w')
  try {
    await file.writeFile(content)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
}

/** True: the folder holds this very run. False: there is nothing yet. */
async function checkConfig(path: string, config: object): Promise<boolean> {
  const configPath = join(path, 'config.json')
  if (!(await exists(configPath))) {
    const names = await namesIn(path)
    if (names.every((name) => name.endsWith('.tmp') || name === 'images' || name === 'lock')) return false
    throw new UserError(
      'run-folder-taken',
      `${path} is not empty and holds no run (no config.json). Name another folder with --run.`,
    )
  }
  let stored: unknown
  try {
    stored = parseJson(await readFile(configPath, 'utf8'))
  } catch (error) {
    throw new UserError('run-config-broken', `${configPath} is not JSON. Name another folder with --run.`, {
      cause: error,
    })
  }
  // Through JSON, so that what cannot be stored (undefined, class instances) does not differ.
  const differing = differences(stored, JSON.parse(JSON.stringify(config)))
  if (differing.length > 0) {
    throw new UserError(
      'run-config-differs',
      `${path} holds a run with other settings (${differing.slice(0, 6).join('; ')}). ` +
        'Repeat the command with the settings it was started with, or name another folder with --run.',
    )
  }
  return true
}

/** One line for every setting that differs, such as `train.steps: 100, now 200`. */
export function differences(before: unknown, after: unknown, name = ''): string[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return []
  if (!isRecord(before) || !isRecord(after)) return [`${name || 'all'}: ${brief(before)}, now ${brief(after)}`]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => differences(before[key], after[key], name === '' ? key : `${name}.${key}`))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function brief(value: unknown): string {
  const text = value === undefined ? 'not set' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw new UserError('run-folder-taken', `${path} is a file. Name a folder with --run.`)
    throw error
  }
}
