/**
 * How far the command of a run is: `progress.json`, a small file that the command replaces while it works and when it ends, so that
 * other programs can tell the time that is left, and afterwards how it ended.
 */
import { join } from 'node:path'
import { z } from 'zod'
import type { JobEnd, JobProgress } from '../shared/job.ts'
import { replaceFile } from '../shared/replace-file.ts'
import type { RunFile } from './run-file.ts'

const progressSchema: z.ZodType<JobProgress> = z
  .object({
    unit: z.string(),
    total: z.int().nonnegative(),
    done: z.int().nonnegative(),
    before: z.int().nonnegative(),
    startedMs: z.number(),
    toldMs: z.number(),
    ended: z
      .object({ how: z.enum(['complete', 'incomplete', 'interrupted', 'failed']), reason: z.string().exactOptional() })
      .readonly()
      .exactOptional(),
  })
  .readonly()

export const progressFile: RunFile<JobProgress> = {
  name: 'progress.json',
  schema: progressSchema,
  fix: 'Delete it.',
}

/** The latest counts, as commands report them. */
export interface Counted extends Pick<JobProgress, 'unit' | 'total' | 'done'> {}

export interface ProgressKeeper {
  /** Writes at most every two seconds; what was told in between is written at the end of these. */
  tell(counted: Counted): void
  /** Writes nothing if nothing was told. */
  end(ended: JobEnd): Promise<void>
  /** Nothing is written after it. */
  close(): Promise<void>
}

const everyMs = 2000
const longestReason = 1000

/** `check` throws if the run is no longer ours. A file that cannot be written is left out: results do not depend on it. */
export function keepProgress(folder: string, check: () => Promise<void>): ProgressKeeper {
  let told: JobProgress | undefined
  let writtenMs = -Infinity
  let writing: Promise<void> = Promise.resolve()
  let later: NodeJS.Timeout | undefined
  const write = (): void => {
    clearTimeout(later)
    later = undefined
    writtenMs = Date.now()
    writing = writing
      .then(check)
      .then(() => replaceFile(join(folder, progressFile.name), `${JSON.stringify(told)}\n`))
      .catch(() => {})
  }
  return {
    tell({ unit, total, done }) {
      const now = Date.now()
      const same = told?.unit === unit ? told : { before: done, startedMs: now }
      told = { unit, total, done, before: same.before, startedMs: same.startedMs, toldMs: now }
      const waitMs = everyMs - (now - writtenMs)
      if (waitMs <= 0) write()
      else later ??= setTimeout(write, waitMs).unref()
    },
    async end({ how, reason }) {
      if (told !== undefined) {
        const ended = { how, ...(reason !== undefined && { reason: reason.slice(0, longestReason) }) }
        told = { ...told, toldMs: Date.now(), ended }
        write()
      }
      await writing
    },
    async close() {
      clearTimeout(later)
      await writing
    },
  }
}
