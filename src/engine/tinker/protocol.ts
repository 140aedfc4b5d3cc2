/** What goes over the wire, in the protocol's own names, and replies read leniently: servers add fields as they like. */
import { z } from 'zod'
import { TransportError } from '../../shared/errors.ts'

export type Chunk =
  | { readonly type: 'encoded_text'; readonly tokens: readonly number[] }
  /** `data`: the bytes of the file. A server puts `expected_tokens` positions in its place, and refuses another count. */
  | {
      readonly type: 'image'
      readonly data: Uint8Array
      readonly format: 'png' | 'jpeg'
      readonly expected_tokens: number
    }

export interface TensorData {
  readonly data: readonly number[]
  readonly dtype: 'int64' | 'float32'
}

/**
 * A sequence without its last token. Every array has one entry for each position, pictures at their full length; entry
 * `i` belongs to token `i + 1`.
 */
export interface WireDatum {
  readonly chunks: readonly Chunk[]
  readonly inputs: Readonly<Record<string, TensorData>>
}

export interface ForwardBackwardRequest {
  readonly modelId: string
  readonly seqId: number
  readonly data: readonly WireDatum[]
  readonly lossFn: string
  readonly lossFnConfig?: Readonly<Record<string, number>> | undefined
  /** Log-probabilities alone, no gradient. */
  readonly forwardOnly?: boolean
}

export interface ForwardBackwardResult {
  /** For each datum, one for each position. */
  readonly logprobs: readonly (readonly number[])[]
  readonly metrics: Readonly<Record<string, number>>
}

export interface SampledReplies {
  readonly sequences: readonly SampledSequence[]
  /** Tokens of the prompt that the server had kept from an earlier request. */
  readonly cachedTokens: number
}

interface SampledSequence {
  readonly tokens: readonly number[]
  readonly logprobs: readonly number[]
  readonly stopped: boolean
}

export interface AdamParams {
  readonly learning_rate: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weight_decay: number
  /** 0: no clipping. */
  readonly grad_clip_norm: number
}

const numbers = z.array(z.number())
const metrics = z.record(z.string(), z.number()).nullish()

export const replies = {
  acknowledged: z.object({ request_id: z.coerce.string() }),
  capabilities: z.object({
    supported_models: z.array(
      z.object({
        model_name: z.string().nullish(),
        max_context_length: z.number().nullish(),
        trainable: z.boolean().nullish(),
        sampleable: z.boolean().nullish(),
      }),
    ),
  }),
  session: z.object({ session_id: z.string() }),
  model: z.object({ model_id: z.string() }),
  optimised: z.object({ metrics }),
  saved: z.object({ path: z.string() }),
  published: z.object({ sampling_session_id: z.string() }),
  forwardBackward: z.object({
    loss_fn_outputs: z.array(z.object({ logprobs: z.object({ data: numbers }) })),
    metrics,
  }),
  sampled: z.object({
    sequences: z.array(z.object({ tokens: numbers, logprobs: numbers, stop_reason: z.string() })).min(1),
    prompt_cache_hit_tokens: z.number().nullish(),
  }),
} as const

/** The reply in its shape; throws `TransportError` when it has another. */
export function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.length ? ` at ${issue.path.join('.')}` : ''
  throw new TransportError(
    'tinker-reply',
    `The server's reply to ${what} is not as expected${where}: ${issue?.message}.`,
  )
}
