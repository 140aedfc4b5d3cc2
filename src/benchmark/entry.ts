/** What every reader of a benchmark gives: problems with pictures that are opened when their turn comes, and findings. */
import { sourceAt } from '../protocol/source.ts'
import type { Problem } from '../protocol/problem.ts'
import type { PictureReading } from '../protocol/rules.ts'
import { UserError } from '../shared/errors.ts'
import type { Picture } from '../vision/picture.ts'

/** What results are grouped by, such as `{ category: 'single', cycle: '2' }`. */
export type Slices = Readonly<Record<string, string>>

export interface BenchmarkEntry {
  readonly problem: Problem
  readonly slices: Slices
  /** The right letter, where there are choices. */
  readonly label?: string
  /** File and row, for whoever has to mend it. */
  readonly place: string
  openPicture(reading: PictureReading): Promise<Picture>
  /** Of a question about several pictures those of all but the first. */
  readonly openFurther?: readonly ((reading: PictureReading) => Promise<Picture>)[]
  /** What is wrong with the stored picture, seen without decoding it; undefined: nothing. */
  checkPicture(): Promise<string | undefined>
}

/** Something wrong with a benchmark's files; the message names the place. */
export interface DataFinding {
  readonly code: 'row' | 'count' | 'labels' | 'slice' | 'picture' | 'checksum'
  readonly message: string
}
export type Report = (finding: DataFinding) => void

export interface ReadOptions {
  /** Told of each table that rows are read from, as it is opened. */
  readonly onFile?: (file: string) => void
  /** Told of rows that cannot be used, which are then left out. Without it the first one is thrown as a UserError. */
  readonly report?: Report
}

/** `place`: file and row. */
export function rowError(place: string, what: string): UserError {
  return new UserError('data-row', `${place}: ${what}. Correct the row, or take it out.`)
}

/** The work's result; undefined when it threw `data-row` and there is somebody to tell. */
export async function orReport<T>(report: Report | undefined, work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (report === undefined || !(error instanceof UserError) || error.code !== 'data-row') throw error
    report({ code: 'row', message: error.message })
    return undefined
  }
}

const mark = '<image>'

/** The question of a row without the marks of its pictures; of several a mark within the text becomes the name of its picture. */
export function plainQuestion(text: string, pictures: number): string {
  const marks = text.split(mark).length - 1
  if (pictures === 1 || marks !== pictures) return text.replace(mark, '').trim()
  const around = text.split(/(?:<image>\s*)+/)
  if (around.length === 2 && around.some((part) => part.trim() === '')) return around.join('').trim()
  let number = 0
  return text.replaceAll(mark, () => sourceAt(number++, pictures)).trim()
}

/** A row as a file gives it. */
export interface Row {
  readonly place: string
  /** Why nothing can be made of it. */
  readonly broken?: string
}

/** The entries of all rows, in order. No two may have the same name. */
export async function gatherEntries<R extends Row>(
  rows: AsyncIterable<R>,
  entryOf: (row: R) => BenchmarkEntry | Promise<BenchmarkEntry>,
  { report }: ReadOptions,
): Promise<BenchmarkEntry[]> {
  const entries: BenchmarkEntry[] = []
  const places = new Map<string, string>()
  for await (const row of rows) {
    await orReport(report, async () => {
      if (row.broken !== undefined) throw rowError(row.place, row.broken)
      const entry = await entryOf(row)
      const { docId } = entry.problem
      const before = places.get(docId)
      if (before !== undefined) throw rowError(row.place, `${docId} is already the name of ${before}`)
      places.set(docId, row.place)
      entries.push(entry)
    })
  }
  return entries
}
