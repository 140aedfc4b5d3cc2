/** Checkpoints of the embedded engine: parameters, optimiser state and the model's shape in one safetensors file. */
import { defaultConfig, type ModelConfig } from '../../model/config.ts'
import { type ParameterSpec, parameterCount, parameterSpecs } from '../../model/parameters.ts'
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../model/safetensors.ts'
import { UserError } from '../../shared/errors.ts'
import { type AdamState, newAdamState } from './adam.ts'

export interface Checkpoint {
  readonly config: ModelConfig
  readonly parameters: Float32Array
  /** Absent in checkpoints made to be used, not trained on. */
  readonly adam?: AdamState
}

const moments = ['first', 'second'] as const

export async function writeCheckpoint(file: string, { config, parameters, adam }: Checkpoint): Promise<void> {
  const tensors = new Map<string, StoredTensor>()
  for (const spec of parameterSpecs(config)) {
    tensors.set(spec.name, { shape: spec.shape, values: partOf(parameters, spec) })
    for (const moment of adam ? moments : []) {
      tensors.set(`adam.${moment}/${spec.name}`, { shape: spec.shape, values: partOf(adam![moment], spec) })
    }
  }
  const metadata = { format: 'mini-o3-embedded-1', config: JSON.stringify(config), adamStep: String(adam?.step ?? 0) }
  await writeSafetensors(file, { tensors, metadata })
}

/** Throws `UserError` when the file is not a checkpoint of this model. */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(file)
  const wrong = (why: string): UserError =>
    new UserError('checkpoint-foreign', `${file} is not a checkpoint of the embedded policy (${why}).`)
  if (metadata['format'] !== 'mini-o3-embedded-1') throw wrong('unknown format')
  const config = { ...defaultConfig, ...(JSON.parse(metadata['config'] ?? '{}') as Partial<ModelConfig>) }
  if (config.vocabulary !== defaultConfig.vocabulary) throw wrong('its vocabulary is another one')
  const specs = parameterSpecs(config)
  const gather = (prefix: string): Float32Array => {
    const values = new Float32Array(parameterCount(specs))
    for (const { name, offset, size } of specs) {
      const stored = tensors.get(prefix + name)
      if (stored?.values.length !== size) throw wrong(`${prefix}${name} is missing or has another shape`)
      values.set(stored.values, offset)
    }
    return values
  }
  const parameters = gather('')
  if (!tensors.has(`adam.first/${specs[0]!.name}`)) return { config, parameters }
  const adam = newAdamState(0)
  return {
    config,
    parameters,
    adam: { ...adam, first: gather('adam.first/'), second: gather('adam.second/'), step: Number(metadata['adamStep']) },
  }
}

function partOf(values: Float32Array, { offset, size }: ParameterSpec): Float32Array {
  return values.slice(offset, offset + size)
}
