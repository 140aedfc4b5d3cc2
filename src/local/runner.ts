/** What both ways of running a model are given, and what they give. Types only. */
import type { Completion, CompletionOptions, CompletionRequest, Endpoint, ModelInfo } from '../endpoint/endpoint.ts'

export interface ToRun {
  /** Paths of GGUF files. */
  readonly model: string
  readonly mmproj: string
  /** Tokens of one conversation. */
  readonly context: number
  /** Conversations at once. */
  readonly slots: number
  readonly threads: number
  /** Pictures take fewer positions than tokens (M-RoPE). */
  readonly mrope: boolean
  /** Pixels of the side of a picture's token. */
  readonly cell: number
  /** Of the largest picture, which is not shrunk. */
  readonly imageTokens: number
}

export interface Runner {
  readonly model: ModelInfo
  /** Where it computes, for its user. */
  readonly where: string
  /** A graphics card does the work. */
  readonly card: boolean
  complete(request: CompletionRequest, options: CompletionOptions): Promise<Completion>
  spent(): ReturnType<Endpoint['spent']>
  close(): Promise<void>
}
