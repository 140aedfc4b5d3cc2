/** Removes temporary files left by killed processes. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRunning } from './process-identity.ts'

/** Temporary names used by `replaceFile`, exports and the lock: `<name>.<pid>-<8 hex digits>.tmp`, `<name>.<pid>.partial`. */
const strayName = /\.(?:(?<pid>\d+)(?:-[\da-f]+)*|[\da-f]{12})\.(?:tmp|partial)$/

/**
 * Removes them from a folder, which need not exist. `of`: only those of this file or folder name whose process is gone; without it,
 * the caller must be the only process that writes there.
 */
export async function removeStrays(folder: string, of?: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names) {
    const stray = strayName.exec(name)
    if (stray === null) continue
    if (of !== undefined && (stray.index !== of.length || !name.startsWith(of))) continue
    if (of !== undefined && isRunning(Number(stray.groups?.['pid'] ?? process.pid))) continue
    await rm(join(folder, name), { recursive: true, force: true })
  }
}
