/** How a Qwen vision-language model is talked to in tokens: its tokenizer, and what a picture costs it. */
import { z } from 'zod'
import type { Size } from '../../protocol/box.ts'
import { sha256 } from '../../shared/canonical.ts'
import { UserError } from '../../shared/errors.ts'
import { imageTokens, mostAspect, type TokenCount, type TokenGrid, tokenGrids } from '../../vision/image-tokens.ts'
import { type ModelFiles, readModelFiles } from './model-files.ts'
import { type QwenTokenizer, qwenTokenizer } from './tokenizer.ts'

export interface ChatModel {
  readonly tokenizer: QwenTokenizer
  /** Of the tokenizer's file: what is trained with another has other tokens. */
  readonly tokenizerSha256: string
  /** What its chat template says in place of a system message that is missing; nothing where that is left out. */
  readonly defaultSystem: string
  /** The model's own bounds. */
  readonly grid: TokenGrid
  /** The size at which a picture is sent, so that the server leaves it as it is, and the tokens that it then takes. */
  fit(size: Size): TokenCount
}

/** See `readModelFiles`. Throws `UserError` when the files are not those of such a model. */
export async function openChatModel(place: string): Promise<ChatModel> {
  return chatModel(await readModelFiles(place))
}

export function chatModel(files: ModelFiles): ChatModel {
  const grid = gridOf(files['preprocessor_config.json'])
  return {
    defaultSystem: grid.cell === tokenGrids['qwen2.5-vl'].cell ? 'You are a helpful assistant.' : '',
    tokenizerSha256: sha256(JSON.stringify(files['tokenizer.json'])),
    tokenizer: qwenTokenizer(files['tokenizer.json'], files['tokenizer_config.json']),
    grid,
    fit: (size) => settled(imageTokens(size, grid), grid),
  }
}

/**
 * The server measures again what was resized here, and rounding can make a thin picture too thin for it (29 x 5643 becomes
 * 28 x 5656): then its long side is cut down to what is allowed.
 */
function settled(count: TokenCount, grid: TokenGrid): TokenCount {
  const { width, height } = count.size
  const longest = Math.min(width, height) * mostAspect
  if (Math.max(width, height) <= longest) return count
  return imageTokens({ width: Math.min(width, longest), height: Math.min(height, longest) }, grid)
}

/** The bounds stand under names of their own (Qwen2.5-VL) or as edges (Qwen3-VL), which are pixel counts in spite of it. */
const processorSchema = z.object({
  patch_size: z.int().positive(),
  merge_size: z.int().positive(),
  min_pixels: z.int().positive().nullish(),
  max_pixels: z.int().positive().nullish(),
  size: z.object({ shortest_edge: z.int().positive().nullish(), longest_edge: z.int().positive().nullish() }).nullish(),
})

function gridOf(processor: object): TokenGrid {
  const { data } = processorSchema.safeParse(processor)
  const cell = data && data.patch_size * data.merge_size
  const own = Object.values(tokenGrids).find((grid) => grid.cell === cell)
  if (!data || !own) {
    throw new UserError(
      'model-foreign',
      'preprocessor_config.json is not that of Qwen2.5-VL (cells of 28 pixels) or Qwen3-VL (32): other models cannot be ' +
        'written for yet.',
    )
  }
  const minPixels = data.min_pixels ?? data.size?.shortest_edge ?? own.minPixels
  const maxPixels = data.max_pixels ?? data.size?.longest_edge ?? own.maxPixels
  if (minPixels <= maxPixels && minPixels <= mostMinPixels) return { cell: own.cell, minPixels, maxPixels }
  throw new UserError(
    'model-foreign',
    `preprocessor_config.json has pictures of at least ${minPixels} and at most ${maxPixels} pixels. Take the model’s own.`,
  )
}

/** Every view is enlarged to what a processor has for its least: beyond this it would fill memory. */
const mostMinPixels = 2 ** 24
