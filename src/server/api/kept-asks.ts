/** Asks with their events: the running ones, and the newest finished ones within bounds on number and size. */
import { randomUUID } from 'node:crypto'
import type { SearchExchanges } from '../../protocol/exchange.ts'
import type { Parent, Trajectory } from '../../protocol/trajectory.ts'
import { pixelsId } from '../../vision/picture.ts'
import type { Picture } from '../../vision/picture.ts'
import type { Pictures } from './pictures.ts'
import type { PictureAt } from './region.ts'
import type { AskFork, ForkOrigin } from './fork-types.ts'
import type { AskEvent, RecentAsk, Waiting } from './types.ts'
import { HttpError } from '../http/http-error.ts'

const most = { asks: 200, newsBytes: 64 * 1024 ** 2, recent: 20 }
const longestOutcome = 200

/** A number of an ask, which its searches share with the forks of them. */
export interface AskNumber {
  readonly number: number
  /** How many searches have it: a fork is one more, so it uses up no number. */
  searches: number
}

/** What an ask is about. */
export interface AskedHere {
  readonly pictures: readonly Picture[]
  readonly profile: Trajectory['profile']
  /** For a fork: the search that it departs from. */
  readonly origin?: ForkOrigin
  /** For a fork: what it changes. */
  readonly changed?: Parent['changed']
  /** Opens one of its pictures after its end; default: among the pictures that the server keeps. */
  readonly reopen?: PictureAt
  /** The entry in the list of recent questions; absent if not listed. */
  readonly listed?: Omit<RecentAsk, 'id' | 'number' | 'outcome'>
}

/** The current turn of a running search: streamed but not stored. */
export interface Draft {
  readonly turn: number
  readonly sinceMs: number
  /** The thought so far. */
  readonly text: string
  readonly waiting?: Waiting
}

/** One ask: its events so far, and the clients that wait for more. */
export class Ask {
  readonly id = randomUUID()
  readonly profile: Trajectory['profile']
  readonly listed: AskedHere['listed']
  /** Absent for a fork of a stored search, which is no search of an ask. */
  readonly numbered: AskNumber | undefined
  readonly origin: ForkOrigin | undefined
  readonly changes: Parent['changed']
  readonly startedMs = Date.now()
  readonly events: AskEvent[] = []
  /** By sample, for those whose policy is currently writing. */
  readonly drafts = new Map<number, Draft>()
  /** Requests and replies of its finished searches, by sample. */
  readonly exchanges = new Map<number, SearchExchanges>()
  /** Size of the events and exchanges as JSON. */
  newsBytes = 0
  done = false
  readonly signal: AbortSignal
  readonly #stopped = new AbortController()
  readonly #ids: readonly string[]
  readonly #kept: Pictures
  #pictures: readonly Picture[]
  readonly #reopen: PictureAt | undefined
  #wake: (() => void)[] = []

