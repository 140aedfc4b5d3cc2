/** The shape of the small vision-language model. Stored with every checkpoint. */
import { colours, shapes } from '../probe/scene.ts'
import { itemAt } from '../shared/known.ts'
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
  /** Channels after each convolution of the stem. Those behind the first halve a side; the first does what is left to do. */
  readonly stemChannels: readonly number[]
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
  stemChannels: [8, 16, 32, 96, 128],
  contextTokens: 112,
  vocabulary: vocabularySize,
}

/** Side of the patches that the first convolution sees, and its stride, in pixels: neighbours overlap by two. */
export function firstKernel({ viewPx, patchesPerSide, stemChannels }: ModelConfig): { size: number; stride: number } {
  const stride = viewPx / patchesPerSide / 2 ** (stemChannels.length - 1)
  return { size: stride + 2, stride }
}

/** Numbers in one such patch: three for each pixel. */
export function patchSize(config: ModelConfig): number {
  return firstKernel(config).size ** 2 * 3
}

/** The convolutions of the stem behind the first: their names, and channels that come in and go out. */
export function halvingConvolutions({ stemChannels }: ModelConfig): { name: string; from: number; to: number }[] {
  return stemChannels.slice(1).map((to, i) => ({ name: `stem.${i + 2}`, from: itemAt(stemChannels, i), to }))
}

/** Cells of a view that one picture token stands for, and colours that each is looked through for. */
export const cellsPerPatch = 4
export const colourCount = colours.length
/** Labels of a picture token: does this colour show in this cell? Cell by cell. */
export const presenceLabels = cellsPerPatch * colourCount

/** Where colour, shape and digit stand among the labels of what lies at a view's centre: `[from, to]`. */
export const kindRanges = {
  colour: [0, colourCount],
  shape: [colourCount, colourCount + shapes.length],
  digit: [colourCount + shapes.length, colourCount + shapes.length + 10],
} as const
export const kindLabels = kindRanges.digit[1]

/** Patches that the first convolution sees of a view. */
export function patchCount(config: ModelConfig): number {
  return (config.viewPx / firstKernel(config).stride) ** 2
}

export function patchTokens(config: ModelConfig): number {
  return config.patchesPerSide ** 2
}

/** Text tokens that fit beside the picture tokens. */
export function textTokens(config: ModelConfig): number {
  return config.contextTokens - patchTokens(config)
}
