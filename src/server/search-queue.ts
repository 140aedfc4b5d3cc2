/** One queue for all searches of a server: so many at once, so many that wait, and the others are told when to come again. */
import { HttpError } from './http/http-error.ts'

/** A place in the queue. Leave it when the search is done, or was given up while it waited. */
export interface QueuePlace {
  /** Resolves when the search may start. */
  readonly ready: Promise<void>
  leave(): void
}

export interface QueueLimits {
  readonly atOnce: number
  readonly waiting: number
}

const longestWaitMs = 60_000

export class SearchQueue {
  readonly #limits: QueueLimits
  readonly #waiting: (() => void)[] = []
  #running = 0
  /** Milliseconds between the ends of searches, smoothed: the time of one, shared among those that run beside it. */
  #betweenMs = 1000
  /** When there is room for the last of those who were told to come again: each is told a later time than the one before. */
  #promisedMs = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Places for `count` searches, all or none. Throws `HttpError` 429 with `retryAfter` when there is no room. */
  join(count = 1): QueuePlace[] {
    const { atOnce, waiting } = this.#limits
    if (this.#running + this.#waiting.length + count > atOnce + waiting) {
      const nowMs = performance.now()
      const roomMs = Math.max(nowMs, this.#promisedMs) + count * this.#betweenMs
      this.#promisedMs = Math.min(roomMs, nowMs + longestWaitMs)
      const seconds = Math.max(1, Math.ceil((this.#promisedMs - nowMs) / 1000))
      throw new HttpError(429, 'busy', `Too many searches are waiting. Try again in ${seconds} s.`, {
        retryAfter: seconds,
      })
    }
    return Array.from({ length: count }, () => this.#place())
  }

  #place(): QueuePlace {
    let state: 'waiting' | 'running' | 'left' = 'waiting'
    let startedMs = 0
    let start = (): void => {}
    const ready = new Promise<void>((resolve) => {
      start = () => {
        state = 'running'
        startedMs = performance.now()
        this.#running++
        resolve()
      }
    })
    this.#waiting.push(start)
    this.#admit()
    return {
      ready,
      leave: () => {
        if (state === 'waiting') this.#waiting.splice(this.#waiting.indexOf(start), 1)
        if (state === 'running') {
          this.#betweenMs += ((performance.now() - startedMs) / this.#running - this.#betweenMs) / 8
          this.#running--
        }
        state = 'left'
        this.#admit()
      },
    }
  }

  #admit(): void {
    while (this.#running < this.#limits.atOnce && this.#waiting.length > 0) this.#waiting.shift()?.()
  }
}
