/** What a forward pass leaves behind: its results, and everything that gradients are computed from. */
import type { Address } from './kernels.ts'

/** The rows of one sequence: neighbours among the packed rows of a pass. */
export interface PackedSequence {
  readonly row: number
  readonly length: number
  /** So many of its last rows are predicted from. */
  readonly tail: number
  /** Positions that all of its rows see: the view and the prompt. */
  readonly prefix: number
  /** The colour that its question names, by number; -1 without one. */
  readonly colour: number
  /** The tokens with which the question names its goal. */
  readonly goalTokens: readonly number[]
}

export interface LayerTape {
  /** Rows with queries: all, in the last layer the tails. */
  readonly rows: number
  /** Rows that came to the layer, normalised, and what they were multiplied by. */
  readonly normal: Address
  readonly scale: Address
  /** [rows, 3 D]: queries and keys after rotation, values. */
  readonly projected: Address
  /** For each sequence and head [queries, positions seen rounded up to a multiple of 8]. */
  readonly probabilities: Address
  /** What attention gave, before its matrix. */
  readonly mixed: Address
  readonly normal2: Address
  readonly scale2: Address
  /** Rectified, not yet squared. */
  readonly hidden: Address
}

/** A convolution's inputs, unfolded into the rows that its kernel multiplies, and what it gives, after the rectifier. */
export interface ConvolutionTape {
  readonly columns: Address
  readonly out: Address
}

/** Of B views. */
export interface StemTape {
  readonly views: number
  readonly convolutions: readonly ConvolutionTape[]
  /** [B * patches, D], normalised by `scale`. */
  readonly features: Address
  readonly scale: Address
}

export interface Tape {
  readonly sequences: readonly PackedSequence[]
  readonly rows: number
  readonly tailRows: number
  /** The token of each row; of picture rows, whatever it is. */
  readonly tokens: Address
  readonly layers: readonly LayerTape[]
  /** Of the tails, after the last layer. */
  readonly normal: Address
  readonly scale: Address
  /** [tailRows, logitStride] */
  readonly logits: Address
  readonly logitStride: number
  /** For each sequence that begins with its view: [D], [D] and [patches, cellsPerPatch]. */
  readonly goal: { readonly words: Address; readonly gate: Address; readonly strength: Address }
  readonly stem: StemTape
}
