/**
 * The interface of a policy. A policy opens one session per search; a session gets each new message (the question with the first view, an
 * observation, or an error) and returns the text of its turn. Sessions keep their own history.
 */
import type { Prompt } from '../engine/engine.ts'
import type { OnRetry } from '../endpoint/endpoint.ts'
import type { SentExchange } from '../protocol/exchange.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Served } from '../protocol/turn-record.ts'
import type { Pixels } from '../vision/picture.ts'
import type { OnReplyNews } from '../shared/reply-news.ts'
import type { PixelBox } from '../protocol/box.ts'
import type { Turn } from '../protocol/trajectory.ts'

/** A region as shown to the policy, scaled to the profile's view size. */
export interface View {
  /** Crops or draws on every call, so that a thousand waiting searches hold no pixels. */
  readonly pixels: () => Promise<Pixels>
  /** Equal for views with the same pixels. */
  readonly key: string
  /** The region in pixels of the original picture. */
  readonly boxPx: PixelBox
}

/** A message to the session. `text` is the complete user message, in which the first `<image>` marks the view. */
export type Message =
  | {
      readonly kind: 'question'
      readonly system: string
      readonly text: string
      /** Absent in the control that asks without the picture, whose text has no `<image>`. */
      readonly view?: View
      /** Views of all pictures but the first, for a question about several; each has its own `<image>`, in order. */
      readonly furtherViews?: readonly View[]
    }
  | { readonly kind: 'observation'; readonly index: number; readonly text: string; readonly view: View }
  | { readonly kind: 'error'; readonly text: string }

/** The views of a message, in the order of their marks. */
export function viewsOf(message: Message): readonly View[] {
  if (message.kind === 'error') return []
  const views = [message.view, ...('furtherViews' in message ? (message.furtherViews ?? []) : [])]
  return views.filter((view) => view !== undefined)
}

/** One turn as the policy produced it. */
export interface Reply {
  readonly text: string
  /** Thinking from a separate field: stored and shown, never parsed for calls or answers. */
  readonly thinking?: string
  /** `length`: truncated by a token limit. */
  readonly finish: 'stop' | 'length'
  /** Set if the turn does not count against the policy, for example because a limit truncated its thinking; the search then has `failed`. */
  readonly failure?: { readonly code: string; readonly message: string }
  readonly usage: Usage
  /** What the server said of the reply. */
  readonly served?: Served
  /** The sampled tokens with log-probabilities, from policies that provide them (required for training). */
  readonly sample?: TokenSample
}

/** The turn as sampled tokens, never re-encoded from text, for training. */
export interface TokenSample {
  readonly prompt: Prompt
  /** Including the end mark, if the policy wrote one. */
  readonly reply: readonly number[]
  /** Log-probability of each reply token, at temperature 1. */
  readonly logprobs: readonly number[]
  /** See `SampledReply`. */
  readonly entropies?: readonly number[]
  /** Set if sampling was constrained by the grammar; `logprobs` are then normalised over the allowed tokens. */
  readonly formed?: boolean
}

/** Tokens of one turn: `prompt` counts only what was new to the session, including pictures. */
export interface Usage {
  readonly promptTokens: number
  /** For a model behind a server this is an estimate, since servers do not report it. */
  readonly imageTokens: number
  readonly replyTokens: number
  /** Prompt tokens that the server reports as cached; absent if it does not report them. */
  readonly cachedTokens?: number
  /** Tokens of the reply that the server counts as thinking; absent if it does not report them. */
  readonly thinkingTokens?: number
}

export interface TurnOptions {
  /** Fires when the search is aborted or out of time: work on the turn should stop and release its server slot. */
  readonly signal: AbortSignal | undefined
  /** 1-based turn number within the search. */
  readonly turn: number
  /** Receives the reply while it is written, if the policy supports it; does not change the reply. */
  readonly onNews?: OnReplyNews | undefined
  /** Receives failed attempts that are followed by another one, from policies behind a server. */
  readonly onRetry?: OnRetry | undefined
  /** Receives requests and replies as they went over the wire, from policies behind a server. */
  readonly onExchange?: ((sent: SentExchange) => void) | undefined
  /** Repeats the previous message; its reply must be discarded. */
  readonly again?: boolean
}

export interface AdoptOptions extends TurnOptions {
  /** The next turn is taken by this session. */
  readonly isLast: boolean
}

type AdoptedTurn = Pick<Turn, 'text' | 'thinking' | 'usage'>

export interface Session {
  take(message: Message, options: TurnOptions): Promise<Reply>
  /** Like `take`, but the turn has to be an answer; for baselines, if the policy supports it. */
  answerNow?(message: Message, options: TurnOptions): Promise<Reply>
  /**
   * Takes a turn that was taken elsewhere into the history, as the reply to `message`. Absent for policies that can only go on from their
   * own turns. Throws `UserError` for a turn that it could not go on from.
   */
  adopt?(message: Message, taken: AdoptedTurn, options: AdoptOptions): Promise<void>
  /** Releases resources; safe to call twice. */
  close(): void
}

export interface Policy {
  /** Its name in scores, such as `embedded:sft`, `teacher`, `chat:qwen`. */
  readonly name: string
  /** One sentence for the user about how it runs. */
  readonly about?: string
  /** Sampling fields sent to its server, besides the temperature. */
  readonly sampling?: Readonly<Record<string, number>>
  /** Opens a session. `seed` makes sampling reproducible if the policy supports it. */
  open(problem: Problem, options: { readonly seed: number }): Session
  close?(): Promise<void>
}
