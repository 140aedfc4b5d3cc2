/** Atomic file replacement. */
import { randomUUID } from 'node:crypto'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from './make-folder.ts'
import { unwritable } from './unwritable.ts'

/** The temporary name of a file that is being written; `strays.ts` removes those of killed processes. */
export function besideOf(path: string): string {
  return `${path}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`
}

/** Writes a temporary file next to it, flushes, then renames. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const beside = besideOf(path)
  try {
    await makeFolder(dirname(path))
    const file = await open(beside, 'w')
    try {
      await writeFile(file, content)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {})
    throw unwritable(path, cause)
  }
}
