/**
 * A run is a folder with everything needed to read, resume and reproduce one command: `config.json`,
 * `trajectories.jsonl`, `metrics.jsonl`, `checkpoints.jsonl`, `images/<sha256>.<ext>`, and what the command adds.
 * Nothing in it is rewritten in place: files are written beside and renamed, lines are appended whole. One process at a
 * time has it open; `lock` names that process.
 */
import { access, lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../shared/canonical.ts'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'
import { openJsonl } from '../shared/jsonl.ts'
import type { JsonlWriter } from '../shared/jsonl.ts'
import { configurationFile, configurationName, differingSettings, readSettings } from './configuration.ts'
import { runFileNames } from './files.ts'
import { plainFile } from './plain-file.ts'
import { checkLine, linesWithout, logFile, readLog } from './log.ts'
import type { Log } from './log.ts'
import { makeFolder } from '../shared/make-folder.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { lockName, lockRun } from './lock.ts'
import { settleAll } from '../shared/settle-all.ts'
import { removeStrays } from '../shared/strays.ts'

export interface RunFolder {
  readonly path: string
  /** Appends one line to a log and flushes it. Rejects what the log's readers would not take. */
  append<T>(log: Log<T>, value: T): Promise<void>
  /** Writes a log anew, whole or not at all, and returns its path. */
  replace<T>(log: Log<T>, values: readonly T[]): Promise<string>
  /** Removes the lines of a log that `unwanted` picks; what cannot be read stays. */
  remove<T>(log: Log<T>, unwanted: (value: T) => boolean): Promise<void>
  /** The lines of a log, so far. */
  read<T>(log: Log<T>): AsyncGenerator<T, void>
  /** Keeps an encoded picture once, named by the hash of its bytes (hex SHA-256); returns its path. */
  keepImage(bytes: Uint8Array, extension: string): Promise<string>
  /** A path inside the folder. */
  file(...parts: readonly string[]): string
  /** Waits for what is being written, and lets others open the run. */
  close(): Promise<void>
  /** Closes the run of a command that failed, and removes its folder again if that is new and no work is in it. */
  abandon(): Promise<void>
}

/**
 * Starts a run in an empty or absent folder, or resumes the one that is there. `config` is JSON data that decides what
 * the run computes. Throws `UserError` when the folder holds a run with another config, or something else, or when another
 * process works in it.
 */
export async function openRun(path: string, config: object): Promise<RunFolder> {
  // Once before anything is written, and once when nobody else can write.
  await checkConfig(path, config)
  const made = await makeFolder(path).catch((cause: unknown) => {
    const why = `${path} cannot be made: ${messageOf(cause)}. Name another folder with --run.`
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
    resumed = await checkConfig(path, config)
    await removeStrays(path)
    await removeStrays(join(path, imagesName))
    await makeFolder(join(path, imagesName)).catch((cause: unknown) => {
      const why = `${join(path, imagesName)} is not a folder: ${messageOf(cause)}. Move it away.`
      throw new UserError('run-folder-unusable', why, { cause })
    })
    if (!resumed) await replaceFile(configurationFile(path), `${JSON.stringify(config, null, 2)}\n`)
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
    // The next line goes to the new file.
    const writer = writers.get(log.name)
    writers.delete(log.name)
    await (await writer)?.close()
    const file = logFile(path, log)
    await replaceFile(file, content)
    return file
  }
  const closeWriters = (): Promise<void> =>
    // One that could not be opened has been told of by `append`.
    settleAll([...writers.values()].map(async (writer) => (await writer.catch(() => undefined))?.close()))
  return {
    path,
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
      const closed = closeWriters()
      await settleAll([closed, closed.catch(() => {}).then(() => lock.release())])
    },
    async abandon() {
      await closeWriters().catch(() => {})
      await removeStart()
    },
  }
}

/** Removes what a process that was killed left beside the work of its run. No process may work in it. */
export async function tidyRun(path: string): Promise<void> {
  await rm(join(path, lockName), { force: true })
  for (const inside of [path, join(path, imagesName)]) await removeStrays(inside)
}

/** A file of the pictures of a run by the hash of its bytes; undefined: it is not there. A link may lead anywhere and is not followed. */
export async function keptImage(path: string, hash: string): Promise<string | undefined> {
  const folder = join(path, imagesName)
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return undefined
  const name = (await readdir(folder).catch(() => [])).find((one) => one.startsWith(`${hash}.`))
  const file = name && join(folder, name)
  return file && (await plainFile(file)) ? file : undefined
}

const imagesName = 'images'

/** What a start writes before any work is done. */
const startNames = [configurationName, ...runFileNames, imagesName]

async function isWithoutWork(path: string): Promise<boolean> {
  const names = await namesIn(path)
  const pictures = await namesIn(join(path, imagesName))
  return pictures.length === 0 && names.every((name) => name === lockName || startNames.includes(name))
}

/** True: the folder holds this very run. False: there is nothing yet. */
async function checkConfig(path: string, config: object): Promise<boolean> {
  // Listed once: another process that starts the same run writes config.json at any moment.
  const names = await namesIn(path)
  if (!names.includes(configurationName)) {
    if (names.every((name) => name.endsWith('.tmp') || name === imagesName || name === lockName)) return false
    throw new UserError(
      'run-folder-taken',
      `${path} is not empty and holds no run (no config.json). Name another folder with --run.`,
    )
  }
  const differing = differingSettings(await readSettings(path), config)
  if (differing.length > 0) {
    throw new UserError(
      'run-config-differs',
      `${path} holds a run with other settings (${differing.slice(0, 6).join('; ')}). ` +
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
    throw error
  }
}
