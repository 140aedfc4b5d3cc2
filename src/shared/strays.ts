/** Files that a killed process was writing: they are named after what they were to become, and nobody reads them. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRunning } from './process-identity.ts'

/** As `replaceFile`, exports and the lock name what they write beside: `<name>.<pid>-<n>.tmp`, `<name>.<pid>.partial`. */
const strayName = /\.(?:(?<pid>\d+)(?:-[\da-f]+)*|[\da-f]{12})\.(?:tmp|partial)$/

/**
 * Removes those in a folder, also one that is absent. `of`: only of the file or folder of this name, and only those of
 * processes that are gone; without it the caller is known to be the only one who writes there.
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
