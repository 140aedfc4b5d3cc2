/** Writes a folder atomically: under another name, which takes its place when everything is there. */
import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { errorCodeOf, messageOf, UserError } from '../../shared/errors.ts'
import { makeFolder } from '../../shared/make-folder.ts'
import { removeStrays } from '../../shared/strays.ts'
import { isUnwritable, unwritable } from '../../shared/unwritable.ts'

export interface WrittenFolder {
  readonly files: number
  /** Total size of all files. */
  readonly bytes: number
}

/**
 * `write` fills a new folder. Throws its errors, `UserError` `export-folder-taken` if `out` is not empty, and `export-folder-unusable`;
 * then nothing is left behind.
 */
export async function writeFolder(out: string, write: (folder: string) => Promise<void>): Promise<WrittenFolder> {
  await checkFolder(out)
  await removeStrays(dirname(resolve(out)), basename(resolve(out)))
  const beside = `${resolve(out)}.${process.pid}.partial`
  try {
    await makeFolder(beside).catch((cause: unknown) => {
      const why = `${out} cannot be created: ${messageOf(cause)}. Name another folder with --out.`
      throw new UserError('export-folder-unusable', why, { cause })
    })
    await write(beside)
    const sizes = await sizesIn(beside)
    await takeFolder(beside, out)
    return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
  } catch (error) {
    await rm(beside, { recursive: true, force: true })
    if (isUnwritable(error)) throw unwritable(out, error, 'Partial output was removed: repeat the command after that.')
    throw error
  }
}

/** Throws `UserError` unless the folder is empty or can be created. */
export async function checkFolder(out: string): Promise<void> {
  const names = await readdir(out).catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return []
    throw new UserError(
      'export-folder-unusable',
      `${out} cannot be a folder: ${messageOf(error)}. Name another with --out.`,
    )
  })
  if (names.length > 0) throw folderTaken(out)
}

function folderTaken(out: string, cause?: unknown): UserError {
  const why = `${out} is not empty. Name a new folder with --out, or empty this one.`
  return new UserError('export-folder-taken', why, { cause })
}

/** Renames the result to its place; another export may have filled the folder in the meantime. */
async function takeFolder(beside: string, out: string): Promise<void> {
  try {
    await rmdir(out).catch((error: unknown) => {
      if (errorCodeOf(error) !== 'ENOENT') throw error
    })
    await rename(beside, out)
  } catch (error) {
    const code = errorCodeOf(error)
    throw code === 'ENOTEMPTY' || code === 'EEXIST' ? folderTaken(out, error) : error
  }
}

async function sizesIn(folder: string): Promise<number[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes: number[] = []
  for (const { parentPath, name } of files) sizes.push((await stat(join(parentPath, name))).size)
  return sizes
}
