/** Finds the files of a benchmark in the given folder, or in the benchmark's own folder inside it. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCodeOf, messageOf, UserError } from '../../shared/errors.ts'

/**
 * Files by name, in order; `path` itself if it is a file. A name also matches its gzipped file, unless both exist. Throws UserError
 * `data-not-found` if there is none; `said` describes what was searched for.
 */
export async function findFiles(
  path: string,
  folders: readonly string[],
  names: readonly RegExp[],
  said: string,
): Promise<string[]> {
  if (await isFile(path)) return [path]
  const looked = [path, ...folders.map((folder) => join(path, folder))]
  for (const folder of looked) {
    const present = (await namesIn(folder)).toSorted()
    for (const name of names) {
      const found = present.filter((file) => name.test(plainName(file)) && !isPackedTwin(file, present))
      if (found.length > 0) return found.map((file) => join(folder, file))
    }
  }
  const first = await readdir(path).catch((error: unknown) => {
    throw notOpened(path, error)
  })
  throw new UserError(
    'data-not-found',
    `There is no ${said} in ${looked.slice(0, 4).join(' or ')}, ` +
      `which contains ${first.slice(0, 8).join(', ') || 'nothing'}. Check the path, or download the files.`,
  )
}

/** Why the path that the user gave for data cannot be opened. */
export function notOpened(path: string, cause: unknown): UserError {
  const why =
    errorCodeOf(cause) === 'ENOENT'
      ? `There is neither a file nor a folder ${path}.`
      : `${path} cannot be opened: ${messageOf(cause)}.`
  return new UserError('data-not-found', `${why} Check the path.`, { cause })
}

/** Folders in which a Hugging Face repository keeps the parquet files of a set. */
export function shardFolders(folder: string): string[] {
  return ['data', 'default/train', 'default/test', 'default/val', 'default'].map((below) => join(folder, below))
}

/** Names of the parquet files of splits on the hub, in order of preference. */
export function shardNames(...splits: readonly string[]): RegExp[] {
  const named = splits.map((split) => new RegExp(`^${split}(?:-\\d+-of-\\d+)?\\.parquet$`, 'i'))
  return [...named, /^\d{4,5}\.parquet$/]
}

/** The name without `.gz`. */
export function plainName(file: string): string {
  return file.replace(/\.gz$/i, '')
}

function isPackedTwin(file: string, present: readonly string[]): boolean {
  return file !== plainName(file) && present.includes(plainName(file))
}

export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}
