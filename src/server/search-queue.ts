/** The search queue of a server: limits on running and waiting searches; others are refused with a time to retry. */
import { HttpError } from './http/http-error.ts'

/** A place in the queue. Leave it when the search is done, or was cancelled while waiting. */
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
  /** Smoothed milliseconds between the ends of searches, that is, the time of one divided by the parallelism. */
  #betweenMs = 1000
  /** When there will be room for the last refused client: each one gets a later time than the one before. */
  #promisedMs = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Reserves places for `count` searches, all or none. Throws `HttpError` 429 with `retryAfter` if there is no room. */
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
