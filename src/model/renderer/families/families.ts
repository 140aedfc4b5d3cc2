/** The families of models that can be written for, and to which of them a model's files belong. */
import { z } from 'zod'
import { UserError } from '../../../shared/errors.ts'
import type { TokenGrid } from '../../../vision/image-tokens.ts'
import type { ChatTemplate } from '../chat-template.ts'
import type { ModelFiles } from '../model-files.ts'
import type { ModelFamily } from './family.ts'
import { qwen25VlFamily } from './qwen2.5-vl.ts'
import { qwen35Family } from './qwen3.5.ts'
import { qwen3VlFamily } from './qwen3-vl.ts'

export const modelFamilies: readonly ModelFamily[] = [qwen25VlFamily, qwen3VlFamily, qwen35Family]

/** The bounds stand under names of their own (Qwen2.5-VL) or as edges (Qwen3-VL), which are pixel counts in spite of it. */
const processorSchema = z.object({
  patch_size: z.int().positive(),
  merge_size: z.int().positive(),
  min_pixels: z.int().positive().nullish(),
  max_pixels: z.int().positive().nullish(),
  size: z.object({ shortest_edge: z.int().positive().nullish(), longest_edge: z.int().positive().nullish() }).nullish(),
})
const configSchema = z.object({ model_type: z.string() })

/** Every view is enlarged to what a processor has for its least: beyond this it would fill memory. */
const mostMinPixels = 2 ** 24

/**
 * By what the files say and never by a name: `model_type` where config.json is there, the cells of the picture processor, and how the
 * chat template says that functions are called. Throws `UserError` for a model of no family, or files of several models.
 */
export function familyOf(
  files: ModelFiles,
  template: ChatTemplate,
): { readonly family: ModelFamily; readonly grid: TokenGrid } {
  const processor = processorSchema.safeParse(files['preprocessor_config.json']).data
  const modelType = configSchema.safeParse(files['config.json']).data?.model_type
  const cell = processor && processor.patch_size * processor.merge_size
  const named = modelFamilies.filter(({ modelTypes }) => modelType === undefined || modelTypes.includes(modelType))
  if (modelType !== undefined && named.length === 0) throw foreign(`config.json says model_type ${modelType}`)
  const fitting = named.filter(({ grid }) => grid.cell === cell)
  if (!processor || fitting.length === 0) {
    const cells =
      cell === undefined ? 'does not say how many pixels a token covers' : `has tokens of ${cell} x ${cell} pixels`
    const asked = modelType === undefined ? '' : `, unlike those of a ${modelType}`
    throw foreign(`its picture processor ${cells}${asked}`)
  }
  const [family, ...others] =
    fitting.length > 1 ? fitting.filter(({ call }) => call && calls(template, call.shown)) : fitting
  if (family === undefined || others.length > 0) {
    throw foreign(`it could be ${fitting.map(({ title }) => title).join(' or ')}: add its config.json`)
  }
  return { family, grid: boundsOf(processor, family) }
}

function calls(template: ChatTemplate, shown: string): boolean {
  const tools = [{ type: 'function', function: { name: 'look', description: '', parameters: {} } }]
  return template([{ role: 'user', content: '' }], { tools }).includes(shown)
}

function boundsOf(processor: z.infer<typeof processorSchema>, { grid }: ModelFamily): TokenGrid {
  const minPixels = processor.min_pixels ?? processor.size?.shortest_edge ?? grid.minPixels
  const maxPixels = processor.max_pixels ?? processor.size?.longest_edge ?? grid.maxPixels
  if (minPixels <= maxPixels && minPixels <= mostMinPixels) return { cell: grid.cell, minPixels, maxPixels }
  throw new UserError(
    'model-foreign',
    `The picture processor allows pictures of at least ${minPixels} and at most ${maxPixels} pixels. Use the model’s own.`,
  )
}

function foreign(why: string): UserError {
  const known = modelFamilies
    .map(({ title, modelTypes }) => `${title} (model_type ${modelTypes.join(', ')})`)
    .join('; ')
  return new UserError('model-foreign', `The files do not belong to a supported model: ${why}. There are ${known}.`)
}
