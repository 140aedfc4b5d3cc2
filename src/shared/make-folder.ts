/** Makes folders one by one: asked for all at once, the platform tries for ever where nothing can be made (/proc). */
import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errorCodeOf } from './errors.ts'

/**
 * Makes the folder and those above it, as needed. Returns those it made, the outermost first. Throws the platform's error
 * where that is not possible.
 */
export async function makeFolder(path: string): Promise<string[]> {
  if (await isFolder(path)) return []
  const above = dirname(resolve(path))
  const made = above === resolve(path) ? [] : await makeFolder(above)
  try {
    await mkdir(path)
    return [...made, path]
  } catch (error) {
    // Somebody else may have made it in between.
    if (errorCodeOf(error) !== 'EEXIST' || !(await isFolder(path))) throw error
    return made
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return false
    throw error
  }
}
