/** Files that a killed process was writing: they are named after what they were to become, and nobody reads them. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** As `replaceFile`, exports and the lock name what they write beside: `<name>.<pid>-<n>.tmp`, `<name>.<pid>.partial`. */
const strayName = /\.(?:(?<pid>\d+)(?:-[\da-f]+)*|[\da-f]{12})\.(?:tmp|partial)$/

/** Removes those in a folder, also one that is absent, of processes that `isGone` says to be. */
export async function removeStrays(folder: string, isGone: (pid: number) => boolean): Promise<void> {
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names) {
    const pid = Number(strayName.exec(name)?.groups?.['pid'] ?? 0)
    if (strayName.test(name) && isGone(pid)) await rm(join(folder, name), { recursive: true, force: true })
  }
}
