/**
 * A run is a folder with everything needed to read, resume and reproduce one command: `config.json`,
 * `trajectories.jsonl`, `metrics.jsonl`, `checkpoints.jsonl`, `images/<sha256>.<ext>`, and further files of the command.
 * Nothing is rewritten in place: files are written under a temporary name and renamed, lines are appended whole. Only one process at
 * a time has it open; `lock` names that process.
 */
import { access, lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../shared/canonical.ts'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'
import { openJsonl } from '../shared/jsonl.ts'
import type { JsonlWriter } from '../shared/jsonl.ts'
import { configurationFile, configurationName, differingSettings, readSettings } from './configuration.ts'
import type { Settings } from './configuration.ts'
import { runFileNames } from './files.ts'
import { plainFile } from './plain-file.ts'
import { checkLine, linesWithout, logFile, readLog } from './log.ts'
import type { Log } from './log.ts'
import { keepProgress } from './progress.ts'
import type { Counted } from './progress.ts'
import type { JobEnd } from '../shared/job.ts'
import { makeFolder } from '../shared/make-folder.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { lockName, lockRun } from './lock.ts'
import { settleAll } from '../shared/settle-all.ts'
import { removeStrays } from '../shared/strays.ts'

export interface RunFolder {
  readonly path: string
  /** Appends one line to a log and flushes it. Rejects values that readers of the log would not accept. */
  append<T>(log: Log<T>, value: T): Promise<void>
  /** Replaces a log atomically, and returns its path. */
  replace<T>(log: Log<T>, values: readonly T[]): Promise<string>
  /** Removes the lines of a log for which `unwanted` returns true; unreadable lines stay. */
  remove<T>(log: Log<T>, unwanted: (value: T) => boolean): Promise<void>
  /** The current lines of a log. */
  read<T>(log: Log<T>): AsyncGenerator<T, void>
  /** Stores an encoded picture once, named by the hex SHA-256 of its bytes; returns its path. */
  keepImage(bytes: Uint8Array, extension: string): Promise<string>
  /** Keeps how far the command is, for whoever looks at the run meanwhile. */
  tell(counted: Counted): void
  /** Keeps how the command ended. */
  end(ended: JobEnd): Promise<void>
  /** A path inside the folder. */
  file(...parts: readonly string[]): string
  /** Waits for pending writes and releases the lock. */
  close(): Promise<void>
  /** Closes the run of a failed command, and removes its folder if it is new and contains no work. */
  abandon(): Promise<void>
}

/**
 * Starts a run in an empty or missing folder, or resumes an existing one. `config` is JSON data with everything that affects the
 * results; `counting` is added to it, but a resume may change these settings: they only say how stored results are counted. Throws
 * `UserError` if the folder has a run with a different config or other content, or if another process has it open.
 */
export async function openRun(path: string, config: object, counting: Settings = {}): Promise<RunFolder> {
  // Checked before anything is written, and again under the lock.
  await checkConfig(path, config, counting)
  const made = await makeFolder(path).catch((cause: unknown) => {
    const why = `${path} cannot be created: ${messageOf(cause)}. Name another folder with --run.`
    throw new UserError('run-folder-unusable', why, { cause })
  })
  const removeMade = async (): Promise<void> => {
    for (const folder of made.toReversed()) await rmdir(folder).catch(() => {})
  }
  const lock = await lockRun(path).catch(async (error: unknown) => {
    await removeMade()
    throw error
  })
  let resumed = true
  const removeStart = async (): Promise<void> => {
    if (!resumed && (await isWithoutWork(path))) {
      for (const name of startNames) await rm(join(path, name), { recursive: true, force: true })
    }
    await lock.release()
    await removeMade()
  }
  try {
    resumed = await checkConfig(path, config, counting)
    await removeStrays(path)
    await removeStrays(join(path, imagesName))
    await makeFolder(join(path, imagesName)).catch((cause: unknown) => {
      const why = `${join(path, imagesName)} is not a folder: ${messageOf(cause)}. Move it away.`
      throw new UserError('run-folder-unusable', why, { cause })
    })
    const stored: Settings = resumed ? await readSettings(path) : Object.fromEntries(Object.entries(config))
    if (!resumed || differingSettings(stored, { ...stored, ...counting }).length > 0) {
      await replaceFile(configurationFile(path), `${JSON.stringify({ ...stored, ...counting }, null, 2)}\n`)
    }
  } catch (error) {
    await removeStart()
    throw error
  }

  const writers = new Map<string, Promise<JsonlWriter>>()
  const writerOf = (log: Pick<Log<unknown>, 'name'>): Promise<JsonlWriter> => {
    const writer = writers.get(log.name) ?? openJsonl(logFile(path, log))
    writers.set(log.name, writer)
    return writer
  }
  const rewrite = async (
    log: Pick<Log<unknown>, 'name'>,
    content: Parameters<typeof replaceFile>[1],
  ): Promise<string> => {
    await lock.check()
    // Later lines must go to the new file.
    const writer = writers.get(log.name)
    writers.delete(log.name)
    await (await writer)?.close()
    const file = logFile(path, log)
    await replaceFile(file, content)
    return file
  }
  const closeWriters = (): Promise<void> =>
    // A writer that could not be opened was reported by `append`.
    settleAll([...writers.values()].map(async (writer) => (await writer.catch(() => undefined))?.close()))
  const progress = keepProgress(path, () => lock.check())
  return {
    path,
    tell: (counted) => progress.tell(counted),
    end: (ended) => progress.end(ended),
    async append(log, value) {
      checkLine(path, log, value)
      await lock.check()
      await (await writerOf(log)).append(value)
    },
    async replace(log, values) {
      for (const value of values) checkLine(path, log, value)
      return rewrite(log, values.map((value) => `${JSON.stringify(value)}\n`).join(''))
    },
    async remove(log, unwanted) {
      for await (const value of readLog(path, log))
        if (unwanted(value)) return void (await rewrite(log, linesWithout(path, log, unwanted)))
    },
    read: (log) => readLog(path, log),
    async keepImage(bytes, extension) {
      const hash = sha256(bytes)
      const target = join(path, imagesName, `${hash}.${extension}`)
      if (!(await exists(target))) await replaceFile(target, bytes)
      return target
    },
    file: (...parts) => join(path, ...parts),
    async close() {
      await progress.close()
      const closed = closeWriters()
      await settleAll([closed, closed.catch(() => {}).then(() => lock.release())])
    },
    async abandon() {
      await progress.close()
      await closeWriters().catch(() => {})
      await removeStart()
    },
  }
}

/** Removes temporary files left by a killed process. No process may have the run open. */
export async function tidyRun(path: string): Promise<void> {
  await rm(join(path, lockName), { force: true })
  for (const inside of [path, join(path, imagesName)]) await removeStrays(inside)
}

/** The path of a stored picture by the hash of its bytes, or undefined. Symbolic links are not followed. */
export async function keptImage(path: string, hash: string): Promise<string | undefined> {
  const folder = join(path, imagesName)
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return undefined
  const name = (await readdir(folder).catch(() => [])).find((one) => one.startsWith(`${hash}.`))
  const file = name && join(folder, name)
  return file && (await plainFile(file)) ? file : undefined
}

const imagesName = 'images'

/** The names that a start writes before any work is done. */
const startNames = [configurationName, ...runFileNames, imagesName]

async function isWithoutWork(path: string): Promise<boolean> {
  const names = await namesIn(path)
  const pictures = await namesIn(join(path, imagesName))
  return pictures.length === 0 && names.every((name) => name === lockName || startNames.includes(name))
}

/** True if the folder contains exactly this run, false if it is empty or missing. */
async function checkConfig(path: string, config: object, counting: Settings): Promise<boolean> {
  // Listed only once, since another process may start the same run and write config.json at any moment.
  const names = await namesIn(path)
  if (!names.includes(configurationName)) {
    if (names.every((name) => name.endsWith('.tmp') || name === imagesName || name === lockName)) return false
    throw new UserError(
      'run-folder-taken',
      `${path} is not empty and is not a run folder (no config.json). Name another folder with --run.`,
    )
  }
  const stored = await readSettings(path)
  const kept = Object.entries(stored).filter(([name]) => !(name in counting))
  const differing = differingSettings(Object.fromEntries(kept), config)
  if (differing.length > 0) {
    throw new UserError(
      'run-config-differs',
      `${path} has a run with different settings (${differing.slice(0, 6).join('; ')}). ` +
        'Repeat the command with the settings it was started with, or name another folder with --run.',
    )
  }
  return true
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
    const code = errorCodeOf(error)
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw new UserError('run-folder-taken', `${path} is a file. Name a folder with --run.`)
    const why = `${path} cannot be read: ${messageOf(error)}. Name another folder with --run.`
    throw new UserError('run-folder-unusable', why, { cause: error })
  }
}
