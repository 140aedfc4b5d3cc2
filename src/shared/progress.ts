/**
 * Progress on stderr: count, rate and remaining time. Live lines on a terminal, otherwise a plain line every few seconds; nothing for
 * work of less than two seconds.
 */
import { durationText, rateText } from './durations.ts'

export interface Progress {
  /**
   * Reports `count` more items as done; `note` (such as a loss) is shown after the numbers. On a terminal, several notes get their own
   * lines.
   */
  advance(count?: number, note?: string | readonly string[]): void
  /** Keeps the current lines, so that other output is not overwritten. */
  leave(): void
  /** Prints the final line, unless the work was short; a plain one that says all of it already is not repeated. */
  finish(): void
}

export interface ProgressOptions {
  readonly label: string
  /** Absent if unknown; then no remaining time is shown. */
  readonly total?: number | undefined
  /** Done before a resume; counts towards the total but not towards the rate. */
  readonly done?: number | undefined
  /** Formats a count, for example as bytes; default: as a number. */
  readonly countText?: (count: number) => string
  /** Called with the counts at the start and whenever they change. */
  readonly keep?: (counts: { readonly unit: string; readonly total: number; readonly done: number }) => void
  readonly stream?: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown }
  readonly now?: () => number
}

const silentMs = 2_000
const liveEveryMs = 100
const plainEveryMs = 5_000

export function startProgress(options: ProgressOptions): Progress {
  const { label, total, countText, stream = process.stderr, now = Date.now } = options
  const before = options.done ?? 0
  const startedMs = now()
  const live = stream.isTTY === true
  let done = before
  let notes: string | readonly string[] = ''
  let shownLines = 0
  let shownMs = Number.NEGATIVE_INFINITY
  let hasNews = true
  const keep = (): void => {
    if (total !== undefined) options.keep?.({ unit: label, total, done })
  }
  keep()

  function lines(): string[] {
    const seconds = (now() - startedMs) / 1000
    const perSecond = (done - before) / seconds
    const told = countText ?? String
    const rate = countText === undefined ? rateText(perSecond) : `${countText(Math.round(perSecond))}/s`
    const parts = [`${label} ${told(done)}${total === undefined ? '' : `/${told(total)}`}`, rate]
    if (total !== undefined && done < total && perSecond > 0)
      parts.push(`${durationText((total - done) / perSecond)} left`)
    else parts.push(`in ${durationText(seconds)}`)
    const numbers = parts.join(', ')
    if (typeof notes !== 'string') return [numbers, ...notes]
    return [notes === '' ? numbers : `${numbers}, ${notes}`]
  }

  function show(): void {
    shownMs = now()
    hasNews = false
    const shown = lines()
    if (!live) return void stream.write(`${shown.join(', ')}\n`)
    // Moves to the start of the previous lines and clears them.
    const back = shownLines > 1 ? `\u001b[${shownLines - 1}A` : ''
    const width = (stream.columns ?? 80) - 1
    stream.write(`${back}\r\u001b[J${shown.map((line) => line.slice(0, width)).join('\n')}`)
    shownLines = shown.length
  }

  return {
    advance(count = 1, newNotes) {
      done += count
      hasNews = true
      if (count > 0) keep()
      if (newNotes !== undefined) notes = newNotes
      const silent = now() - startedMs < silentMs
      if (!silent && now() - shownMs >= (live ? liveEveryMs : plainEveryMs)) show()
    },
    leave() {
      if (!live || shownLines === 0) return
      stream.write('\n')
      shownLines = 0
    },
    finish() {
      if (now() - startedMs < silentMs) return
      if (live || hasNews) show()
      if (live) stream.write('\n')
    },
  }
}
