/** The events of a search. The terminal, the page and the trainer only read this stream. */
import type { Reply, View } from '../policy/policy.ts'
import type { ReplyNews } from '../shared/reply-news.ts'
import type { Observation, Trajectory, Turn } from '../protocol/trajectory.ts'

export type SearchEvent =
  /** A view is ready for the policy; `observation.index` 0 is the original. */
  | { readonly kind: 'observed'; readonly observation: Observation; readonly view: View }
  /** More of the policy's thought while its reply is being written. Only with the option `live`. */
  | { readonly kind: 'writing'; readonly turn: number; readonly text: string }
  /** The reply is waiting, for example before a retry (only with `live`): discard the thought of this turn so far. */
  | ({ readonly turn: number } & Extract<ReplyNews, { readonly kind: 'waiting' }>)
  /** The thought of a complete reply. `turn` counts from 1. */
  | { readonly kind: 'thinking'; readonly turn: number; readonly text: string }
  /** A turn was taken: `taken.action` or `taken.error`. `reply` has the sampled tokens, if the policy provides them. */
  | { readonly kind: 'acted'; readonly turn: number; readonly taken: Turn; readonly reply: Reply }
  /** The observation no longer fits into the context: it is removed, and the search ends. */
  | { readonly kind: 'taken-back'; readonly turn: number; readonly observation: number }
  | { readonly kind: 'ended'; readonly trajectory: Trajectory }

/** For example `try 2 of 6 in 3 s: <what went wrong>`. */
export function waitingWords({ why, waitMs, next }: Extract<SearchEvent, { readonly kind: 'waiting' }>): string {
  const when = waitMs === undefined || waitMs < 500 ? '' : ` in ${Math.round(waitMs / 1000)} s`
  const what = next === undefined ? 'waits' : `try ${next.number} of ${next.of}`
  return `${what}${when}: ${why}`
}
