/** Writes a training set, whole or not at all: beside the wanted folder, every row checked, then renamed. */
import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { errorCodeOf, messageOf, throwIfAborted, UserError } from '../../shared/errors.ts'
import { makeFolder } from '../../shared/make-folder.ts'
import { removeStrays } from '../../shared/strays.ts'
import { isUnwritable, unwritable } from '../../shared/unwritable.ts'
import { writeColdStart } from './cold-start.ts'
import { writeParquet } from './parquet-shards.ts'
import { writeSharegpt } from './sharegpt.ts'
import { specialTextIn } from './special-text.ts'
import type { TrainingRow } from './training-row.ts'
import { writeTrl } from './trl.ts'
import { onePerProblem, writeVerl } from './verl.ts'
import { keysOf } from '../../shared/fields.ts'

interface Target {
  write(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void>
  /** Starts making of each row what is written of it, or why it is left out; without it a row is written whole. */
  readonly startRows?: () => (row: TrainingRow) => TrainingRow | string
}

const targets = {
  sharegpt: { write: writeSharegpt },
  trl: { write: writeTrl },
  'mini-o3': { write: writeColdStart },
  parquet: { write: writeParquet },
  verl: { write: writeVerl, startRows: onePerProblem },
} as const satisfies Record<string, Target>

type ExportTarget = keyof typeof targets
export const exportTargets = keysOf(targets)

export interface ExportSetOptions {
  /** Made as they are written: one row and one row group of pictures are in memory. */
  readonly rows: AsyncIterable<TrainingRow>
  readonly to: ExportTarget
  /** A folder that is empty or not there. */
  readonly out: string
  /** When it fires, what was written is removed and `AbortedError` is thrown. */
  readonly signal?: AbortSignal | undefined
  readonly onRow?: () => void
}

export interface ExportSummary {
  readonly rows: number
  /** Rows that were left out, by reason, such as text that a trainer would read as pictures or special tokens. */
  readonly leftOut: Readonly<Record<string, number>>
  /** Places of pictures in the rows. A picture that several rows show is one file, or the bytes of each. */
  readonly images: number
  readonly files: number
  /** Of all files. */
  readonly bytes: number
}

/**
 * Throws `UserError` `export-folder-taken`, `export-folder-unusable` or `export-nothing`, and what `rows` throws; nothing is
 * left behind then. A row is written as it was said or not at all.
 */
export async function exportSet({ rows, to, out, signal, onRow }: ExportSetOptions): Promise<ExportSummary> {
  await checkFolder(out)
  await removeStrays(dirname(resolve(out)), basename(resolve(out)))
  const beside = `${resolve(out)}.${process.pid}.partial`
  const target: Target = targets[to]
  const prepare = target.startRows?.() ?? ((row: TrainingRow) => row)
  const counts = { rows: 0, images: 0 }
  const leftOut: Record<string, number> = {}
  async function* checked(): AsyncGenerator<TrainingRow, void> {
    for await (const row of rows) {
      throwIfAborted(signal)
      const prepared = prepare(row)
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
    const why = Object.keys(leftOut).length > 0 ? leftOutText(leftOut) : 'There is no row to export.'
    throw new UserError('export-nothing', `${why} Nothing is written: collect more searches, or take another format.`)
  }
  try {
    await makeFolder(beside).catch((cause: unknown) => {
      const why = `${out} cannot be made: ${messageOf(cause)}. Name another folder with --out.`
      throw new UserError('export-folder-unusable', why, { cause })
    })
    await target.write(checked(), beside)
    const sizes = await sizesIn(beside)
    await takeFolder(beside, out)
    return { ...counts, leftOut, files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
  } catch (error) {
    await rm(beside, { recursive: true, force: true })
    if (isUnwritable(error)) throw unwritable(out, error, 'Nothing is left behind: repeat the command then.')
    throw error
  }
}

/** Such as `2 rows are left out: the text holds <|im_end|> (2).`; empty where there is none. */
export function leftOutText(leftOut: ExportSummary['leftOut']): string {
  const reasons = Object.entries(leftOut).toSorted(([, a], [, b]) => b - a)
  if (reasons.length === 0) return ''
  const rows = reasons.reduce((sum, [, count]) => sum + count, 0)
  const told = reasons.slice(0, 12).map(([reason, count]) => `${reason} (${count})`)
  const others = reasons.length > told.length ? `, and ${reasons.length - told.length} other reasons` : ''
  return `${rows} ${rows === 1 ? 'row is' : 'rows are'} left out: ${told.join(', ')}${others}.`
}

/** Throws `UserError` unless the folder can be filled. */
export async function checkFolder(out: string): Promise<void> {
  const names = await readdir(out).catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return []
    throw new UserError(
      'export-folder-unusable',
      `${out} cannot be a folder: ${messageOf(error)}. Name another with --out.`,
    )
  })
  if (names.length > 0) throw folderTaken(out)
}

function folderTaken(out: string, cause?: unknown): UserError {
  const why = `${out} is not empty. Name a new folder with --out, or empty this one.`
  return new UserError('export-folder-taken', why, { cause })
}

/** Another export may have filled the folder since it was checked. */
async function takeFolder(beside: string, out: string): Promise<void> {
  try {
    await rmdir(out).catch((error: unknown) => {
      if (errorCodeOf(error) !== 'ENOENT') throw error
    })
    await rename(beside, out)
  } catch (error) {
    const code = errorCodeOf(error)
    throw code === 'ENOTEMPTY' || code === 'EEXIST' ? folderTaken(out, error) : error
  }
}

async function sizesIn(folder: string): Promise<number[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes: number[] = []
  for (const { parentPath, name } of files) sizes.push((await stat(join(parentPath, name))).size)
  return sizes
}
