/** Makes training sets of the searches of runs that match a filter, one at a time, for the page to follow. */
import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { readFilter } from '../../protocol/filter/filter.ts'
import type { Filter } from '../../protocol/filter/filter.ts'
import { findRun } from '../../runs/find-runs.ts'
import { messageOf, MiniO3Error } from '../../shared/errors.ts'
import type { SetRow } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'
import { shaped } from '../http/shaped.ts'

interface SetWish {
  /** Path of the run. */
  readonly run: string
  readonly where: Filter
  readonly to: string
  /** A folder that does not exist. */
  readonly out: string
}

export interface SetDeskOptions {
  /** The folder of the runs, where sets are written too. */
  readonly root: string
  /** The formats of sets, the default first. */
  readonly formats: readonly string[]
  /** Writes a set, and returns a sentence about it. Throws `UserError`. */
  readonly write: (wish: SetWish, progress: SetProgress) => Promise<string>
  /** Called for internal errors. */
  readonly onFault: (error: unknown) => void
  /** Aborts a set in progress. */
  readonly signal: AbortSignal
}

interface SetProgress {
  readonly signal: AbortSignal
  readonly onTotal: (total: number) => void
  readonly onRow: () => void
}

export interface SetDesk {
  readonly formats: readonly string[]
  /** The folder where sets are written, as a user on this machine would name it. */
  readonly folder: string
  /** Starts a set. Throws `HttpError` and `UserError` for an invalid request, 409 while another is made. */
  start(body: unknown): Promise<SetRow>
  /** Throws `HttpError` 404. */
  row(id: string): SetRow
  /** Throws `HttpError` 404. */
  cancel(id: string): SetRow
  /** Resolves when the set in progress is written or removed. */
  close(): Promise<void>
}

const requestSchema = z.strictObject({
  run: z.string().min(1).max(1_000),
  where: z.string().max(4_000),
  to: z.string().max(100),
})

/** Sets that are remembered after they are made. */
const mostKept = 20

interface Job {
  readonly stop: AbortController
  row: SetRow
}

export function openSetDesk({ root, formats, write, onFault, signal }: SetDeskOptions): SetDesk {
  const jobs = new Map<string, Job>()
  const near = relative(process.cwd(), root)
  const folder = near === '' ? '.' : near.startsWith('..') ? root : near
  let working: Promise<void> | undefined

  /** Never throws: errors are stored in the row. */
  async function work(job: Job, wish: SetWish): Promise<void> {
    const gone = AbortSignal.any([signal, job.stop.signal])
    const change = (part: Partial<SetRow>): void => void (job.row = { ...job.row, ...part })
    try {
      const onRow = (): void => change({ done: job.row.done + 1 })
      const text = await write(wish, { signal: gone, onTotal: (total) => change({ total }), onRow })
      change({ state: 'done', text })
    } catch (error) {
      if (gone.aborted) return change({ state: 'cancelled', text: 'Cancelled; nothing was written.' })
      if (!(error instanceof MiniO3Error)) onFault(error)
      const internal = 'It failed. See the terminal of the server for the reason.'
      change({ state: 'failed', text: error instanceof MiniO3Error ? messageOf(error) : internal })
    }
  }

  function jobOf(id: string): Job {
    const job = jobs.get(id)
    if (job === undefined) throw new HttpError(404, 'no_set', 'There is no such set.')
    return job
  }

  return {
    formats,
    folder,
    async start(body) {
      const { run, where, to } = shaped(requestSchema, body)
      if (!formats.includes(to))
        throw new HttpError(400, 'invalid_request', `to: has to be one of ${formats.join(', ')}.`)
      const filter = readFilter(where)
      const found = await findRun(root, run)
      if (found === undefined) throw new HttpError(404, 'no_run', 'There is no such run.')
      const name = await freeName(root, run)
      if (working !== undefined)
        throw new HttpError(409, 'busy', 'Another set is being made. Wait for it, or cancel it.')
      const row: SetRow = { id: randomUUID(), state: 'working', name, path: join(folder, name), to, done: 0, text: '' }
      const job: Job = { stop: new AbortController(), row }
      jobs.set(row.id, job)
      for (const id of [...jobs.keys()].slice(0, Math.max(0, jobs.size - mostKept))) jobs.delete(id)
      const wish = { run: found.path, where: filter, to, out: join(root, name) }
      working = work(job, wish).finally(() => (working = undefined))
      return job.row
    },
    row: (id) => jobOf(id).row,
    cancel(id) {
      const job = jobOf(id)
      job.stop.abort()
      return job.row
    },
    async close() {
      for (const { stop } of jobs.values()) stop.abort()
      await working
    },
  }
}

/** Next to the other runs: `<run>-set`, or with a number behind it. */
async function freeName(root: string, run: string): Promise<string> {
  const start = `${run.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[.-]+/g, '') || 'run'}-set`
  for (let number = 1; ; number++) {
    const name = number === 1 ? start : `${start}-${number}`
    if ((await stat(join(root, name)).catch(() => undefined)) === undefined) return name
  }
}
