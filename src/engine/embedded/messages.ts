/** What the engine asks of its worker threads, and the memory that it shares with them. */
import type { ModelConfig } from '../../model/config.ts'
import { sum } from '../../shared/numbers.ts'
import type { Datum, ForwardBackward, LookDatum, Looked, Loss, SampledReply, SampleRequest } from '../engine.ts'

/** The engine's memory, shared with every worker: one writer at a time, ordered by messages. */
export interface Start {
  readonly config: ModelConfig
  readonly parameters: SharedArrayBuffer
  /** This worker's own gradient sums. */
  readonly gradients: SharedArrayBuffer
  readonly frozenStem: boolean
}

/** Replies that one worker writes at once. */
export const replySlots = 48

export type Request = {
  /** Counts up with each change of the parameters. */
  readonly version: number
} & (
  | { readonly kind: 'train'; readonly data: readonly Datum[]; readonly loss: Loss }
  | { readonly kind: 'look'; readonly data: readonly LookDatum[]; readonly scale: number }
  | { readonly kind: 'sample'; readonly request: SampleRequest }
)

/** Of data that were split: their results as one. */
export function joinTrained(parts: readonly ForwardBackward[]): ForwardBackward {
  return {
    loss: sum(parts.map(({ loss }) => loss)),
    logprobs: parts.flatMap(({ logprobs }) => logprobs),
    greedy: parts.flatMap(({ greedy = [] }) => greedy),
  }
}

/** Of views that were split. */
export function joinLooked(parts: readonly Looked[]): Looked {
  return {
    loss: sum(parts.map(({ loss }) => loss)),
    presence: parts.flatMap(({ presence }) => presence),
    kind: parts.flatMap(({ kind }) => kind),
  }
}

/** What the kind of the request makes: one of them. */
export interface Answer {
  readonly trained?: ForwardBackward
  readonly looked?: Looked
  readonly sampled?: SampledReply
}
