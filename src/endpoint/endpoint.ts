/**
 * What is asked of an OpenAI-compatible server, whichever kind it is: one interface for the chat policy, the judge and
 * the doctor. `openEndpoint` in `open-endpoint.ts` makes one.
 */
import type { EncodedMessage } from './exchange/encode-message.ts'
import type { OnReplyNews } from '../shared/reply-news.ts'
import type { ServerKind } from './server-kinds.ts'
import type { ToolCall } from './exchange/messages.ts'

export interface ModelInfo {
  readonly id: string
  /** Tokens of a conversation, where the server says it. */
  readonly contextLength?: number
}

export interface CompletionRequest {
  readonly model: string
  readonly messages: readonly EncodedMessage[]
  /** The reply halts after the first of these, which is kept at its end, whatever the server does. */
  readonly stop?: readonly string[]
  /** Tokens of the reply. */
  readonly maxTokens?: number | undefined
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  /** Sent where the kind of server takes one. */
  readonly seed?: number
  /** OpenAI function declarations, for models that call natively. */
  readonly tools?: readonly object[] | undefined
}

export interface Completion {
  /**
   * The content of the reply, its stop string restored and anything behind that cut off. Of a reply that holds neither content
   * nor calls, but thinking in a field of its own, it is that thinking.
   */
  readonly text: string
  /** Thinking that the server gave in a field of its own, beside the text or the calls. */
  readonly thinking?: string
  readonly toolCalls: readonly ToolCall[]
  /** The reply as a message of the next request: as it came. */
  readonly message: EncodedMessage
  /** `length`: cut off by a token limit. */
  readonly finish: 'stop' | 'length'
  /** As the server counts: the whole prompt, pictures included. Absent where it does not say. */
  readonly usage?: { readonly promptTokens: number; readonly replyTokens: number; readonly cachedTokens?: number }
  /** How the server dealt with the request. */
  readonly handling?: Handling
}

export interface Handling {
  /** What became of the stop string that the reply met; `overlooked`: the reply went on behind it. */
  readonly stop?: 'kept' | 'stripped' | 'overlooked'
  /** Thinking came in a field of its own. */
  readonly thinkingApart: boolean
  /** Parameters that the server refused, and that are no longer sent. */
  readonly refused: readonly string[]
}

/** What an endpoint was asked for so far. */
export interface Spent {
  readonly requests: number
  readonly retries: number
  readonly promptTokens: number
  readonly replyTokens: number
  readonly bytesSent: number
}

export interface CompletionOptions {
  readonly signal?: AbortSignal | undefined
  /** Hears the reply while it is written, and of tries that failed. The reply is the same with and without. */
  readonly onNews?: OnReplyNews | undefined
}

export interface Endpoint {
  readonly baseUrl: string
  readonly kind: ServerKind
  /** Empty where the server lists none. */
  readonly models: readonly ModelInfo[]
  /**
   * One reply. Tries again after 408, 409, 425, 429, 5xx, overload, cut connections and time-outs, with back-off, as
   * `Retry-After` says, up to a cap; changes a refused request at most four times. Throws `TransportError` when that was in
   * vain or a refusal concerns this request alone, `ContextLengthError` when the prompt does not fit, `UserError` for what
   * every request would meet (key, model, quota, too many pictures: the message names the server's flag), `AbortedError`.
   */
  complete(request: CompletionRequest, options?: CompletionOptions): Promise<Completion>
  spent(): Spent
  /** Closes idle connections. */
  close(): void
}
