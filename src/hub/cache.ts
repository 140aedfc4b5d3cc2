/**
 * The cache that all clients of the hub share: `models--<owner>--<name>` with `blobs/<hash>`, `snapshots/<commit>/<path>`, which
 * are links to blobs, and `refs/<revision>`, which hold a commit. What lies in a snapshot is whole.
 */
import { readdir, readFile, readlink, realpath, rename, rm, rmdir, stat, statfs, symlink } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { errorCodeOf } from '../shared/errors.ts'
import { makeFolder } from '../shared/make-folder.ts'
import { noLinkCodes } from '../shared/no-links.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { unwritable } from '../shared/unwritable.ts'
import { folderName, isCommit, repositoryIn } from './repository.ts'
import type { Repository } from './repository.ts'

export interface StoredFile {
  /** Relative to the snapshot, with forward slashes. */
  readonly path: string
  readonly bytes: number
}

export interface Snapshot {
  readonly commit: string
  readonly folder: string
  readonly files: readonly StoredFile[]
}

export function repositoryFolder(cache: string, repository: Pick<Repository, 'kind' | 'id'>): string {
  return join(cache, folderName(repository))
}

export function snapshotFolder(folder: string, commit: string): string {
  return join(folder, 'snapshots', commit)
}

export function blobOf(folder: string, hash: string): string {
  return join(folder, 'blobs', hash)
}

/** Path of an unfinished download of the blob, named like the hub's own clients do. */
export function partOf(folder: string, hash: string): string {
  return `${blobOf(folder, hash)}.incomplete`
}

/** The repositories in the cache. */
export async function storedRepositories(cache: string): Promise<Pick<Repository, 'kind' | 'id'>[]> {
  const names = await readdir(cache).catch(() => [])
  return names.toSorted().flatMap((name) => repositoryIn(name) ?? [])
}

/** The snapshots of a repository, that of the revision first. */
export async function snapshotsOf(folder: string, revision: string): Promise<Snapshot[]> {
  const wanted = isCommit(revision) ? revision : await commitOf(folder, revision)
  const names = await readdir(join(folder, 'snapshots')).catch(() => [])
  const commits = names.filter((name) => isCommit(name)).toSorted()
  return Promise.all(
    [...commits.filter((own) => own === wanted), ...commits.filter((own) => own !== wanted)].map(async (commit) => {
      const own = snapshotFolder(folder, commit)
      return { commit, folder: own, files: await filesBelow(own) }
    }),
  )
}

/** The commit of the revision when it was last requested; undefined if it never was. */
async function commitOf(folder: string, revision: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'refs', revision), 'utf8').then(
    (own) => own.trim(),
    () => '',
  )
  return isCommit(text) ? text : undefined
}

async function filesBelow(folder: string): Promise<StoredFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        // A link without its blob does not count as a file.
        const found = await stat(path).catch(() => undefined)
        return found?.isFile() ? [{ path: relative(folder, path).replaceAll('\\', '/'), bytes: found.size }] : []
      }),
  )
  return files.flat().toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Adds the file to the snapshot: a link to its blob, or the blob itself where links are not supported. */
export async function addToSnapshot(blob: string, pointer: string): Promise<void> {
  try {
    await makeFolder(dirname(pointer))
    await rm(pointer, { force: true })
    await symlink(relative(dirname(pointer), blob), pointer)
  } catch (cause) {
    if (!noLinkCodes.has(errorCodeOf(cause))) throw unwritable(pointer, cause)
    await rename(blob, pointer)
  }
}

export async function keepRevision(folder: string, revision: string, commit: string): Promise<void> {
  if (isCommit(revision) || (await commitOf(folder, revision)) === commit) return
  await replaceFile(join(folder, 'refs', revision), commit)
}

/** Free disk space in bytes at the folder, which need not exist yet. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder).catch(async (error: unknown) => {
    const above = dirname(resolve(folder))
    if (errorCodeOf(error) !== 'ENOENT' || above === resolve(folder)) throw error
    return { bavail: await freeBytes(above), bsize: 1 }
  })
  return bavail * bsize
}

/** Unfinished downloads. */
export async function partsIn(folder: string): Promise<StoredFile[]> {
  const names = await readdir(join(folder, 'blobs')).catch(() => [])
  const parts = names.filter((name) => name.endsWith('.incomplete')).map((name) => join(folder, 'blobs', name))
  return Promise.all(parts.map(async (path) => ({ path, bytes: (await stat(path)).size })))
}

/** Deletes files of a snapshot with their blobs, unless another snapshot shows the same blob, and folders that are left empty. */
export async function removeFromSnapshot(folder: string, snapshot: Snapshot, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const pointer = join(snapshot.folder, path)
    const target = await readlink(pointer).catch(() => undefined)
    await rm(pointer, { force: true })
    if (target !== undefined) {
      const blob = resolve(dirname(pointer), target)
      if (dirname(blob) === resolve(folder, 'blobs') && !(await isShown(folder, blob))) await rm(blob, { force: true })
    }
    await removeEmpty(dirname(pointer), join(folder, 'snapshots'))
  }
}

async function isShown(folder: string, blob: string): Promise<boolean> {
  const wanted = await realpath(blob).catch(() => blob)
  for (const { folder: own, files } of await snapshotsOf(folder, '')) {
    for (const { path } of files) if ((await realpath(join(own, path))) === wanted) return true
  }
  return false
}

/** Deletes empty folders upwards, up to the one that is kept. */
async function removeEmpty(folder: string, kept: string): Promise<void> {
  if (resolve(folder) === resolve(kept)) return
  try {
    await rmdir(folder)
  } catch {
    return
  }
  await removeEmpty(dirname(folder), kept)
}
