/**
 * Where gradients are computed. `train/` imports nothing else of this room, so the same loops run in this process and on a
 * cluster. Losses are sums over tokens: every normalisation travels in weights and advantages.
 */
import type { Pixels } from '../vision/picture.ts'
import type { Datum, Prompt } from './datum.ts'
import type { PolicyLoss } from './policy-loss.ts'
import type { TokenUsage } from './usage.ts'

export { continuesFrom, promptLength, promptOf, textLength, viewAndText } from './datum.ts'
export type { Datum, Prompt, PromptChunk } from './datum.ts'
export { lossClips, policyLosses, policyLossFigures } from './policy-loss.ts'
export type { PolicyLoss, PolicyLossName } from './policy-loss.ts'
export { usageAt, usageSince } from './usage.ts'
export type { TokenPrices, TokenUsage } from './usage.ts'

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

/** A view with labels of its content, for training the stem of the small model. */
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
  /**
   * Entropy in nats of the distribution that each of `logprobs` belongs to, and 0 where only one token could come. Absent if the
   * engine does not know the whole distribution.
   */
  readonly entropies?: readonly number[]
  readonly ended: boolean
}

/** Publishes weights as something that samples. */
export interface Sampler {
  /** Throws `AbortedError` once the signal fires; a request that still waits is then never worked at. */
  sample(request: SampleRequest, options: { readonly signal: AbortSignal | undefined }): Promise<SampledReply>
}

/** Optional members are capabilities: what uses one asks whether it is there. */
export interface Engine {
  /** Description of the engine, stored in the run. */
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
  /** Weights and optimiser state, for resuming. */
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
  /** Tokens so far, as a service bills them. */
  usage?(): TokenUsage
  close(): Promise<void>
}
