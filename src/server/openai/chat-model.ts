/** A model as the chat endpoint sees it: takes a request, tells its thoughts and words as they come, and says how it ended. */
import type { End } from '../../protocol/trajectory.ts'
import type { ChatRequest } from './chat-request.ts'
import type { Links } from '../searcher.ts'

export type Delta =
  /** What led to the answer, for clients that show it. */
  { readonly reasoning: string } | { readonly content: string }

export interface Completed {
  readonly finish: 'stop' | 'length'
  /** The stop string that was met. */
  readonly stop: string | null
  readonly promptTokens: number
  readonly replyTokens: number
  /** Of a whole search; what the answer carries as `mini_o3`. */
  readonly searched?: { readonly end: End; readonly turns: number; readonly links?: Links | undefined }
}

export interface ServedModel {
  readonly id: string
  /** Tokens of a conversation. */
  readonly contextLength?: number
  /** Throws `HttpError` or `UserError` for a request that it cannot serve. `signal` fires when the client has gone. */
  complete(request: ChatRequest, signal: AbortSignal): AsyncGenerator<Delta, Completed, void>
}
