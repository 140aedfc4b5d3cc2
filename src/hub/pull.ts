/** Files of a repository, brought into the shared cache: first a plan that a person can agree to, then the downloads, one process at a time. */
import { rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockRun } from '../runs/lock.ts'
import type { RunLock } from '../runs/lock.ts'
import { bytesText } from '../shared/bytes.ts'
import { AbortedError, errorCodeOf, throwIfAborted, UserError } from '../shared/errors.ts'
import { makeFolder } from '../shared/make-folder.ts'
import { mapAsFinished } from '../shared/map-limit.ts'
import { sum } from '../shared/numbers.ts'
import { unwritable } from '../shared/unwritable.ts'
import { addToSnapshot, blobOf, freeBytes, keepRevision, partOf, repositoryFolder, snapshotFolder } from './cache.ts'
import { bytesAt, downloadFile } from './download.ts'
import { listRepository } from './listing.ts'
import type { Listing, ListOptions, RemoteFile } from './listing.ts'
import { folderName } from './repository.ts'
import type { Repository } from './repository.ts'
import type { HubSettings } from './settings.ts'

export interface PullPlan {
  readonly repository: Repository
  readonly commit: string
  readonly files: readonly RemoteFile[]
  readonly licence?: string
  readonly bytes: number
  /** What still has to come: less than `bytes` where files or parts of them are there. */
  readonly bytesLeft: number
  /** Where the files will be found. */
  readonly folder: string
  readonly hub: HubSettings
}

export interface PullOptions {
  readonly signal?: AbortSignal | undefined
  /** Of all bytes of the plan; `note` says what is being waited for. */
  readonly onBytes?: ((done: number, total: number, note?: string) => void) | undefined
}

/** Asks the hub, downloads nothing. `choose` picks the files. Throws `UserError`, also where the disk has no room for them. */
export async function planFiles(
  repository: Repository,
  hub: HubSettings,
  choose: (files: readonly RemoteFile[]) => readonly RemoteFile[],
  options: ListOptions = {},
): Promise<PullPlan> {
  const { commit, files: all, licence }: Listing = await listRepository(repository, hub, options)
  const files = choose(all)
  const own = repositoryFolder(hub.cache, repository)
  const bytes = sum(files.map((file) => file.bytes))
  const bytesLeft = bytes - (await bytesHere(own, commit, files))
  const free = await freeBytes(own)
  if (bytesLeft > free)
    throw new UserError(
      'disk-full',
      `${repository.id} needs ${bytesText(bytesLeft)} in ${hub.cache}, where ${bytesText(free)} are free. ` +
        'Make room there, or set HF_HOME to a folder on another disk.',
    )
  const folder = snapshotFolder(own, commit)
  return { repository, commit, files, bytes, bytesLeft, folder, hub, ...(licence !== undefined && { licence }) }
}

/** Requests at once: for sets of many small files, where each waits longer for the hub than for its bytes. */
const atOnce = 4

/**
 * Downloads what is missing. Two processes share one download: the second waits for the first, and goes on where that one
 * stopped. Nothing is written where all is there, so the cache may be read-only.
 */
export async function pullFiles(plan: PullPlan, { signal, onBytes = () => {} }: PullOptions = {}): Promise<void> {
  const { repository, commit, files, hub, bytes } = plan
  const folder = repositoryFolder(hub.cache, repository)
  if ((await missing(folder, commit, files)).length === 0) return
  const onWait = async (): Promise<void> =>
    onBytes(await bytesHere(folder, commit, files), bytes, 'another process is downloading it')
  await locked(join(hub.cache, '.locks', folderName(repository)), { signal, onWait }, async () => {
    await fetchMissing(folder, plan, { signal, onBytes })
    await keepRevision(folder, repository.revision, commit)
  })
  onBytes(bytes, bytes)
}

