/** Input and output types of both ways to run a model. */
import type { Completion, CompletionOptions, CompletionRequest, Endpoint, ModelInfo } from '../endpoint/endpoint.ts'

export interface ToRun {
  /** Paths of GGUF files. */
  readonly model: string
  readonly mmproj: string
  /** Context length of one conversation in tokens. */
  readonly context: number
  /** Number of concurrent conversations. */
  readonly slots: number
  readonly threads: number
  /** Pictures take fewer positions than tokens (M-RoPE). */
  readonly mrope: boolean
  /** Pixels of the side of a picture's token. */
  readonly cell: number
  /** Tokens of the largest picture that is not scaled down. */
  readonly imageTokens: number
}

export interface Runner {
  readonly model: ModelInfo
  /** Where it computes, as text for the user. */
  readonly where: string
  /** Whether a graphics card is used. */
  readonly card: boolean
  complete(request: CompletionRequest, options: CompletionOptions): Promise<Completion>
  spent(): ReturnType<Endpoint['spent']>
  close(): Promise<void>
}
