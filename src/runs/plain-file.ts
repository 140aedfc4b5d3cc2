/**
 * Files of run folders, which may be untrusted: only plain files are read. A symbolic link could point to any file of this machine,
 * and a pipe would never end.
 */
import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'

/** Undefined if there is no plain file of that name. */
export async function plainFile(path: string): Promise<Stats | undefined> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isFile() ? found : undefined
}
