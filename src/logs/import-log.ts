/** Reads a log of another program into a run folder. A repeat adds what is missing. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { keyOf, searchKey, searchLog } from '../runs/searches.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { messageOf, throwIfAborted } from '../shared/errors.ts'
import { boxFitter } from './fit-box.ts'
import type { ForeignLog } from './foreign.ts'
import { takenPictures } from './taken-pictures.ts'
import { toTrajectory, blankNote } from './to-trajectory.ts'

export interface ImportOptions {
  /** A folder in which pictures are looked up that the log only names. */
  readonly pictures?: string | undefined
  readonly signal: AbortSignal
  readonly onSample: () => void
}

export interface Imported {
  readonly searches: number
  /** Samples that could not be read, with the place and reason of the first few. */
  readonly unread: number
  readonly examples: readonly string[]
  readonly noPicture: number
  /** How the units of boxes were found. */
  readonly boxes: Readonly<Record<'pixel' | 'thousand' | 'relative' | 'assumed', number>>
}

const mostExamples = 5

export async function importLog(log: ForeignLog, run: RunFolder, options: ImportOptions): Promise<Imported> {
  const known = new Set<string>()
  for await (const search of run.read(searchLog)) known.add(keyOf(search))
  /** A sample that cannot be read does not end the import, but a picture that cannot be stored does: a repeat would not add it. */
  let unkept: unknown
  const keep = (bytes: Uint8Array): Promise<string> =>
    run.keepImage(bytes, 'picture').catch((error: unknown) => {
      unkept = error
      throw error
    })
  const pictures = takenPictures(keep, options.pictures)
  const fitter = boxFitter(log.unit)
  const examples: string[] = []
  let unread = 0
  let noPicture = 0
  const bad = (place: string, why: string): void => {
    if (unread++ < mostExamples) examples.push(`${place}: ${why}`)
  }
  for await (const sample of log.samples()) {
    throwIfAborted(options.signal)
    options.onSample()
    if ('why' in sample) bad(sample.place, sample.why)
    else if (!known.has(searchKey({ dataSource: log.task, docId: sample.id }, sample.attempt))) {
      const search = await toTrajectory(sample, { log, pictures, fitter })
        .then(readable)
        .catch((error: unknown) => bad(sample.id, messageOf(error)))
      if (unkept !== undefined) throw unkept
      if (search === undefined) continue
      if (search.imported?.notes?.includes(blankNote)) noPicture++
      await run.append(searchLog, search)
      known.add(keyOf(search))
    }
  }
  return { searches: known.size, unread, examples, noPicture, boxes: fitter.counts }
}

/** Logs have values that a search cannot have, such as a time without an end. */
function readable(search: Trajectory): Trajectory {
  const [issue] = searchLog.line.safeParse(search).error?.issues ?? []
  if (issue !== undefined) throw new Error(`${issue.path.join('.')}: ${issue.message}`)
  return search
}

/** The name and content of a log, by which an import is recognised. */
export async function logIdentity(files: readonly string[]): Promise<{ name: string; sha256: string }> {
  const hash = createHash('sha256')
  for (const file of files) for await (const block of createReadStream(file)) hash.update(block)
  return { name: basename(files[0] ?? ''), sha256: hash.digest('hex') }
}
