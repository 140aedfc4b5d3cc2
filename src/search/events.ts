/** What a search tells while it runs; the terminal, the page and the trainer are only readers of this stream. */
import type { Reply, View } from '../policy/policy.ts'
import type { ReplyNews } from '../shared/reply-news.ts'
import type { Observation, Trajectory, Turn } from '../protocol/trajectory.ts'

export type SearchEvent =
  /** A picture is ready to be shown to the policy; `observation.index` 0 is the original. */
  | { readonly kind: 'observed'; readonly observation: Observation; readonly view: View }
  /** More of the policy's thought, while its reply is being written. Only in searches that are watched (`live`). */
  | { readonly kind: 'writing'; readonly turn: number; readonly text: string }
  /** The reply of a watched search has to wait, as before another try: what was told of the turn's thought is void. */
  | ({ readonly turn: number } & Extract<ReplyNews, { readonly kind: 'waiting' }>)
  /** The policy's thought, once its reply is there. `turn` counts from 1. */
  | { readonly kind: 'thinking'; readonly turn: number; readonly text: string }
  /** A turn was taken: `taken.action`, or `taken.error`. `reply` carries the sampled tokens, where a policy has them. */
  | { readonly kind: 'acted'; readonly turn: number; readonly taken: Turn; readonly reply: Reply }
  /** The observation did not fit into the context any more: the search ends without it, and `turn` brought none. */
  | { readonly kind: 'taken-back'; readonly turn: number; readonly observation: number }
  | { readonly kind: 'ended'; readonly trajectory: Trajectory }

/** Such as `try 2 of 6 in 3 s: <what went wrong>`. */
export function waitingWords({ why, waitMs, next }: Extract<SearchEvent, { readonly kind: 'waiting' }>): string {
  const when = waitMs === undefined || waitMs < 500 ? '' : ` in ${Math.round(waitMs / 1000)} s`
  const what = next === undefined ? 'waits' : `try ${next.number} of ${next.of}`
  return `${what}${when}: ${why}`
}
