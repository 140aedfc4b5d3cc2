/** Writes a training set, whole or not at all: beside the wanted folder, every row checked, then renamed. */
import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errorCodeOf, messageOf, throwIfAborted, UserError } from '../../shared/errors.ts'
import { makeFolder } from '../../shared/make-folder.ts'
import { writeColdStart } from './cold-start.ts'
import { writeParquet } from './parquet-shards.ts'
import { writeSharegpt } from './sharegpt.ts'
import { specialTextIn } from './special-text.ts'
import type { TrainingRow } from './training-row.ts'
import { writeTrl } from './trl.ts'

const writers = {
  sharegpt: writeSharegpt,
  trl: writeTrl,
  'mini-o3': writeColdStart,
  parquet: writeParquet,
} as const satisfies Record<string, (rows: AsyncIterable<TrainingRow>, folder: string) => Promise<void>>

export type ExportTarget = keyof typeof writers
export const exportTargets = Object.keys(writers) as readonly ExportTarget[]

export interface ExportSetOptions {
  /** Made as they are written: one row and one row group of pictures are in memory. */
  readonly rows: AsyncIterable<TrainingRow>
  readonly to: ExportTarget
  /** A folder that is empty or not there. */
  readonly out: string
  /** When it fires, what was written is removed and `AbortedError` is thrown. */
  readonly signal?: AbortSignal
  readonly onRow?: () => void
}

export interface ExportSummary {
  readonly rows: number
  /** Rows that were left out, by reason: text that a trainer would read as pictures or special tokens. */
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
  const beside = `${resolve(out)}.${process.pid}.partial`
  const counts = { rows: 0, images: 0 }
  const leftOut: Record<string, number> = {}
  async function* checked(): AsyncGenerator<TrainingRow, void> {
    for await (const row of rows) {
      throwIfAborted(signal)
      const reason = specialTextIn(row)
      if (reason === undefined) {
        counts.rows++
        counts.images += row.images.length
        yield row
      } else leftOut[reason] = (leftOut[reason] ?? 0) + 1
      onRow?.()
    }
    throwIfAborted(signal)
    if (counts.rows > 0) return
    const why = Object.keys(leftOut).length > 0 ? leftOutText(leftOut) : 'There is no row to export.'
    throw new UserError('export-nothing', `${why} Nothing is written.`)
  }
  try {
    await makeFolder(beside).catch((cause: unknown) => {
      const why = `${out} cannot be made: ${messageOf(cause)}. Name another folder with --out.`
      throw new UserError('export-folder-unusable', why, { cause })
    })
    await writers[to](checked(), beside)
    const sizes = await sizesIn(beside)
    await rmdir(out).catch((error: unknown) => {
      if (errorCodeOf(error) !== 'ENOENT') throw error
    })
    await rename(beside, out)
    return { ...counts, leftOut, files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
  } catch (error) {
    await rm(beside, { recursive: true, force: true })
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
  if (names.length === 0) return
  throw new UserError('export-folder-taken', `${out} is not empty. Name a new folder with --out, or empty this one.`)
}

async function sizesIn(folder: string): Promise<number[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes: number[] = []
  for (const { parentPath, name } of files) sizes.push((await stat(join(parentPath, name))).size)
  return sizes
}
