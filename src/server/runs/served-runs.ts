/**
 * Stores the searches of a server as ordinary runs in `<runs>/served`. A new run is started when the last one is full, and the oldest
 * are deleted, so disk use is bounded however long the server runs.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { SearchExchanges } from '../../protocol/exchange.ts'
import { keepExchanges } from '../../runs/exchanges.ts'
import { searchLog } from '../../runs/searches.ts'
import { findRun } from '../../runs/find-runs.ts'
import { forksName } from '../../runs/forks.ts'
import { notesVersion } from '../../runs/notes.ts'
import { openRun, tidyRun } from '../../runs/run-folder.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { Links } from '../searcher.ts'

export interface ServedLimits {
  /** Searches per run. */
  readonly searches: number
  readonly pictureBytes: number
  /** Number of runs kept. */
  readonly runs: number
}

const servedLimits: ServedLimits = { searches: 250, pictureBytes: 256 * 1024 ** 2, runs: 8 }

export interface ServedRuns {
  /** `files`: the uploaded pictures of the search. */
  keep(trajectory: Trajectory, files: readonly Uint8Array[], exchanges?: SearchExchanges): Promise<Links>
  /** Waits for pending writes and releases the lock of the run. */
  close(): Promise<void>
}

const command = 'serve'

/** Nothing is written until there is a search to store. */
export function servedRuns(root: string, limits: ServedLimits = servedLimits): ServedRuns {
  const folder = join(root, 'served')
  let run: RunFolder | undefined
  let name = ''
  let startedMs = 0
  let searches = 0
  let pictureBytes = 0
  /** Writes are serialised, since the index of a search in its run is part of its address. */
  let last: Promise<unknown> = Promise.resolve()

  async function openNext(): Promise<RunFolder> {
    await closeRun()
    // Names must sort by age, even if the clock was set back or has not advanced.
    startedMs = Math.max(Date.now(), startedMs + 1)
    const next = new Date(startedMs).toISOString().replaceAll(/[:.]/g, '-')
    run = await openRun(join(folder, next), { command, started: next })
    name = next
    searches = 0
    pictureBytes = 0
    await deleteOldest(folder, limits.runs)
    return run
  }

  /** After a failed write the same run is reopened, which repairs its log. */
  async function openAgain(): Promise<RunFolder> {
    const again = await openRun(join(folder, name), { command, started: name })
    run = again
    searches = 0
    for await (const _ of again.read(searchLog)) searches++
    return again
  }

  async function closeRun(): Promise<void> {
    const closing = run
    run = undefined
    await closing?.close()
  }

  async function openOne(): Promise<RunFolder> {
    if (name === '' || searches >= limits.searches || pictureBytes >= limits.pictureBytes) return openNext()
    return run ?? openAgain()
  }

  async function keepNow(...[trajectory, files, exchanges]: Parameters<ServedRuns['keep']>): Promise<Links> {
    const open = await openOne()
    try {
      for (const encoded of files) {
        // The format is detected from the content.
        await open.keepImage(encoded, 'picture')
        pictureBytes += encoded.byteLength
      }
      if (exchanges) await keepExchanges(open, trajectory, exchanges)
      await open.append(searchLog, trajectory)
    } catch (error) {
      await closeRun().catch(() => {})
      throw error
    }
    const encodedName = encodeURIComponent(`served/${name}`)
    const index = searches++
    return { page: `/#/run/${encodedName}/${index}`, trajectory: `/api/runs/${encodedName}/items/${index}` }
  }

  return {
    keep(...search) {
      const kept = last.then(() => keepNow(...search))
      last = kept.catch(() => {})
      return kept
    },
    async close() {
      await last
      await closeRun()
    },
  }
}

/** Deletes only server runs that no process is using, and that have no notes. Leftover temporary files of killed servers are removed from the others. */
async function deleteOldest(folder: string, kept: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-\d\d-\d\dT/.test(name)).toSorted()
  for (const [index, name] of names.entries()) {
    const path = join(folder, name)
    // What cannot be read stays.
    const run = await findRun(folder, name).catch(() => undefined)
    if (run?.settings['command'] !== command || run.live) continue
    // Somebody wants to keep what has notes, also of a fork.
    const notes = await Promise.all([path, join(path, forksName)].map(notesVersion))
    const isNoted = notes.some((version) => version !== '')
    // Another server may delete it, too.
    if (index < names.length - kept && !isNoted) await rm(path, { recursive: true, force: true })
    else await tidyRun(path)
  }
}
