/**
 * Who takes a turn. A policy opens one session per search; a session is told what is new (the question with the
 * first view, an observation, or an error) and answers with the text of its turn. Sessions keep their own history.
 */
import type { Prompt } from '../engine/engine.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Pixels } from '../vision/picture.ts'
import type { OnReplyNews } from '../shared/reply-news.ts'
import type { PixelBox } from '../protocol/box.ts'

/** What the policy is shown of a region, fitted to the profile's budget. */
export interface View {
  /** Cuts or draws them anew each time, so that a thousand searches that wait for their turns hold none. */
  readonly pixels: () => Promise<Pixels>
  /** Equal for views of the same pixels. */
  readonly key: string
  /** The region that the view shows, in pixels of the original picture. */
  readonly boxPx: PixelBox
}

/** What is new since the session's last turn. `text` is the complete user message, the first `<image>` marking the view. */
export type Message =
  | {
      readonly kind: 'question'
      readonly system: string
      readonly text: string
      readonly view: View
      /** Of a question about several pictures those of all but the first; each has an `<image>` behind that of the one before. */
      readonly furtherViews?: readonly View[]
    }
  | { readonly kind: 'observation'; readonly index: number; readonly text: string; readonly view: View }
  | { readonly kind: 'error'; readonly text: string }

/** The views that a message brings, in the order of their marks. */
export function viewsOf(message: Message): readonly View[] {
  if (message.kind === 'error') return []
  return message.kind === 'question' ? [message.view, ...(message.furtherViews ?? [])] : [message.view]
}

/** One turn as the policy produced it. */
export interface Reply {
  readonly text: string
  /** Thinking that came apart from the text: kept and shown, never read for calls or answers. */
  readonly thinking?: string
  /** `length`: cut off by a token limit. */
  readonly finish: 'stop' | 'length'
  /** Why the turn says nothing of the policy, such as a limit that cut its thinking off: the search has `failed`. */
  readonly failure?: { readonly code: string; readonly message: string }
  readonly usage: Usage
  /** The sampled tokens and their log-probabilities, from policies that have them (training needs both). */
  readonly sample?: TokenSample
}

/** The turn as tokens, never re-encoded from text: what training learns from. */
export interface TokenSample {
  readonly prompt: Prompt
  /** With the end mark, if the policy wrote one. */
  readonly reply: readonly number[]
  /** Of each reply token, at temperature 1. */
  readonly logprobs: readonly number[]
  /** The reply was held to the form of a turn, and `logprobs` are those among the tokens that could come. */
  readonly formed?: boolean
}

/** Tokens of one turn: `prompt` counts only what was new to the session, pictures included. */
export interface Usage {
  readonly promptTokens: number
  /** Over a server an estimate, whichever model it is: servers do not say it. */
  readonly imageTokens: number
  readonly replyTokens: number
  /** Of the whole prompt of the turn's request, what the server says that it had kept; absent: it does not say. */
  readonly cachedTokens?: number
}

export interface TurnOptions {
  /** Fires when the search is aborted or out of time: what works at the turn is to let go of its server's slot. */
  readonly signal: AbortSignal | undefined
  /** 1-based turn number within the search. */
  readonly turn: number
  /** Hears the reply while it is written, from policies that can tell; the reply is the same with and without. */
  readonly onNews?: OnReplyNews | undefined
  /** The same message as in the turn before, whose reply is to be forgotten. */
  readonly again?: boolean
}

export interface Session {
  take(message: Message, options: TurnOptions): Promise<Reply>
  /** As `take`, but the turn has to be an answer: for baselines, where a policy can be made to answer at once. */
  answerNow?(message: Message, options: TurnOptions): Promise<Reply>
  /** Releases what the session holds; safe to call twice. */
  close(): void
}

export interface Policy {
  /** How scores name it, such as `embedded:sft`, `teacher`, `chat:qwen`. */
  readonly name: string
  /** How it runs, in a sentence for whoever started it. */
  readonly about?: string
  /** Fields beside the temperature that its server is sent to say how it samples. */
  readonly sampling?: Readonly<Record<string, number>>
  /** Opens a session. `seed` makes sampling reproducible where the policy can. */
  open(problem: Problem, options: { readonly seed: number }): Session
  close?(): Promise<void>
}
