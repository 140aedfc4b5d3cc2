/**
 * The files of run folders, which may have come from anybody: only plain files are read. A link could lead to any file of this
 * machine, and a pipe would never end.
 */
import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'

/** undefined: there is no plain file of that name. */
export async function plainFile(path: string): Promise<Stats | undefined> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isFile() ? found : undefined
}
