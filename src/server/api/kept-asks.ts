/** Asks with their news: those under way, and the newest of those that are done, within bounds on their number and size. */
import { randomUUID } from 'node:crypto'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { pixelsId } from '../../vision/picture.ts'
import type { Picture } from '../../vision/picture.ts'
import type { Pictures } from './pictures.ts'
import type { AskEvent, RecentAsk, Waiting } from './types.ts'
import { HttpError } from '../http/http-error.ts'

const most = { asks: 200, newsBytes: 64 * 1024 ** 2, recent: 20 }
const longestOutcome = 200

/** What an ask is about. */
export interface AskedHere {
  readonly pictures: readonly Picture[]
  readonly profile: Trajectory['profile']
  /** For the list of recent questions; absent: it is not listed. */
  readonly listed?: Pick<RecentAsk, 'question' | 'policy' | 'picture'>
}

/** The turn of a search that is under way: told as it goes on, and not kept. */
export interface Draft {
  readonly turn: number
  readonly sinceMs: number
  /** Of its thought. */
  readonly text: string
  readonly waiting?: Waiting
}

/** One ask: its news so far, and who waits for more. */
export class Ask {
  readonly id = randomUUID()
  readonly profile: Trajectory['profile']
  readonly listed: AskedHere['listed']
  readonly events: AskEvent[] = []
  /** By sample; of those alone whose policy is at work. */
  readonly drafts = new Map<number, Draft>()
  /** Of the news, as JSON. */
  newsBytes = 0
  done = false
  readonly signal: AbortSignal
  readonly #stopped = new AbortController()
  readonly #ids: readonly string[]
  readonly #kept: Pictures
  #pictures: readonly Picture[]
  #wake: (() => void)[] = []

  constructor({ pictures, profile, listed }: AskedHere, kept: Pictures, signal: AbortSignal) {
    this.#pictures = pictures
    this.#ids = pictures.map(pixelsId)
    this.#kept = kept
    this.profile = profile
    this.listed = listed
    this.signal = AbortSignal.any([signal, this.#stopped.signal])
  }

  /** One of its pictures, counted from 0; of an ask that is done only while pictures are kept. Throws `HttpError` 404. */
  picture(original: number): Picture {
    const id = this.#ids[original]
    if (id === undefined) throw new HttpError(404, 'no_picture', 'The question has no such picture.')
    return this.#pictures[original] ?? this.#kept.get(id).picture
  }

  tell(event: AskEvent): void {
    this.events.push(event)
    if (event.kind !== 'began' && event.kind !== 'observed') this.drafts.delete(event.sample)
    this.newsBytes += JSON.stringify(event).length
    this.#wakeAll()
  }

  /** The policy begins with a turn. */
  beginTurn(sample: number, turn: number): void {
    this.#draft(sample, { turn, sinceMs: performance.now(), text: '' })
  }

  /** More of the thought; or the turn has to wait, and its thought so far is void. */
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

  /** Cuts its searches off. */
  stop(): void {
    this.#stopped.abort()
  }

  /** Resolves when there is more, or it is done. */
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
  open(asked: AskedHere): Ask
  /** Throws `HttpError` 404. */
  get(id: string): Ask
  /** The newest first. */
  recent(): RecentAsk[]
}

/** `signal` cuts all searches off. */
export function keptAsks(pictures: Pictures, signal: AbortSignal): KeptAsks {
  const asks = new Map<string, Ask>()

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
    open(asked) {
      const ask = new Ask(asked, pictures, signal)
      asks.set(ask.id, ask)
      forgetOld()
      return ask
    },
    recent() {
      const newest = [...asks.values()].toReversed()
      return newest
        .flatMap((ask) => (ask.listed ? [{ id: ask.id, ...ask.listed, outcome: outcomeOf(ask) }] : []))
        .slice(0, most.recent)
    },
    get(id) {
      const ask = asks.get(id)
      if (ask === undefined) throw new HttpError(404, 'no_ask', 'That search is not kept any more. Ask again.')
      return ask
    },
  }
}

function outcomeOf({ events, done }: Ask): string {
  const ends = events.flatMap((event) => (event.kind === 'ended' ? [event.trajectory] : []))
  const answer = ends.map((one) => one.answer).find((one) => one !== null)
  if (answer !== undefined) return answer.slice(0, longestOutcome)
  return done ? 'no answer' : 'searching …'
}
