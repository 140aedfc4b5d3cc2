/** The interface of a served chat model: takes a request, streams reasoning and content, and returns how it ended. */
import type { End } from '../../protocol/trajectory.ts'
import type { ChatRequest } from './chat-request.ts'
import type { Links } from '../searcher.ts'

export type Delta =
  /** Reasoning, for clients that show it. */
  { readonly reasoning: string } | { readonly content: string }

export interface Completed {
  readonly finish: 'stop' | 'length'
  /** The stop string that ended the reply. */
  readonly stop: string | null
  readonly promptTokens: number
  readonly replyTokens: number
  /** For a whole search: the content of `mini_o3` in the response. */
  readonly searched?: { readonly end: End; readonly turns: number; readonly links?: Links | undefined }
}

export interface ServedModel {
  readonly id: string
  /** Context length in tokens. */
  readonly contextLength?: number
  /** Throws `HttpError` or `UserError` for a request that it cannot serve. `signal` fires when the client disconnects. */
  complete(request: ChatRequest, signal: AbortSignal): AsyncGenerator<Delta, Completed, void>
}
