/** Where each search of a run lies in its log, and what lists tell of it. A log that grows is read on from where it ended. */
import { open } from 'node:fs/promises'
import { outcomeOf } from '../evaluate/outcome.ts'
import type { Outcome } from '../evaluate/outcome.ts'
import { problemName } from '../evaluate/stored-outcomes.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { errorCodeOf } from '../shared/errors.ts'
import type { ItemRow } from './api-types.ts'
import { HttpError } from './http-error.ts'

interface Entry {
  readonly start: number
  readonly end: number
  readonly item: ItemRow
  readonly outcome: Outcome
}

const blockBytes = 1024 ** 2
const newline = 10

export class RunIndex {
  readonly #file: string
  #entries: Entry[] = []
  #readBytes = 0
  /** Lines that are no trajectory of this version. */
  unreadable = 0
  #updating: Promise<void> | undefined

  constructor(file: string) {
    this.#file = file
  }

  get items(): readonly ItemRow[] {
    return this.#entries.map(({ item }) => item)
  }

  get outcomes(): readonly Outcome[] {
    return this.#entries.map(({ outcome }) => outcome)
  }

  /** Reads what has been appended. A log that has become shorter is another one, and is read anew. */
  update(): Promise<void> {
    this.#updating ??= this.#read().finally(() => (this.#updating = undefined))
    return this.#updating
  }

  /** Throws `HttpError` 404. */
  async trajectory(index: number): Promise<Trajectory> {
    const entry = this.#entries[index]
    if (entry === undefined) throw new HttpError(404, 'no_search', 'The run has no such search.')
    const file = await open(this.#file, 'r')
    try {
      const line = Buffer.alloc(entry.end - entry.start)
      await file.read(line, 0, line.length, entry.start)
      return trajectorySchema.parse(JSON.parse(line.toString('utf8')))
    } finally {
      await file.close()
    }
  }

  async #read(): Promise<void> {
    const file = await open(this.#file, 'r').catch((error: unknown) => {
      if (errorCodeOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (file === undefined) return
    try {
      if ((await file.stat()).size < this.#readBytes) {
        this.#entries = []
        this.#readBytes = 0
        this.unreadable = 0
      }
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
      }
    } finally {
      await file.close()
    }
  }

  #add(line: Buffer): void {
    const start = this.#readBytes
    this.#readBytes = start + line.length + 1
    const trajectory = parsed(line)
    if (trajectory === undefined) this.unreadable++
    else {
      const item = itemOf(trajectory, this.#entries.length)
      this.#entries.push({ start, end: start + line.length, item, outcome: outcomeOf(trajectory) })
    }
  }
}

function parsed(line: Buffer): Trajectory | undefined {
  try {
    return trajectorySchema.safeParse(JSON.parse(line.toString('utf8'))).data
  } catch {
    return undefined
  }
}

const longestText = 300

function itemOf({ problem, turns, answer, end, verdict, sampleIndex, ms }: Trajectory, index: number): ItemRow {
  const { level, question, answer: truth } = problem
  return {
    index,
    problem: problemName(problem),
    sampleIndex,
    ...(level && { level }),
    question: question.slice(0, longestText),
    ...(truth !== undefined && { truth: truth.slice(0, longestText) }),
    answer: answer && answer.slice(0, longestText),
    end,
    verdict: verdict?.kind ?? 'unjudged',
    turns: turns.length,
    ms,
  }
}
