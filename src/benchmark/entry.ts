/** The result of every benchmark reader: problems whose pictures are opened on demand, and findings. */
import { sourceAt } from '../protocol/source.ts'
import type { Problem } from '../protocol/problem.ts'
import type { PictureReading } from '../protocol/rules.ts'
import { UserError } from '../shared/errors.ts'
import type { Picture } from '../vision/picture.ts'

/** Groups for partial scores, for example `{ category: 'single', cycle: '2' }`. */
export type Slices = Readonly<Record<string, string>>

export interface BenchmarkEntry {
  readonly problem: Problem
  readonly slices: Slices
  /** The right letter, if there are choices. */
  readonly label?: string
  /** File and row, for error messages. */
  readonly place: string
  openPicture(reading: PictureReading): Promise<Picture>
  /** All pictures but the first, for a question about several. */
  readonly openFurther?: readonly ((reading: PictureReading) => Promise<Picture>)[]
  /** Decodes the stored picture: its defect, undefined if none. */
  checkPicture(): Promise<string | undefined>
}

/** A fault in the files of a benchmark; the message names the place. */
export interface DataFinding {
  readonly code: 'row' | 'count' | 'labels' | 'slice' | 'picture' | 'checksum'
  readonly message: string
}
export type Report = (finding: DataFinding) => void

export interface ReadOptions {
  /** Called for each table when it is opened. */
  readonly onFile?: (file: string) => void
  /** Called with what the columns of the user's own table were taken for. */
  readonly onColumns?: (text: string) => void
  /** Called with what is odd about the files of own data, but no fault. */
  readonly onNote?: (text: string) => void
  /** Called for unusable rows, which are then skipped. Without it the first one is thrown as a UserError. */
  readonly report?: Report
}

/** `place`: file and row. */
export function rowError(place: string, what: string): UserError {
  return new UserError('data-row', `${place}: ${what}. Correct or remove the row.`)
}

/** The work's result; undefined if it threw `data-row` and `report` received the error. */
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

/** The question without its picture marks; with several pictures, a mark within the text becomes the name of its picture. */
export function plainQuestion(text: string, pictures: number): string {
  const marks = text.split(mark).length - 1
  if (pictures === 1 || marks !== pictures) return text.replace(mark, '').trim()
  const around = text.split(/(?:<image>\s*)+/)
  if (around.length === 2 && around.some((part) => part.trim() === '')) return around.join('').trim()
  let number = 0
  return text.replaceAll(mark, () => sourceAt(number++, pictures)).trim()
}

/** A row of a file. */
export interface Row {
  readonly place: string
  /** Why it is unusable. */
  readonly broken?: string
}

/** The entries of all rows, in order. Names must be unique. */
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
      if (before !== undefined) throw rowError(row.place, `the name ${docId} is already used by ${before}`)
      places.set(docId, row.place)
      entries.push(entry)
    })
  }
  return entries
}
