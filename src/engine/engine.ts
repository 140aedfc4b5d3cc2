/**
 * Where gradients are computed. `train/` imports nothing else of this room, so the same loops run in this process and on a
 * cluster. Losses are sums over tokens: every normalisation travels in weights and advantages.
 */
import { defaultConfig, patchTokens } from '../model/config.ts'
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
 * What a reply is conditioned on, in order. The prompt of a later turn reuses the chunk objects of the turn before it, followed by
 * that turn's reply as a chunk of its own: so an engine recognises both as one sequence by identity.
 */
export type Prompt = readonly PromptChunk[]

/** Whether the prompt starts with that of an earlier turn and its reply, chunk for chunk. */
export function continuesFrom(
  prompt: Prompt,
  earlier: { readonly prompt: Prompt; readonly reply: readonly number[] },
): boolean {
  const { length } = earlier.prompt
  const next = prompt[length]
  return (
    earlier.prompt.every((chunk, i) => chunk === prompt[i]) &&
    next?.kind === 'text' &&
    next.tokens.length === earlier.reply.length &&
    next.tokens.every((token, i) => token === earlier.reply[i])
  )
}

/** A prompt as the small model reads it: one view, and the text behind it. */
export function promptOf(view: Pixels, tokens: readonly number[]): Prompt {
  return [
    { kind: 'view', view },
    { kind: 'text', tokens },
  ]
}

/** The inverse of `promptOf`. Throws `RangeError` for a prompt of another form. */
export function viewAndText(prompt: Prompt): { readonly view: Pixels; readonly tokens: readonly number[] } {
  const [first, second, ...more] = prompt
  if (first?.kind === 'view' && second?.kind === 'text' && more.length === 0) {
    return { view: first.view, tokens: second.tokens }
  }
  throw new RangeError(
    `a prompt of ${prompt.map(({ kind }) => kind).join(', ')}; the small model reads a view, then text`,
  )
}

/** Tokens of all text in a prompt. */
export function textLength(prompt: Prompt): number {
  return prompt.reduce((sum, chunk) => sum + (chunk.kind === 'text' ? chunk.tokens.length : 0), 0)
}

/** Positions of a prompt in the model's context, pictures at their full length. */
export function promptLength(prompt: Prompt): number {
  return prompt.reduce((sum, chunk) => {
    if (chunk.kind === 'view') return sum + patchTokens(defaultConfig)
    return sum + (chunk.kind === 'image' ? chunk.tokens : chunk.tokens.length)
  }, 0)
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
  /** Where `oldLogprobs` are the trainer's: those of the sampler, for servers that correct for what lies between the two. */
  readonly rolloutLogprobs?: readonly number[]
  /** In RL: the reply was held to the form of a turn, and p is the probability among the tokens that could come. */
  readonly formed?: boolean | undefined
}

/** Losses of reinforcement learning by the names that servers have for them; `policy-loss.ts` says what each computes. */
export const policyLosses = ['ppo', 'cispo', 'gspo', 'dppo'] as const
export type PolicyLossName = (typeof policyLosses)[number]

export interface PolicyLoss {
  readonly kind: PolicyLossName
  /** How far below and above 1 the ratio `p / p_old` may be; with `dppo` how far `p` may fall below `p_old`, and rise above it. */
  readonly clipLow: number
  readonly clipHigh: number
}

export type Loss =
  /** `-Σ weight · log p` */
  { readonly kind: 'cross-entropy' } | PolicyLoss

export interface ForwardBackward {
  /** Summed loss. */
  readonly loss: number
  /** For each datum, the log-probability of each reply token. */
  readonly logprobs: readonly (readonly number[])[]
  /** For each datum, whether each reply token was the likeliest; from engines that can tell. */
  readonly greedy?: readonly (readonly boolean[])[]
}

/** A view and what it holds, for teaching the stem of the small model to see. */
export interface LookDatum {
  readonly view: Pixels
  /** [imageTokens * presenceLabels] */
  readonly presence: Float32Array
  /** [kindLabels] */
  readonly kind: Float32Array
}

export interface Looked {
  readonly loss: number
  /** Predictions as the heads gave them, shaped as the labels of `LookDatum`. */
  readonly presence: readonly Float32Array[]
  readonly kind: readonly Float32Array[]
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
  readonly formed?: boolean | undefined
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

/** Optional members are capabilities: what uses one asks whether it is there. */
export interface Engine {
  /** What it is, as a run keeps it. */
  readonly about: { readonly engine: string; readonly server?: string; readonly baseModel?: string }
  /** Settings that it does not follow, one sentence each, for users. */
  readonly ignoredSettings: readonly string[]
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
  /** Each of its samplers keeps the weights that it was asked for with, and samples while the engine trains. */
  readonly samplesApart?: true
  /** Gradients of the perception loss of the stem, each view counting `scale`. */
  lookForwardBackward?(data: readonly LookDatum[], scale: number): Promise<Looked>
  /** Milliseconds of work so far: all of it in `sampler` and in training. */
  busyMs?(): number
  close(): Promise<void>
}
