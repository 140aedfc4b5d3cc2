/** What the engine and its worker threads say to each other. */
import type { ModelConfig } from '../../model/config.ts'
import type { Pixels } from '../../vision/picture.ts'
import type { Datum, ForwardBackward, Loss, SampledReply, SampleRequest } from '../engine.ts'

/** The engine's memory, shared with every worker: one writer at a time, ordered by messages. */
export interface Start {
  readonly config: ModelConfig
  readonly parameters: SharedArrayBuffer
  /** This worker's own gradient sums. */
  readonly gradients: SharedArrayBuffer
  readonly frozenStem: boolean
}

/** A view and what it holds, for teaching the stem. */
export interface LookDatum {
  readonly view: Pixels
  /** [imageTokens * presenceLabels] */
  readonly presence: Float32Array
  /** [kindLabels] */
  readonly kind: Float32Array
}

export type Request =
  | { readonly kind: 'train'; readonly data: readonly Datum[]; readonly loss: Loss }
  | { readonly kind: 'look'; readonly data: readonly LookDatum[]; readonly scale: number }
  | { readonly kind: 'sample'; readonly requests: readonly SampleRequest[]; readonly version: number }

export interface Looked {
  readonly loss: number
  /** Predictions as the heads gave them, shaped as the labels of `LookDatum`. */
  readonly presence: readonly Float32Array[]
  readonly kind: readonly Float32Array[]
}

export type Response =
  | { readonly id: number; readonly ok: ForwardBackward | Looked | readonly SampledReply[] }
  | {
      readonly id: number
      readonly failed: { readonly name: string; readonly message: string; readonly stack?: string }
    }
