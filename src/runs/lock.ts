/**
 * The lock of a run: a file that names the process that has the run open. It is created with link(2), so that it is never seen half
 * written; a dead process's lock is replaced with rename(2) by exactly one taker. A holder on this machine is checked by its
 * process; one in another container or on another machine by its heartbeat, which touches the file.
 */
import { randomUUID } from 'node:crypto'
import { link, lstat, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { sha256 } from '../shared/canonical.ts'
import { errorCodeOf, UserError } from '../shared/errors.ts'
import { parseJson } from '../shared/json.ts'
import { noLinkCodes } from '../shared/no-links.ts'
import { plainFile } from './plain-file.ts'
import { isRunning, ownIdentity, processIdentitySchema, stateOf } from '../shared/process-identity.ts'
import type { ProcessIdentity } from '../shared/process-identity.ts'
import { besideOf } from '../shared/replace-file.ts'
import { unwritable } from '../shared/unwritable.ts'

export interface RunLock {
  /** Throws `UserError` if another process has taken over the run, for example after this one was suspended for long. */
  check(): Promise<void>
  release(): Promise<void>
}

export interface LockTimes {
  readonly beatMs: number
  /** A remote holder counts as gone if it has not touched its lock for this long. */
  readonly silentMs: number
}

const lockTimes: LockTimes = { beatMs: 2000, silentMs: 10_000 }

const holderSchema = z.object({ process: processIdentitySchema, token: z.string() })

interface Held {
  /** Content of the lock file. */
  readonly text: string
  readonly process?: ProcessIdentity
}

export const lockName = 'lock'

function lockFile(folder: string): string {
  return join(folder, lockName)
}

/** Locks the run in `folder` for this process. Throws `UserError` `run-in-use` if another process holds the lock. */
export async function lockRun(folder: string, times: LockTimes = lockTimes): Promise<RunLock> {
  const file = lockFile(folder)
  const own = JSON.stringify({ process: await ownIdentity(), token: randomUUID() })
  await take(file, own, times)
  return holdLock(file, own, times)
}

/** Whether the holder of the run's lock is alive. Returns at once; for a remote holder it compares the clocks of both machines. */
export async function isLocked(folder: string): Promise<boolean> {
  const file = lockFile(folder)
  const held = (await plainFile(file)) && (await read(file))
  if (held === undefined) return false
  const state = await stateOfHolder(held)
  if (state !== 'unknown') return state === 'running'
  const touchedMs = (await stat(file).catch(() => undefined))?.mtimeMs ?? 0
  return Math.abs(Date.now() - touchedMs) < lockTimes.silentMs
}

async function take(file: string, own: string, times: LockTimes): Promise<void> {
  let held: Held | undefined
  for (let tries = 0; tries < mostTries; tries++) {
    if (await create(file, own)) return
    held = await read(file)
    if (held === undefined) continue
    if (await isWorking(file, held, times)) break
    return replaceDead(file, held, own, times)
  }
  throw inUse(file, held)
}

/** Limit on retries while holders come and go. */
const mostTries = 50

/** Returns false if a lock already exists. */
async function create(file: string, own: string): Promise<boolean> {
  const beside = besideOf(file)
  try {
    await writeFile(beside, own, { flag: 'wx' })
    await link(beside, file)
    return true
  } catch (cause) {
    const code = errorCodeOf(cause)
    // A network file system may lose the response to a link that succeeded.
    if (code === 'EEXIST') return (await read(file))?.text === own
    // Removed by the process that has just taken the lock.
    if (code === 'ENOENT' && (await isFolder(dirname(file)))) return false
    if (withoutHardLinks.has(code)) return createWhole(file, own)
    throw unwritable(file, cause)
  } finally {
    await rm(beside, { force: true })
  }
}

/** Errors of file systems without hard links: exFAT, some network and container volumes. */
const withoutHardLinks = new Set([...noLinkCodes, 'EMLINK', 'EACCES', 'EISDIR'])

/** The file may briefly be seen empty; readers wait before they treat it as abandoned. */
async function createWhole(file: string, own: string): Promise<boolean> {
  try {
    await writeFile(file, own, { flag: 'wx' })
    return true
  } catch (cause) {
    if (errorCodeOf(cause) === 'EEXIST') return false
    throw unwritable(file, cause)
  }
}

/**
 * Replaces a dead holder's lock by our own. A second lock, named after the dead one, admits one taker at a time; only a process that
 * holds it and still finds the dead lock may replace it.
 */
async function replaceDead(file: string, dead: Held, own: string, times: LockTimes): Promise<void> {
  const guard = `${file}.${sha256(dead.text).slice(0, 12)}.tmp`
  await take(guard, own, times)
  const beside = besideOf(file)
  try {
    const now = await read(file)
    // Another taker was faster. It may have ended already, but it was working when this process asked.
    if (now?.text !== dead.text) throw inUse(file, now)
    await writeFile(beside, own, { flag: 'wx' })
    await rename(beside, file)
  } catch (cause) {
    throw cause instanceof UserError ? cause : unwritable(file, cause)
  } finally {
    await rm(beside, { force: true })
    await rm(guard, { force: true })
  }
}

/** Watches a remote holder until its lock changes or has been silent for long enough. */
async function isWorking(file: string, held: Held, { beatMs, silentMs }: LockTimes): Promise<boolean> {
  const state = await stateOfHolder(held)
  if (state !== 'unknown') return state === 'running'
  const seen = await touched(file)
  for (let waitedMs = 0; waitedMs < silentMs; waitedMs += beatMs / 2) {
    await sleep(beatMs / 2)
    if ((await touched(file)) !== seen) return true
  }
  return false
}

async function stateOfHolder({ text, process: holder }: Held): ReturnType<typeof stateOf> {
  if (holder !== undefined) return stateOf(holder)
  // Earlier versions wrote only a process id, which may have been reused.
  return /^\d+$/.test(text.trim()) && !isRunning(Number(text)) ? 'gone' : 'unknown'
}

/** Changes with every heartbeat. Opens the file, because network file systems revalidate attributes on open. */
async function touched(file: string): Promise<string | undefined> {
  try {
    const handle = await open(file, 'r')
    try {
      const { mtimeMs, ino, size } = await handle.stat()
      return `${mtimeMs} ${ino} ${size}`
    } finally {
      await handle.close()
    }
  } catch {
    return undefined
  }
}

function holdLock(file: string, own: string, { beatMs, silentMs }: LockTimes): RunLock {
  let lost: UserError | undefined
  let beatenMs = Date.now()

  async function beat(): Promise<void> {
    // A moment without a free file descriptor, say: nobody has taken over.
    const held = await read(file).catch(() => 'unreadable' as const)
    if (held === 'unreadable') return
    if (held?.text !== own) {
      lost ??= takenOver(file)
      clearInterval(timer)
      return
    }
    const now = new Date()
    await utimes(file, now, now).catch(() => {})
    beatenMs = now.getTime()
  }
  const timer = setInterval(() => void beat(), beatMs)
  timer.unref()
  return {
    async check() {
      // Another process may have taken over while the machine slept or this process was stopped.
      if (lost === undefined && Date.now() - beatenMs > silentMs / 2) await beat()
      if (lost !== undefined) throw lost
    },
    async release() {
      clearInterval(timer)
      if ((await read(file))?.text === own) await rm(file, { force: true })
    },
  }
}

/** Undefined if there is no lock. A torn or older lock only has `text`. */
async function read(file: string): Promise<Held | undefined> {
  let text: string
  try {
    // A pipe would never end.
    if (!(await lstat(file)).isFile()) throw new UserError('run-lock-unreadable', `${file} is not a file. Delete it.`)
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof UserError) throw error
    if (errorCodeOf(error) === 'ENOENT') return undefined
    throw new UserError('run-lock-unreadable', `${file} cannot be read (${errorCodeOf(error)}). Delete it.`, {
      cause: error,
    })
  }
  try {
    return { text, process: holderSchema.parse(parseJson(text)).process }
  } catch {
    return { text }
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

function inUse(file: string, held: Held | undefined): UserError {
  const holder = held?.process
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  return new UserError(
    'run-in-use',
    `${dirname(file)} is in use by ${who}. Wait until it has ended, or name another folder with --run.`,
  )
}

function takenOver(file: string): UserError {
  return new UserError(
    'run-taken-over',
    `Another process has taken over ${dirname(file)}, or its lock was deleted, while this one was suspended. ` +
      'This process stops writing; what was stored before is kept.',
  )
}
