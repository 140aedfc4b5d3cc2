/** Checkpoints of the embedded engine: parameters, optimiser state and the model's shape in one safetensors file. */
import { z } from 'zod'
import { defaultConfig, firstKernel, type ModelConfig } from '../../model/config.ts'
import { parameterCount, type ParameterSpec, parameterSpecs } from '../../model/parameters.ts'
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../model/safetensors.ts'
import { UserError } from '../../shared/errors.ts'
import { jsonOrUndefined } from '../../shared/json.ts'
import { itemAt } from '../../shared/known.ts'
import type { AdamState } from './adam.ts'

export interface Checkpoint {
  readonly config: ModelConfig
  readonly parameters: Float32Array
  /** Absent in checkpoints made to be used, not trained on. */
  readonly adam?: AdamState
}

const moments = ['first', 'second'] as const

/** To be counted up whenever the same parameters would mean another network. */
const format = 'mini-o3-embedded-2'

const count = (largest: number): z.ZodInt => z.int().positive().max(largest)

/** Bounds that keep a foreign file from being taken for a giant model. */
const configSchema: z.ZodType<ModelConfig> = z
  .strictObject({
    viewPx: count(1024),
    patchesPerSide: count(64),
    width: count(8192),
    layers: count(128),
    heads: count(128),
    mlpWidth: count(65_536),
    stemChannels: z.array(count(8192)).min(1).max(8),
    contextTokens: count(65_536),
    vocabulary: z.literal(defaultConfig.vocabulary, 'its vocabulary differs'),
  })
  .refine(
    (config) => Number.isInteger(firstKernel(config).stride),
    'its stem does not cut a view into its picture tokens',
  )

export async function writeCheckpoint(file: string, { config, parameters, adam }: Checkpoint): Promise<void> {
  const tensors = new Map<string, StoredTensor>()
  for (const spec of parameterSpecs(config)) {
    tensors.set(spec.name, { shape: spec.shape, values: partOf(parameters, spec) })
    if (adam === undefined) continue
    for (const moment of moments) {
      tensors.set(`adam.${moment}/${spec.name}`, { shape: spec.shape, values: partOf(adam[moment], spec) })
    }
  }
  const metadata = { format, config: JSON.stringify(config), adamStep: String(adam?.step ?? 0) }
  await writeSafetensors(file, { tensors, metadata })
}

/** Throws `UserError` when the file is not a checkpoint of this model. Sizes are checked before memory is taken. */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(file)
  const wrong = (why: string): UserError =>
    new UserError('checkpoint-foreign', `${file} is not a checkpoint of the embedded policy (${why}).`)
  if (metadata['format'] !== format) throw wrong('unknown format')
  const parsed = configSchema.safeParse(jsonOrUndefined(metadata['config'] ?? ''))
  if (!parsed.success) throw wrong(`its model's shape: ${itemAt(parsed.error.issues, 0).message}`)
  const config = parsed.data
  const specs = parameterSpecs(config)
  const gather = (prefix: string): Float32Array => {
    const parts = specs.map(({ name, shape, offset }) => {
      const part = tensors.get(prefix + name)
      if (part?.shape.join() !== shape.join()) throw wrong(`${prefix}${name} is missing or misshapen`)
      return { part: part.values, offset }
    })
    const values = new Float32Array(parameterCount(specs))
    for (const { part, offset } of parts) values.set(part, offset)
    if (!values.every(Number.isFinite)) {
      throw new UserError('checkpoint-broken', `${file} contains values that are not finite. Name another checkpoint.`)
    }
    return values
  }
  const parameters = gather('')
  if (!tensors.has(`adam.first/${itemAt(specs, 0).name}`)) return { config, parameters }
  const step = z.coerce.number().int().nonnegative().safeParse(metadata['adamStep'])
  if (!step.success) throw wrong('its optimiser has no step')
  return {
    config,
    parameters,
    adam: { first: gather('adam.first/'), second: gather('adam.second/'), step: step.data },
  }
}

function partOf(values: Float32Array, { offset, size }: ParameterSpec): Float32Array {
  return values.slice(offset, offset + size)
}
