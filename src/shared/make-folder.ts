/** Makes folders one by one: asked for all at once, the platform tries for ever where nothing can be made (/proc). */
import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errorCodeOf } from './errors.ts'

/** Makes the folder and those above it, as needed. Throws the platform's error where that is not possible. */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return
  const above = dirname(resolve(path))
  if (above !== resolve(path)) await makeFolder(above)
  try {
    await mkdir(path)
  } catch (error) {
    // Somebody else may have made it in between.
    if (errorCodeOf(error) !== 'EEXIST' || !(await isFolder(path))) throw error
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
