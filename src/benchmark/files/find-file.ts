/** Where a benchmark's files lie: in the folder that is named, or in the benchmark's own folder inside of it. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, UserError } from '../../shared/errors.ts'

/**
 * Files by name, in order; `path` itself if it is a file. A name stands for its gzipped file too, unless both are there.
 * Throws UserError `data-not-found` unless there is any: `said` tells people what was looked for.
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
    throw new UserError('data-not-found', `${path} cannot be opened: ${messageOf(error)}. Check the path.`, {
      cause: error,
    })
  })
  throw new UserError(
    'data-not-found',
    `There is no ${said} in ${looked.slice(0, 4).join(' or ')}, ` +
      `which holds ${first.slice(0, 8).join(', ') || 'nothing'}. Check the path, or fetch the files.`,
  )
}

/** Where a repository of the Hugging Face hub keeps the parquet of one set, below its folder. */
export function shardFolders(folder: string): string[] {
  return ['data', 'default/train', 'default/test', 'default/val', 'default'].map((below) => join(folder, below))
}

/** Parquet files of a split as the hub names them; the split that is wanted most in front. */
export function shardNames(...splits: readonly string[]): RegExp[] {
  const named = splits.map((split) => new RegExp(`^${split}(?:-\\d+-of-\\d+)?\\.parquet$`, 'i'))
  return [...named, /^\d{4,5}\.parquet$/]
}

/** Without the ending of a gzipped file. */
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
