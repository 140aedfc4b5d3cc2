/** Recognises the logs of other programs by their names and first lines. */
import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'
import { fieldsOf } from '../shared/fields.ts'
import { parseLine, wholeLines } from '../shared/jsonl.ts'
import { openDeepEyesLog } from './deepeyes.ts'
import type { ForeignLog } from './foreign.ts'
import { openInspectLog } from './inspect.ts'
import { openVerifiersLog } from './verifiers.ts'
import { openVerlDump } from './verl.ts'

export interface FoundLog {
  /** The files that it consists of; the first one names it. */
  readonly files: readonly string[]
  open(): Promise<ForeignLog>
}

const expected =
  'It has to be a log of inspect_ai (.eval or .json), results of verifiers (results.jsonl or traces.jsonl), results of ' +
  "DeepEyes' evaluation, or rollouts that verl dumped (.jsonl), or a folder with these"
const mostDepth = 3
const mostLogs = 500

/** The logs at a path, a file or a folder, in the order of their names. Throws `UserError` if there are none. */
export async function findLogs(path: string): Promise<FoundLog[]> {
  const found = await stat(path).catch((cause: unknown) => {
    const why = errorCodeOf(cause) === 'ENOENT' ? 'There is no' : 'Not readable:'
    throw new UserError('log-not-found', `${why} ${path}. ${expected}.`, { cause })
  })
  const logs = found.isDirectory() ? await logsIn(path, 0) : [await logOfFile(path)].flatMap((one) => one ?? [])
  if (logs.length > 0) return logs
  throw new UserError('log-unknown', `${path} is not a supported log. ${expected}.`)
}

/** Whether there is a log at the path. */
export async function hasLog(path: string): Promise<boolean> {
  return findLogs(path).then(
    (logs) => logs.length > 0,
    () => false,
  )
}

async function logsIn(folder: string, depth: number): Promise<FoundLog[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name))
  const dumps = files.filter((file) => /^\d+\.jsonl$/.test(basename(file))).toSorted((a, b) => stepOf(a) - stepOf(b))
  const logs: FoundLog[] = []
  if (dumps[0] !== undefined && (await keysOfFirst(dumps[0])).has('output')) {
    logs.push({ files: dumps, open: () => opened(dumps[0] ?? folder, openVerlDump(dumps)) })
  }
  for (const file of files) {
    if (logs.length >= mostLogs) break
    if (!dumps.includes(file)) logs.push(...[await logOfFile(file).catch(() => undefined)].flatMap((one) => one ?? []))
  }
  if (depth === mostDepth) return logs
  for (const entry of entries) {
    if (entry.isDirectory() && logs.length < mostLogs) logs.push(...(await logsIn(join(folder, entry.name), depth + 1)))
  }
  return logs
}

function stepOf(file: string): number {
  return Number.parseInt(basename(file), 10)
}

/** Undefined for a file of another kind. */
async function logOfFile(file: string): Promise<FoundLog | undefined> {
  const one = (log: () => Promise<ForeignLog | undefined>): FoundLog => ({
    files: [file],
    open: () => opened(file, log()),
  })
  if (file.endsWith('.eval')) return one(() => openInspectLog(file))
  if (file.endsWith('.json')) return (await startsLikeLog(file)) ? one(() => openInspectLog(file)) : undefined
  if (!file.endsWith('.jsonl')) return undefined
  const keys = await keysOfFirst(file)
  if (keys.has('pred_output')) return one(() => openDeepEyesLog(file))
  if (keys.has('input') && keys.has('output') && keys.has('step')) return one(() => openVerlDump([file]))
  if (keys.has('traces') || (keys.has('completion') && keys.has('reward'))) {
    const log = one(() => openVerifiersLog(file))
    return { ...log, files: [file, ...(await besides(file))] }
  }
  return undefined
}

/** The settings of verifiers stand beside its results. */
async function besides(file: string): Promise<string[]> {
  const settings = join(dirname(file), 'metadata.json')
  return (await stat(settings).catch(() => undefined))?.isFile() ? [settings] : []
}

async function opened(file: string, log: Promise<ForeignLog | undefined>): Promise<ForeignLog> {
  const read = await log.catch((cause: unknown) => {
    if (cause instanceof UserError) throw cause
    throw new UserError('log-unreadable', `${file} cannot be read: ${messageOf(cause)}.`, { cause })
  })
  if (read !== undefined) return read
  throw new UserError('log-unknown', `${file} is not a supported log. ${expected}.`)
}

const headBytes = 64 * 1024

async function headOf(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** A .json file may be anything, of any size. */
async function startsLikeLog(file: string): Promise<boolean> {
  const head = await headOf(file)
  return /^\s*\{/.test(head) && /"version"\s*:/.test(head) && /"eval"\s*:/.test(head)
}

const mostTried = 5

/** The keys of the first line that is an object. */
async function keysOfFirst(file: string): Promise<ReadonlySet<string>> {
  let tried = 0
  for await (const { bytes } of wholeLines(file, 0, 'read')) {
    const line = parseLine(bytes, z.unknown())
    const fields = line !== undefined && 'value' in line ? fieldsOf(line.value) : undefined
    if (fields !== undefined) return new Set(Object.keys(fields))
    if (++tried === mostTried) break
  }
  return new Set()
}