  constructor(
    { pictures, profile, listed, origin, changed = [], reopen }: AskedHere,
    numbered: AskNumber | undefined,
    kept: Pictures,
    signal: AbortSignal,
  ) {
    this.#pictures = pictures
    this.#ids = pictures.map(pixelsId)
    this.#kept = kept
    this.profile = profile
    this.listed = listed
    this.numbered = numbered
    this.origin = origin
    this.changes = changed
    this.#reopen = reopen
    this.signal = AbortSignal.any([signal, this.#stopped.signal])
  }

  /** One of its pictures, counted from 0; a finished ask has them only as long as they are kept. Throws `HttpError` 404. */
  picture(original: number): Picture | Promise<Picture> {
    const id = this.#ids[original]
    if (id === undefined) throw new HttpError(404, 'no_picture', 'The question has no such picture.')
    return this.#pictures[original] ?? this.#reopen?.(original) ?? this.#kept.get(id).picture
  }

  tell(event: AskEvent): void {
    this.events.push(event)
    if (event.kind !== 'began' && event.kind !== 'observed') this.drafts.delete(event.sample)
    this.newsBytes += JSON.stringify(event).length
    this.#wakeAll()
  }

  keepExchanges(sample: number): (_: Trajectory, exchanges: SearchExchanges) => void {
    return (_, exchanges) => {
      this.exchanges.set(sample, exchanges)
      this.newsBytes += JSON.stringify(exchanges).length
    }
  }

  /** Called when the policy starts a turn. */
  beginTurn(sample: number, turn: number): void {
    this.#draft(sample, { turn, sinceMs: performance.now(), text: '' })
  }

  /** Adds to the thought, or reports a wait, which discards the thought so far. */
  goOn(sample: number, news: { readonly text: string } | { readonly waiting: Waiting }): void {
    const before = this.drafts.get(sample)
    if (before === undefined) return
    const { turn, sinceMs, text } = before
    const now = 'text' in news ? { text: text + news.text } : { text: '', waiting: news.waiting }
    this.#draft(sample, { turn, sinceMs, ...now })
  }

  #draft(sample: number, draft: Draft): void {
    this.drafts.set(sample, draft)
    this.#wakeAll()
  }

  finish(): void {
    this.done = true
    this.#pictures = []
    this.#wakeAll()
  }

  /** Aborts its searches. */
  stop(): void {
    this.#stopped.abort()
  }

  /** Resolves at the next event or at the end. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #wakeAll(): void {
    const woken = this.#wake
    this.#wake = []
    for (const wake of woken) wake()
  }
}

export interface KeptAsks {
  open(asked: AskedHere, numbered?: AskNumber): Ask
  /** The next number: asks are numbered, so that the same question to five policies is five asks. */
  nextNumber(searches: number): AskNumber
  /** Throws `HttpError` 404. */
  get(id: string): Ask
  /** Newest first. */
  recent(): RecentAsk[]
  /** The forks of the searches of an ask, oldest first. */
  forksOf(id: string): AskFork[]
}

/** `signal` aborts all searches. */
export function keptAsks(pictures: Pictures, signal: AbortSignal): KeptAsks {
  const asks = new Map<string, Ask>()
  let lastNumber = 0

  function forgetOld(): void {
    let newsBytes = [...asks.values()].reduce((sum, ask) => sum + ask.newsBytes, 0)
    for (const [id, ask] of asks) {
      if (asks.size <= most.asks && newsBytes <= most.newsBytes) return
      if (!ask.done) continue
      asks.delete(id)
      newsBytes -= ask.newsBytes
    }
  }

  return {
    nextNumber: (searches) => ({ number: ++lastNumber, searches }),
    open(asked, numbered) {
      const ask = new Ask(asked, numbered, pictures, signal)
      asks.set(ask.id, ask)
      forgetOld()
      return ask
    },
    recent() {
      const newest = [...asks.values()].toReversed()
      return newest
        .flatMap((ask) => {
          const { id, numbered, listed } = ask
          return listed && numbered ? [{ id, number: numbered.number, ...listed, outcome: outcomeOf(ask) }] : []
        })
        .slice(0, most.recent)
    },
    forksOf: (of) =>
      [...asks.values()].flatMap((ask) => {
        const { origin } = ask
        if (origin === undefined || !('ask' in origin) || origin.ask !== of) return []
        const { id, changes: changed, startedMs } = ask
        return [{ id, sample: origin.sample, turn: origin.turn, changed, startedMs, outcome: outcomeOf(ask) }]
      }),
    get(id) {
      const ask = asks.get(id)
      if (ask === undefined) throw new HttpError(404, 'no_ask', 'The server no longer has that search. Ask again.')
      return ask
    },
  }
}

/** For example `7 ×3, no answer`. */
function outcomeOf({ events, done, signal }: Ask): string {
  const counts = new Map<string, number>()
  for (const event of events) {
    if (event.kind !== 'ended' && event.kind !== 'broken') continue
    const text = event.kind === 'ended' ? endedText(event.trajectory) : signal.aborted ? 'stopped' : 'failed'
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const texts = sorted.map(([text, count]) => (count === 1 ? text : `${text} ×${count}`))
  return [...texts, ...(done ? [] : ['searching …'])].join(', ')
}

function endedText({ answer, end }: Trajectory): string {
  return answer?.slice(0, longestOutcome) ?? (end === 'failed' ? 'failed' : 'no answer')
}
