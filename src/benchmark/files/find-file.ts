/** Where a benchmark's files lie: in the folder that is named, or in the benchmark's own folder inside of it. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { messageOf, UserError } from '../../shared/errors.ts'

/**
 * Files by name, in order; `path` itself if it is a file. Throws UserError `data-not-found` unless there is any: `said`
 * tells people what was looked for.
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
      const found = present.filter((file) => name.test(file))
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
    `There is no ${said} in ${looked.join(' or ')}, ` +
      `which holds ${first.slice(0, 8).join(', ') || 'nothing'}. Check the path, or fetch the files.`,
  )
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

export type FindFile = (name: string) => string | undefined

/**
 * Finds pictures below a folder by the path that a row gives, or by the end of their path, as sets unpack into folders
 * that their rows do not name. undefined: there is none, or more than one.
 */
export async function filesBelow(folder: string): Promise<FindFile> {
  const paths = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'))
  const all = new Set(paths)
  const byName = new Map<string, string[]>()
  for (const path of paths) {
    const name = basename(path)
    const same = byName.get(name)
    if (same) same.push(path)
    else byName.set(name, [path])
  }
  return (given) => {
    const wanted = given.replaceAll('\\', '/').replace(/^\.?\//, '')
    if (all.has(wanted)) return join(folder, wanted)
    const same = byName.get(basename(wanted)) ?? []
    const ending = same.filter((path) => path.endsWith(`/${wanted}`))
    const [only, ...others] = ending.length > 0 ? ending : same
    return only === undefined || others.length > 0 ? undefined : join(folder, only)
  }
}
