/**
 * Where each search of a log lies, and what its reader keeps of it: so that a log of any size is read once, in bounded memory,
 * and each search is there again at once. A log that grows is read on from where it ended.
 */
import { open, stat } from 'node:fs/promises'
import type { z } from 'zod'
import type { Trajectory } from '../protocol/trajectory.ts'
import { parseLine, wholeLines } from '../shared/jsonl.ts'
import { badLines, logFile } from './log.ts'
import type { Log } from './log.ts'
import { keyOf, searchLog } from './searches.ts'
import type { RolloutLine, LoggedSearch } from './searches.ts'

type AnySearchLog = Log<Trajectory> | Log<RolloutLine>

export interface IndexedSearch<T> {
  readonly key: string
  readonly kept: T
  readonly start: number
  readonly next: number
}

export class SearchIndex<T> {
  readonly #file: string
  readonly #log: AnySearchLog
  readonly #keep: (search: LoggedSearch, index: number) => T
  #entries: IndexedSearch<T>[] = []
  #bad = badLines()
  #lines = 0
  #readBytes = 0
  #updating: Promise<void> | undefined
  /** Which file it is, so that another one of the same name is told apart; empty: there is none. */
  log = ''

  constructor(folder: string, log: AnySearchLog, keep: (search: LoggedSearch, index: number) => T) {
    this.#file = logFile(folder, log)
    this.#log = log
    this.#keep = keep
  }

  /** In the order of the log. */
  get entries(): readonly IndexedSearch<T>[] {
    return this.#entries
  }

  /** How many lines are no search of this version. */
  get unreadable(): number {
    return this.#bad.count()
  }

  /** Reads what has been appended. A log that has become shorter is another one, and is read anew. */
  update(): Promise<void> {
    this.#updating ??= this.#read().finally(() => (this.#updating = undefined))
    return this.#updating
  }

  /** The search of an entry, whole; undefined where the file holds it no longer. */
  async read(entry: IndexedSearch<T>): Promise<Trajectory | undefined> {
    for await (const search of this.#readEach([entry])) return search
    return undefined
  }

  /** The searches with these keys, whole, each read when its turn comes; of one that was done again the last line. */
  async *readAll(keys: Iterable<string>): AsyncGenerator<Trajectory, void> {
    const last = new Map(this.#entries.map((entry) => [entry.key, entry]))
    yield* this.#readEach([...keys].flatMap((key) => last.get(key) ?? []))
  }

  async *#readEach(entries: readonly IndexedSearch<T>[]): AsyncGenerator<Trajectory, void> {
    if (entries.length === 0) return
    const file = await open(this.#file, 'r')
    try {
      for (const { start, next } of entries) {
        const bytes = Buffer.alloc(next - start - 1)
        await file.read(bytes, 0, bytes.length, start)
        const line = this.#parse(bytes)
        if (line && 'value' in line) yield searchIn(line.value).trajectory
      }
    } finally {
      await file.close()
    }
  }

  /** Warns of the lines that could not be read. */
  warn(): void {
    this.#bad.warn(this.#log.ifLost)
  }

  async #read(): Promise<void> {
    const { size = 0, ino } = (await stat(this.#file).catch(() => undefined)) ?? {}
    const log = ino === undefined ? '' : String(ino)
    if (size < this.#readBytes || this.log !== log) {
      this.log = log
      this.#entries = []
      this.#bad = badLines()
      this.#readBytes = this.#lines = 0
    }
    for await (const { start, next, bytes } of wholeLines(this.#file, this.#readBytes)) {
      this.#readBytes = next
      this.#lines++
      const line = this.#parse(bytes)
      if (line === undefined) continue
      if ('why' in line) this.#bad.add({ place: `${this.#file}:${this.#lines}`, why: line.why })
      else {
        const search = searchIn(line.value)
        const kept = this.#keep(search, this.#entries.length)
        this.#entries.push({ key: keyOf(search.trajectory), kept, start, next })
      }
    }
  }

  #parse(bytes: Buffer | undefined): ReturnType<typeof parseLine<Trajectory | RolloutLine>> {
    const line: z.ZodType<Trajectory | RolloutLine> = this.#log.line
    return parseLine(bytes, line)
  }
}

function searchIn(line: Trajectory | RolloutLine): LoggedSearch {
  return 'trajectory' in line ? line : { trajectory: line }
}

/** An index of the searches of a run as they are now; a warning names the lines that cannot be read. */
export async function indexSearches<T>(folder: string, keep: (search: Trajectory) => T): Promise<SearchIndex<T>> {
  const index = new SearchIndex(folder, searchLog, ({ trajectory }) => keep(trajectory))
  await index.update()
  index.warn()
  return index
}
