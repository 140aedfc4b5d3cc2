/**
 * Where gradients are computed. `train/` talks to this interface only, so the same loops run in this process and on a
 * cluster. Losses are sums over tokens: every normalisation travels in weights and advantages.
 */
import type { Pixels } from '../vision/picture.ts'

/** A stretch of what a reply is conditioned on. */
export type PromptChunk =
  | { readonly kind: 'text'; readonly tokens: readonly number[] }
  /** What the small model looks at: pixels, at its own size. */
  | { readonly kind: 'view'; readonly view: Pixels }
  /** What a vision-language model on a server is sent: a picture file that takes `tokens` positions. */
  | {
      readonly kind: 'image'
      readonly format: 'png' | 'jpeg'
      readonly tokens: number
      /** The same bytes each time; made anew rather than kept, as thousands of searches wait for their turns. */
      readonly bytes: () => Promise<Uint8Array>
    }

/**
 * What a reply is conditioned on, in order. A turn that goes on from another holds the very chunks of that one's prompt, then
 * its reply as a chunk of its own: so an engine can tell that both are one sequence.
 */
export type Prompt = readonly PromptChunk[]

/** Does the prompt begin with that of an earlier turn and its reply, chunk for chunk? */
export function goesOnFrom(
  prompt: Prompt,
  before: { readonly prompt: Prompt; readonly reply: readonly number[] },
): boolean {
  const { length } = before.prompt
  const next = prompt[length]
  return (
    before.prompt.every((chunk, i) => chunk === prompt[i]) &&
    next?.kind === 'text' &&
    next.tokens.length === before.reply.length &&
    next.tokens.every((token, i) => token === before.reply[i])
  )
}

/** Tokens of all text in a prompt. */
export function textLength(prompt: Prompt): number {
  return prompt.reduce((sum, chunk) => sum + (chunk.kind === 'text' ? chunk.tokens.length : 0), 0)
}

/** One turn to learn from. Arrays run along `reply`. */
export interface Datum {
  readonly prompt: Prompt
  readonly reply: readonly number[]
  /** Cross-entropy weights (SFT). */
  readonly weights?: readonly number[]
  /** Advantages and the sampler's log-probabilities (RL). */
  readonly advantages?: readonly number[]
  readonly oldLogprobs?: readonly number[]
  /** In RL: the reply was held to the form of a turn, and p is the probability among the tokens that could come. */
  readonly formed?: boolean
}

export type Loss =
  /** `-Σ weight · log p` */
  | { readonly kind: 'cross-entropy' }
  /** `-Σ min(r · A, clip(r, 1 - low, 1 + high) · A)` with `r = p / p_old` */
  | { readonly kind: 'ppo'; readonly clipLow: number; readonly clipHigh: number }

export interface ForwardBackward {
  /** Summed loss. */
  readonly loss: number
  /** For each datum, the log-probability of each reply token. */
  readonly logprobs: readonly (readonly number[])[]
  /** For each datum, whether each reply token was the likeliest; from engines that can tell. */
  readonly greedy?: readonly (readonly boolean[])[]
}

export interface AdamParameters {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decoupled weight decay, on matrices only. */
  readonly weightDecay: number
  /** Largest gradient norm; longer gradients are scaled down to it. */
  readonly clipNorm: number
}

export const defaultAdam: AdamParameters = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-9,
  weightDecay: 0.01,
  clipNorm: 1,
}

export interface SampleRequest {
  readonly prompt: Prompt
  /** Tokens that the reply has to begin with; they are not sampled and not returned. */
  readonly replyStart?: readonly number[]
  /** The only tokens that may be drawn; all when absent. */
  readonly allowed?: readonly number[]
  /** Keeps to the form of a turn (`model/grammar.ts`). */
  readonly formed?: boolean
  readonly seed: number
  /** 0 takes the likeliest token. */
  readonly temperature: number
  readonly maxTokens: number
}

export interface SampledReply {
  /** Without the end mark that closed it; `ended` says whether there was one. */
  readonly tokens: readonly number[]
  /** Log-probability of each token, then of the end mark, at temperature 1, among the tokens that could come. */
  readonly logprobs: readonly number[]
  readonly ended: boolean
}

/** Publishes weights as something that samples. */
export interface Sampler {
  /** Throws `AbortedError` once the signal fires; a request that still waits is then never worked at. */
  sample(request: SampleRequest, options: { readonly signal: AbortSignal | undefined }): Promise<SampledReply>
}

export interface Engine {
  /** How the names of its checkpoints end: weights themselves, or a note of where a server keeps them. */
  readonly checkpointSuffix: '.safetensors' | '.json'
  forwardBackward(data: readonly Datum[], loss: Loss): Promise<ForwardBackward>
  /** The log-probability of each reply token of each datum under the current weights; no gradient. */
  forward(data: readonly Datum[]): Promise<ForwardBackward['logprobs']>
  optimStep(adam: AdamParameters): Promise<{ readonly gradientNorm: number }>
  /** The current weights as a sampler; to be asked for again after an optimiser step. */
  sampler(): Promise<Sampler>
  /** Weights and the optimiser's state, to go on from. */
  save(file: string): Promise<void>
  /** Weights to sample from or to start another stage with. */
  saveForUse(file: string): Promise<void>
  load(file: string): Promise<void>
  /** `load` for a new stage: the optimiser's state is forgotten. */
  loadWeights(file: string): Promise<void>
  /** Deletes what `save` wrote, wherever it lies. */
  discard(file: string): Promise<void>
  /** Milliseconds of work so far, from engines that can tell: all of it in `sampler` and in training. */
  busyMs?(): number
  close(): Promise<void>
}
