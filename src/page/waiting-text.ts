/** Text for what a turn without text is waiting for. Pure. */
import type { FailedAttempt } from '../protocol/turn-record.ts'
import type { ReplyNews } from '../shared/reply-news.ts'
import { shown } from './step.ts'

interface WaitingTurn {
  readonly waiting?: Pick<Extract<ReplyNews, { readonly kind: 'waiting' }>, 'why' | 'next'> | undefined
  /** Shown with their reasons beside this text. */
  readonly retries: readonly FailedAttempt[]
}

/** `seconds`: since the turn began. */
export function waitingText({ waiting, retries }: WaitingTurn, seconds: number): string {
  if (waiting === undefined) return 'Waiting for the first token of the model.'
  const { why, next } = waiting
  if (next === undefined) return shown(why)
  const { atMs, waitMs = 0 } = retries.at(-1) ?? { atMs: 0 }
  const left = Math.ceil((atMs + waitMs) / 1_000 - seconds)
  const attempt = `Try ${next.number} of ${next.of}`
  return left > 0 ? `${attempt} in ${left} s.` : `${attempt}: waiting for the first token of the model.`
}
