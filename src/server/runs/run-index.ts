/** Where each search of a run lies in its log, and what lists tell of it. A log that grows is read on from where it ended. */
import { lstat, open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { outcomeOf } from '../../evaluate/figures/outcome.ts'
import type { Outcome } from '../../evaluate/figures/outcome.ts'
import { problemName } from '../../evaluate/stored-outcomes.ts'
import { trajectorySchema } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { errorCodeOf } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import type { ItemRow } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'

export interface IndexedSearch {
  readonly item: ItemRow
  readonly outcome: Outcome
}

interface Entry extends IndexedSearch {
  readonly start: number
  readonly end: number
}

const blockBytes = 1024 ** 2
/** Longer lines are not read: no search is that long, and a file may be anything. */
const mostLineBytes = 32 * 1024 ** 2
const newline = 10

export class RunIndex {
  readonly #file: string
  #entries: Entry[] = []
  /** Up to and with the last newline, or inside of a line that is too long. */
  #readBytes = 0
  #inLongLine = false
  #updating: Promise<void> | undefined
  /** Lines that are no trajectory of this version. */
  unreadable = 0
  /** Which file it is, so that another one of the same name is told apart. */
  log = ''

  constructor(file: string) {
    this.#file = file
  }

  get items(): readonly ItemRow[] {
    return this.#entries.map(({ item }) => item)
  }

  /** Each search once: of one that was done again the last. */
  get searches(): readonly IndexedSearch[] {
    const last = new Map<string, Entry>()
    for (const entry of this.#entries) last.set(`${groupOf(entry.item)} ${entry.item.sampleIndex}`, entry)
    return [...last.values()]
  }

  /** Reads what has been appended. A log that has become shorter is another one, and is read anew. */
  update(): Promise<void> {
    this.#updating ??= this.#read().finally(() => (this.#updating = undefined))
    return this.#updating
  }

  /** Throws `HttpError` 404. */
  async trajectory(index: number): Promise<Trajectory> {
    const entry = this.#entries[index]
    if (entry === undefined) throw noSearch()
    const file = await openLog(this.#file)
    if (file === undefined) throw noSearch()
    try {
      const line = Buffer.alloc(entry.end - entry.start)
      await file.read(line, 0, line.length, entry.start)
      const read = parsed(line)
      if (read === undefined) throw noSearch()
      return read.trajectory
    } finally {
      await file.close()
    }
  }

  async #read(): Promise<void> {
    const file = await openLog(this.#file)
    if (file === undefined) return this.#forget('')
    try {
      const { size, ino } = await file.stat()
      if (size < this.#readBytes || this.log !== String(ino)) this.#forget(String(ino))
      const block = Buffer.alloc(blockBytes)
      let rest = Buffer.alloc(0)
      let at = this.#readBytes
      for (;;) {
        const { bytesRead } = await file.read(block, 0, blockBytes, at)
        if (bytesRead === 0) break
        at += bytesRead
        rest = Buffer.concat([rest, block.subarray(0, bytesRead)])
        for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
          this.#add(rest.subarray(0, end))
          rest = rest.subarray(end + 1)
        }
        if (rest.length > mostLineBytes) {
          this.#inLongLine = true
          this.#readBytes += rest.length
          rest = Buffer.alloc(0)
        }
      }
    } catch (error) {
      throw unreadable(errorCodeOf(error))
    } finally {
      await file.close()
    }
  }

  #forget(log: string): void {
    this.log = log
    this.#entries = []
    this.#readBytes = 0
    this.#inLongLine = false
    this.unreadable = 0
  }

  #add(line: Buffer): void {
    const start = this.#readBytes
    this.#readBytes = start + line.length + 1
    const read = this.#inLongLine ? undefined : parsed(line)
    this.#inLongLine = false
    if (read === undefined) this.unreadable++
    else {
      const item = itemOf(read, this.#entries.length)
      this.#entries.push({ start, end: start + line.length, item, outcome: outcomeOf(read.trajectory) })
    }
  }
}

/** The same for all searches of one problem, in training for those of one step, on a server for those of one ask. */
export function groupOf({ ask, step, problem }: Pick<ItemRow, 'ask' | 'step' | 'problem'>): string {
  if (ask !== undefined) return `ask ${ask}`
  return step === undefined ? problem : `${problem} at step ${step}`
}

/** undefined: there is none yet. Throws `HttpError` 409 where it may not be read. */
async function openLog(path: string): Promise<FileHandle | undefined> {
  try {
    if (!(await lstat(path)).isFile()) throw unreadable('not a plain file')
    return await open(path, 'r')
  } catch (error) {
    if (error instanceof HttpError) throw error
    const code = errorCodeOf(error)
    if (code === 'ENOENT') return undefined
    throw unreadable(code)
  }
}

function unreadable(why: string): HttpError {
  return new HttpError(409, 'log_unreadable', `The log of this run cannot be read (${why}).`)
}

function noSearch(): HttpError {
  return new HttpError(404, 'no_search', 'The run has no such search.')
}

interface Line {
  readonly trajectory: Trajectory
  readonly step?: number
  readonly advantage?: number
}

/** A trajectory, or a line of `rollouts.jsonl`; undefined for anything else. */
function parsed(line: Buffer): Line | undefined {
  try {
    const value = parseJson(line.toString('utf8')) as Partial<Record<keyof Line, unknown>> | null
    const { data } = trajectorySchema.safeParse(value?.trajectory ?? value)
    if (data === undefined) return undefined
    const [step, advantage] = [value?.step, value?.advantage]
    return {
      trajectory: data,
      ...(typeof step === 'number' && { step }),
      ...(typeof advantage === 'number' && { advantage }),
    }
  } catch {
    return undefined
  }
}

const longestText = 300

function itemOf({ trajectory, step, advantage }: Line, index: number): ItemRow {
  const { problem, turns, observations, answer, end, verdict, sampleIndex, ask, policy, ms } = trajectory
  const { level, question, answer: truth } = problem
  return {
    index,
    problem: problemName(problem),
    sampleIndex,
    ...(ask !== undefined && { ask, policy }),
    ...(step !== undefined && { step }),
    ...(advantage !== undefined && { advantage }),
    ...(level && { level }),
    question: question.slice(0, longestText),
    ...(truth !== undefined && { truth: truth.slice(0, longestText) }),
    answer: answer && answer.slice(0, longestText),
    end,
    verdict: verdict?.kind ?? 'unjudged',
    turns: turns.length,
    boxes: Math.max(0, observations.length - 1),
    ms,
  }
}