/** The first that fails stops the others. */
async function fetchMissing(
  folder: string,
  plan: PullPlan,
  { signal, onBytes = () => {} }: PullOptions,
): Promise<void> {
  const wanted = await missing(folder, plan.commit, plan.files)
  // Files with the same bytes are one blob, which two downloads must not write at once.
  const byHash = new Map<string, RemoteFile[]>()
  for (const file of wanted) byHash.set(file.hash, [...(byHash.get(file.hash) ?? []), file])
  let done = plan.bytes - sum(wanted.map(({ bytes }) => bytes))
  const failed = new AbortController()
  const either = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])])
  const fetchGroup = async (group: readonly RemoteFile[]): Promise<void> => {
    let counted = 0
    const progress = (have: number, note?: string): void => {
      done += have - counted
      counted = have
      onBytes(done, plan.bytes, note)
    }
    try {
      for (const file of group) {
        await fetchFile(file, folder, plan, { signal: either, onBytes: progress })
        progress(file.bytes)
        counted = 0
      }
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }
  for await (const _ of mapAsFinished(byHash.values(), atOnce, fetchGroup));
}

async function fetchFile(
  file: RemoteFile,
  folder: string,
  { hub, repository, commit }: PullPlan,
  options: { readonly signal: AbortSignal; readonly onBytes: (have: number, note?: string) => void },
): Promise<void> {
  const [blob, part] = [blobOf(folder, file.hash), partOf(folder, file.hash)]
  // The blob may be there for another name or commit.
  if ((await bytesAt(blob)) !== file.bytes) {
    try {
      await makeFolder(dirname(blob))
    } catch (cause) {
      throw unwritable(dirname(blob), cause, 'HF_HOME or HF_HUB_CACHE names the folder.')
    }
    await downloadFile(file, part, { hub, repository, commit, ...options })
    await rename(part, blob)
  }
  await addToSnapshot(blob, join(snapshotFolder(folder, commit), file.path))
}

async function missing(folder: string, commit: string, files: readonly RemoteFile[]): Promise<RemoteFile[]> {
  const held = await Promise.all(files.map((file) => isHere(folder, commit, file)))
  return files.filter((_, index) => !held[index])
}

async function isHere(folder: string, commit: string, { path, bytes }: RemoteFile): Promise<boolean> {
  const pointer = join(snapshotFolder(folder, commit), path)
  const found = await stat(pointer).catch(() => undefined)
  return found?.isFile() === true && found.size === bytes
}

/** Bytes of the files that need not come again. */
async function bytesHere(folder: string, commit: string, files: readonly RemoteFile[]): Promise<number> {
  return sum(await Promise.all(files.map((file) => bytesOf(folder, commit, file))))
}

async function bytesOf(folder: string, commit: string, file: RemoteFile): Promise<number> {
  if (await isHere(folder, commit, file)) return file.bytes
  if ((await bytesAt(blobOf(folder, file.hash))) === file.bytes) return file.bytes
  const part = await bytesAt(partOf(folder, file.hash))
  return part > file.bytes ? 0 : part
}

const pollMs = 500

interface Wait {
  readonly signal?: AbortSignal | undefined
  readonly onWait: () => Promise<void>
}

/** Works while no other process of this program works on the same repository; a holder that died is replaced. */
export async function locked<T>(folder: string, wait: Wait, work: () => Promise<T>): Promise<T> {
  const lock = await lockOf(folder, wait)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

async function lockOf(folder: string, { signal, onWait }: Wait): Promise<RunLock> {
  try {
    await makeFolder(folder)
  } catch (cause) {
    throw unwritable(folder, cause, 'HF_HOME or HF_HUB_CACHE names the folder.')
  }
  for (;;) {
    throwIfAborted(signal)
    try {
      return await lockRun(folder)
    } catch (error) {
      if (errorCodeOf(error) !== 'run-in-use') throw error
    }
    await onWait()
    await sleep(pollMs, undefined, { signal }).catch(() => {
      throw new AbortedError(undefined, { cause: signal?.reason })
    })
  }
}
