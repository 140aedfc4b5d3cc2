/** Creates nested folders one by one: Node's recursive mkdir never returns where nothing can be created (/proc). */
import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errorCodeOf } from './errors.ts'

/**
 * Creates the folder and its missing parents. Returns the created folders, outermost first. Throws the platform's error on
 * failure.
 */
export async function makeFolder(path: string): Promise<string[]> {
  if (await isFolder(path)) return []
  const above = dirname(resolve(path))
  const made = above === resolve(path) ? [] : await makeFolder(above)
  try {
    await mkdir(path)
    return [...made, path]
  } catch (error) {
    // Another process may have created it in the meantime.
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
