/** Writes a training set, with every row checked. */
import { throwIfAborted, UserError } from '../../shared/errors.ts'
import { writeColdStart } from './cold-start.ts'
import { writeParquet } from './parquet-shards.ts'
import { writeSharegpt } from './sharegpt.ts'
import { specialTextIn } from './special-text.ts'
import { leftOutText } from '../../protocol/left-out.ts'
import type { LeftOutCounts } from '../../protocol/left-out.ts'
import type { TrainingRow } from './training-row.ts'
import { writeTrl } from './trl.ts'
import { endingInReply, onePerProblem, writeVerl, writeVerlAgent } from './verl.ts'
import { keysOf } from '../../shared/fields.ts'
import { writeFolder } from './write-folder.ts'
import type { WrittenFolder } from './write-folder.ts'

interface Target {
  write(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void>
  /** Returns a function that converts each row, or says why it is left out; without it rows are written unchanged. */
  readonly startRows?: () => (row: TrainingRow) => TrainingRow | string
  /** Only the problems are written, and no turns. */
  readonly problemsOnly?: true
}

const targets = {
  sharegpt: { write: writeSharegpt },
  trl: { write: writeTrl },
  'mini-o3': { write: writeColdStart },
  parquet: { write: writeParquet },
  verl: { write: writeVerl, startRows: onePerProblem, problemsOnly: true },
  'verl-agent': { write: writeVerlAgent, startRows: endingInReply },
} as const satisfies Record<string, Target>

type ExportTarget = keyof typeof targets
export const exportTargets = keysOf(targets)

export interface ExportSetOptions {
  /** Produced on demand: only one row and one row group of pictures are in memory. */
  readonly rows: AsyncIterable<TrainingRow>
  readonly to: ExportTarget
  /** An empty or non-existing folder. */
  readonly out: string
  /** When it fires, partial output is removed and `AbortedError` is thrown. */
  readonly signal?: AbortSignal | undefined
  readonly onRow?: () => void
}

export interface ExportSummary extends WrittenFolder {
  readonly rows: number
  readonly leftOut: LeftOutCounts
  /** Number of pictures in the rows; a picture used in several rows is stored once as a file, or in each row as bytes. */
  readonly images: number
}

/**
 * Throws `UserError` `export-folder-taken`, `export-folder-unusable` or `export-nothing`, and the errors of `rows`; then nothing is left
 * behind. A row is written unchanged or not at all.
 */
export async function exportSet({ rows, to, out, signal, onRow }: ExportSetOptions): Promise<ExportSummary> {
  const target: Target = targets[to]
  const prepare = target.startRows?.() ?? ((row: TrainingRow) => row)
  const counts = { rows: 0, images: 0 }
  const leftOut: Record<string, number> = {}
  async function* checked(): AsyncGenerator<TrainingRow, void> {
    for await (const row of rows) {
      throwIfAborted(signal)
      const unwanted = row.byHand && !target.problemsOnly
      const prepared = unwanted ? writtenByHand : prepare(row)
      const written = typeof prepared === 'string' ? prepared : (specialTextIn(prepared) ?? prepared)
      if (typeof written === 'string') leftOut[written] = (leftOut[written] ?? 0) + 1
      else {
        counts.rows++
        counts.images += written.images.length
        yield written
      }
      onRow?.()
    }
    throwIfAborted(signal)
    if (counts.rows > 0) return
    const why =
      Object.keys(leftOut).length > 0
        ? `${leftOutText(leftOut, ['row', 'rows'])} Nothing was written, since no row is left`
        : 'There are no rows to export'
    throw new UserError('export-nothing', `${why}: collect other searches.`)
  }
  const written = await writeFolder(out, (folder) => target.write(checked(), folder))
  return { ...counts, leftOut, ...written }
}

/** These formats cannot say that a turn is only to be read. */
const writtenByHand = 'a turn was written by hand, which the trainer would learn like the others: --by-hand allows that'
