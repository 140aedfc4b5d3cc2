/** What the checks of all kinds of sets share: rows as they lie on disk, what a set gives away, and the figures that come out. */
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sharp } from '../shared/native.ts'
import type { z } from 'zod'
import type { Level } from '../protocol/problem.ts'
import { messageOf } from '../shared/errors.ts'
import { itemAt } from '../shared/known.ts'
import { fileCutOff } from '../vision/cut-off.ts'
import type { Size } from '../protocol/box.ts'
import type { Split } from './dataset.ts'

/** What `dataset.json` says of a set. */
export interface ProbeConfig {
  readonly kind: 'shapes' | 'world'
  /** Numbers of problems; absent in sets of earlier versions. */
  readonly train?: number
  readonly test?: number
  readonly pictures: boolean
  readonly generator: number
}

/** Shares in 0..1. */
interface AnswerFigures {
  readonly problems: number
  /** Share of the most frequent answer; of the most frequent letter, where there are choices. */
  readonly commonestAnswer: number
  readonly commonestLetter?: number
}

/** Accuracy by guessing, from the whole picture alone, and with crops at full resolution. */
export interface Sight {
  readonly blind: number
  readonly overview: number
  readonly crops: number
}

export interface LevelFigures extends Sight {
  readonly problems: number
  readonly meanTargetShare: number
}

export interface ProbeCheck {
  readonly kind: 'shapes' | 'world'
  readonly problems: Readonly<Record<Split, number>>
  /** Pictures that were opened; 0 for a set of rows alone. */
  readonly pictures: number
  /** One text per fault, naming its row; empty if the set is valid. */
  readonly faults: readonly string[]
  readonly byFamily: Readonly<Record<string, AnswerFigures>>
  readonly byLevel: Partial<Record<Level, LevelFigures>>
}

/** Rows that can be read; the others are faults. */
export async function readJsonRows<T>(
  folder: string,
  split: Split,
  schema: z.ZodType<T>,
  faults: string[],
): Promise<T[]> {
  const name = `${split}.json`
  let values: unknown
  try {
    values = JSON.parse(await readFile(join(folder, name), 'utf8'))
  } catch (error) {
    faults.push(`${name}: cannot be read: ${messageOf(error)}`)
    return []
  }
  if (!Array.isArray(values)) {
    faults.push(`${name}: contains no array of rows`)
    return []
  }
  return values.flatMap((value: unknown, index) => {
    const { success, data, error } = schema.safeParse(value)
    if (success) return [data]
    const { path, message } = itemAt(error.issues, 0)
    faults.push(`${name}, row ${index + 1}: ${path.join('.')} ${message}`)
    return []
  })
}

/** A row with its name in the list of faults. */
export interface PlacedProblem<T> {
  readonly row: T
  readonly place: string
}

export function placed<T extends { readonly doc_id: string }>(
  rows: Readonly<Record<Split, readonly T[]>>,
): PlacedProblem<T>[] {
  return (['train', 'test'] as const).flatMap((split) =>
    rows[split].map((row, index) => ({ row, place: `${split}.json, row ${index + 1} (${row.doc_id})` })),
  )
}

/** Rows that have what an earlier one has already, in the same split or the other. */
export function repeated<T>(places: readonly PlacedProblem<T>[], what: string, keyOf: (row: T) => string): string[] {
  const seen = new Map<string, string>()
  return places.flatMap(({ row, place }) => {
    const before = seen.get(keyOf(row))
    seen.set(keyOf(row), place)
    return before === undefined ? [] : [`${place}: has ${what} of ${before}`]
  })
}

/** Splits that have other numbers of rows than were asked for. */
export function missingRows(
  wanted: Partial<Readonly<Record<Split, number>>>,
  rows: Readonly<Record<Split, readonly unknown[]>>,
): string[] {
  return (['train', 'test'] as const).flatMap((split) => {
    const [found, asked] = [rows[split].length, wanted[split] ?? rows[split].length]
    return found === asked ? [] : [`${split}.json: ${found} rows can be read instead of ${asked}`]
  })
}

/** The faults of a picture that can be found without decoding it. */
export async function pictureFaults(path: string, { width, height }: Size): Promise<string[]> {
  try {
    // Asked of the file system: what the decoder says of a missing file depends on other errors at that moment.
    await access(path)
  } catch {
    return ['its picture is missing or unreadable']
  }
  try {
    const found = await sharp(path).metadata()
    if (found.width !== width || found.height !== height) {
      return [`its picture is ${found.width} x ${found.height}, not ${width} x ${height}`]
    }
    return [await fileCutOff(path)].filter((what) => what !== undefined)
  } catch (error) {
    return [messageOf(error)]
  }
}

/** The share of the value that occurs most often. */
export function commonest(values: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return Math.max(...counts.values()) / values.length
}

/** Shares of few problems say nothing. */
const fewest = 30

/** Whether a share is larger than one of `fair` on average would be by luck. */
export function tooCommon(share: number, fair: number, problems: number): boolean {
  return problems >= fewest && share > fair + 4 * Math.sqrt((fair * (1 - fair)) / problems)
}

export function levelFigures(own: readonly (Sight & { readonly targetShare: number })[]): LevelFigures {
  const mean = (of: 'blind' | 'overview' | 'crops' | 'targetShare'): number =>
    own.reduce((sum, sight) => sum + sight[of], 0) / own.length
  return {
    problems: own.length,
    blind: mean('blind'),
    overview: mean('overview'),
    crops: mean('crops'),
    meanTargetShare: mean('targetShare'),
  }
}

/** With crops so much of every level has to be answerable. */
const answerable = 0.98

export function tooSmall(level: Level, { crops }: LevelFigures): string[] {
  const percent = (crops * 100).toFixed(0)
  return crops >= answerable ? [] : [`${level}: only ${percent} % can be answered even with crops: draw them larger`]
}
