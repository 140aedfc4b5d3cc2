/** `mini-o3 export --to tensorboard`: the curves of a run, and of those below it, as event files that TensorBoard shows. */
import { appendFile, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { scalarEvents } from '../../evaluate/scalar-events.ts'
import { findRuns } from '../../runs/find-runs.ts'
import { errorCodeOf, UserError } from '../../shared/errors.ts'
import { eventFile } from '../../shared/event-file.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { unwritable } from '../../shared/unwritable.ts'

export interface ExportedCurves {
  readonly runs: number
  readonly scalars: number
  /** Files that were written or have grown; the others were up to date. */
  readonly written: number
  readonly bytes: number
  /** Runs that were left out, each with the reason. */
  readonly unreadable: readonly { readonly run: string; readonly why: string }[]
}

/** One name a run, so that a repeated export goes on with the same file. */
const fileName = 'events.out.tfevents.0.mini-o3'

/** Repeated, it appends what a run has logged since; a file that a resume has made wrong is written anew. Throws `UserError`. */
export async function exportCurves(source: string, out: string): Promise<ExportedCurves> {
  const all = await findRuns(source)
  const unreadable = all.flatMap(({ name, unreadable: why }) => (why === undefined ? [] : [{ run: name, why }]))
  const found = all.filter((run) => run.unreadable === undefined)
  const sums = { runs: 0, scalars: 0, written: 0, bytes: 0, unreadable }
  for (const run of found.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const events = await scalarEvents(run)
    if (events.length === 0) continue
    const content = eventFile(events)
    sums.runs++
    sums.scalars += events.reduce((sum, { values }) => sum + Object.keys(values).length, 0)
    sums.bytes += content.length
    if (await bringTo(join(out, run.name, fileName), content)) sums.written++
  }
  if (sums.runs > 0) return sums
  const [broken] = unreadable
  if (broken !== undefined && found.length === 0)
    throw new UserError('export-nothing', `${join(source, broken.run)}: ${broken.why}`)
  const why =
    found.length === 0
      ? `${source} contains no run`
      : `No run in ${source} has a training step or is a finished evaluation`
  throw new UserError(
    'export-nothing',
    `${why}. Name the folder of a run of mini-o3 rl, sft, recipe or eval, or one that contains such runs.`,
  )
}

/** False: the file held this already. A reader that follows the file sees it grow wherever it can. */
async function bringTo(path: string, content: Uint8Array): Promise<boolean> {
  const held = await readFile(path).catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw unwritable(resolve(path), error, 'Or name another folder with --out.')
  })
  if (held.equals(content)) return false
  const grows = held.length > 0 && held.length < content.length && held.equals(content.subarray(0, held.length))
  if (!grows) await replaceFile(path, content)
  else
    await appendFile(path, content.subarray(held.length)).catch((error: unknown) =>
      Promise.reject(unwritable(path, error)),
    )
  return true
}
