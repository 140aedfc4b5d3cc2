/**
 * The interface to an OpenAI-compatible server of any kind, used by the chat policy, the judge and the doctor. Created by
 * `openEndpoint` in `open-endpoint.ts`.
 */
import type { EncodedMessage } from './exchange/encode-message.ts'
import type { SentExchange } from '../protocol/exchange.ts'
import type { OnReplyNews } from '../shared/reply-news.ts'
import type { FailedAttempt, Served } from '../protocol/turn-record.ts'
import type { ServerKind } from './server-kinds.ts'
import type { ToolCall } from './exchange/messages.ts'

export interface ModelInfo {
  readonly id: string
  /** Context length in tokens, if the server reports it. */
  readonly contextLength?: number
}

export interface CompletionRequest {
  readonly model: string
  readonly messages: readonly EncodedMessage[]
  /** The reply ends after the first of these, which is kept, whatever the server does with stop strings. */
  readonly stop?: readonly string[]
  /** Whether one within closed thinking ends the reply too, as on servers that obey; default: only what is said after it. */
  readonly stopAnywhere?: boolean
  /** Token limit of the reply. */
  readonly maxTokens?: number | undefined
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  /** Sent if the kind of server supports it. */
  readonly seed?: number
  /** OpenAI function declarations, for native calls. */
  readonly tools?: readonly object[] | undefined
}

export interface Completion {
  /**
   * The content of the reply, with its stop string restored and anything after it removed. For a reply without content and calls, the
   * thinking from its separate field.
   */
  readonly text: string
  /** Thinking from a separate field. */
  readonly thinking?: string
  readonly toolCalls: readonly ToolCall[]
  /** The reply as received, as a message for the next request. */
  readonly message: EncodedMessage
  /** `length`: truncated by a token limit. */
  readonly finish: 'stop' | 'length'
  /** The server's counts; the prompt includes pictures. Absent if it reports none. */
  readonly usage?: {
    readonly promptTokens: number
    readonly replyTokens: number
    readonly cachedTokens?: number
    readonly thinkingTokens?: number
  }
  readonly served?: Served
  /** How the server handled the request. */
  readonly handling?: Handling
}

export interface Handling {
  /** What happened to the stop string; `overlooked`: the reply continued after it. */
  readonly stop?: 'kept' | 'stripped' | 'overlooked'
  /** Whether thinking came in a separate field. */
  readonly thinkingApart: boolean
  /** Parameters that the server refused and that are no longer sent. */
  readonly refused: readonly string[]
}

/** Requests and tokens used so far. */
export interface Spent {
  readonly requests: number
  readonly retries: number
  readonly promptTokens: number
  readonly replyTokens: number
  readonly bytesSent: number
}

export type OnRetry = (retry: Omit<FailedAttempt, 'atMs'>) => void

export interface CompletionOptions {
  readonly signal?: AbortSignal | undefined
  /** Receives the reply while it is written, and failed attempts. Does not change the reply. */
  readonly onNews?: OnReplyNews | undefined
  /** Receives every failed attempt that is followed by another one. */
  readonly onRetry?: OnRetry | undefined
  /** Receives every request with what came of it. */
  readonly onExchange?: ((sent: SentExchange) => void) | undefined
}

export interface Endpoint {
  readonly baseUrl: string
  readonly kind: ServerKind
  /** Empty if the server lists none. */
  readonly models: readonly ModelInfo[]
  /**
   * Requests one reply. Retries after 408, 409, 425, 429, 5xx, overload, broken connections and timeouts, with back-off and
   * `Retry-After` up to a cap; changes a refused request at most four times. Throws `TransportError` if that fails or the refusal
   * concerns only this request, `ContextLengthError` if the prompt does not fit, `UserError` for errors that every request would get
   * (key, model, quota, too many pictures: the message names the server's flag), `AbortedError`.
   */
  complete(request: CompletionRequest, options?: CompletionOptions): Promise<Completion>
  spent(): Spent
  /** Closes idle connections. */
  close(): void
}
