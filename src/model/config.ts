/** The shape of the small vision-language model. Stored with every checkpoint. */
import { vocabularySize } from './tokenizer.ts'

export interface ModelConfig {
  /** Pixels a side of the square view that the model looks at. */
  readonly viewPx: number
  /** Picture tokens a view: a grid of `patchesPerSide` squared. */
  readonly patchesPerSide: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly mlpWidth: number
  /** Channels after the three convolutions of the stem. */
  readonly stemChannels: readonly [number, number, number]
  /** Longest sequence, picture tokens included. */
  readonly contextTokens: number
  readonly vocabulary: number
}

export const defaultConfig: ModelConfig = {
  viewPx: 64,
  patchesPerSide: 4,
  width: 96,
  layers: 4,
  heads: 3,
  mlpWidth: 384,
  stemChannels: [32, 64, 128],
  contextTokens: 88,
  vocabulary: vocabularySize,
}

export function imageTokens(config: ModelConfig): number {
  return config.patchesPerSide ** 2
}

/** Text tokens that fit beside the picture tokens. */
export function textTokens(config: ModelConfig): number {
  return config.contextTokens - imageTokens(config)
}
