/**
 * An index of a search log: the position of each search and a summary of it. A log of any size is read once, in bounded memory; single
 * searches are then read directly. When the log grows, only the new part is read.
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
  /** Offset of its line. Its length is stored instead of its end: an offset beyond 2 GiB takes an object of its own. */
  readonly start: number
  readonly length: number
}

/** Summarises a search as it is indexed, or returns undefined to leave it out of the index. `index`: its position there. */
export type Summarise<T> = (search: LoggedSearch & { readonly key: string; readonly index: number }) => T | undefined

export class SearchIndex<T> {
  readonly #file: string
  readonly #log: AnySearchLog
  readonly #summarise: Summarise<T>
  #entries: IndexedSearch<T>[] = []
  #bad = badLines()
  #lines = 0
  #readBytes = 0
  #updating: Promise<void> | undefined
  #waiting: { readonly count: number; readonly resolve: () => void }[] = []
  /** Identity of the file, to detect that it was replaced; empty if there is no file. */
  log = ''

  constructor(folder: string, log: AnySearchLog, summarise: Summarise<T>) {
    this.#file = logFile(folder, log)
    this.#log = log
    this.#summarise = summarise
  }

  /** In log order. */
  get entries(): readonly IndexedSearch<T>[] {
    return this.#entries
  }

  /** Number of lines that are not a search of this version. */
  get unreadable(): number {
    return this.#bad.count()
  }

  /** Reads what was appended. A log that became shorter was replaced, and is read from the start. */
  update(): Promise<void> {
    this.#updating ??= this.#read().finally(() => {
      this.#updating = undefined
      // Those who wait for more than there is wait for this promise as well.
      this.#waiting = []
    })
    return this.#updating
  }

  /**
   * Reads as `update` does, but waits only until there are this many entries. Returns whether all was read. Reading a log of 100,000
   * searches takes seconds, and its first searches can be shown meanwhile.
   */
  async reach(count: number): Promise<boolean> {
    const reached = new Promise<boolean>((resolve) => this.#waiting.push({ count, resolve: () => resolve(false) }))
    return Promise.race([this.update().then(() => true), reached])
  }

  /** Number of bytes of the log that were read. */
  get readBytes(): number {
    return this.#readBytes
  }

  /** The complete search of an entry; undefined if it is no longer in the file. */
  async read(entry: IndexedSearch<T>): Promise<Trajectory | undefined> {
    return (await this.readLogged(entry))?.trajectory
  }

  /** With what the log has beside it. */
  async readLogged(entry: IndexedSearch<T>): Promise<LoggedSearch | undefined> {
    for await (const search of this.#readEach([entry])) return search
    return undefined
  }

  /** The complete searches with these keys, read on demand; if a search was repeated, its last line. */
  async *readAll(keys: Iterable<string>): AsyncGenerator<Trajectory, void> {
    const wanted = new Set(keys)
    const last = new Map<string, IndexedSearch<T>>()
    for (const entry of this.#entries) if (wanted.has(entry.key)) last.set(entry.key, entry)
    const entries = [...wanted].flatMap((key) => last.get(key) ?? [])
    for await (const { trajectory } of this.#readEach(entries)) yield trajectory
  }

  /** The searches from index `first` on whose line, as text, may be one that is wanted. */
  async *search(
    first: number,
    mayBe: (line: string) => boolean,
  ): AsyncGenerator<{ readonly index: number; readonly trajectory: Trajectory }, void> {
    const entries = this.#entries
    let index = first
    for await (const { start, bytes } of wholeLines(this.#file, entries[first]?.start ?? this.#readBytes)) {
      if (index >= entries.length) return
      if (entries[index]?.start !== start) continue
      const line = bytes !== undefined && mayBe(bytes.toString('utf8')) ? this.#parse(bytes) : undefined
      if (line && 'value' in line) yield { index, trajectory: searchIn(line.value).trajectory }
      index++
    }
  }

  async *#readEach(entries: readonly IndexedSearch<T>[]): AsyncGenerator<LoggedSearch, void> {
    if (entries.length === 0) return
    const file = await open(this.#file, 'r')
    try {
      for (const { start, length } of entries) {
        const bytes = Buffer.alloc(length)
        await file.read(bytes, 0, bytes.length, start)
        const line = this.#parse(bytes)
        if (line && 'value' in line) yield searchIn(line.value)
      }
    } finally {
      await file.close()
    }
  }

  /** Warns about unreadable lines. */
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
    this.#wake(this.#entries.length)
    for await (const { start, next, bytes } of wholeLines(this.#file, this.#readBytes)) {
      this.#readBytes = next
      this.#lines++
      const line = this.#parse(bytes)
      if (line === undefined) continue
      if ('why' in line) this.#bad.add({ place: `${this.#file}:${this.#lines}`, why: line.why })
      else {
        const search = searchIn(line.value)
        const key = keyOf(search.trajectory)
        const kept = this.#summarise({ ...search, key, index: this.#entries.length })
        if (kept !== undefined) this.#entries.push({ key, kept, start, length: next - start - 1 })
        if (this.#waiting.length > 0) this.#wake(this.#entries.length)
      }
    }
  }

  #wake(count: number): void {
    const ready = this.#waiting.filter((one) => one.count <= count)
    this.#waiting = this.#waiting.filter((one) => one.count > count)
    for (const { resolve } of ready) resolve()
  }

  #parse(bytes: Buffer | undefined): ReturnType<typeof parseLine<Trajectory | RolloutLine>> {
    const line: z.ZodType<Trajectory | RolloutLine> = this.#log.line
    return parseLine(bytes, line)
  }
}

function searchIn(line: Trajectory | RolloutLine): LoggedSearch {
  return 'trajectory' in line ? line : { trajectory: line }
}

/** Indexes the current searches of a run, with a warning about unreadable lines. */
export async function indexSearches<T>(folder: string, summarise: Summarise<T>): Promise<SearchIndex<T>> {
  const index = new SearchIndex(folder, searchLog, summarise)
  await index.update()
  index.warn()
  return index
}
