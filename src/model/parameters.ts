/**
 * The model's parameters: names, shapes and seeded initial values, all in one flat vector so that replicas share them,
 * optimisers loop over them and checkpoints store them without knowing the model.
 */
import { random } from '../shared/random.ts'
import { itemAt, lastOf } from '../shared/known.ts'
import { halvingConvolutions, patchTokens, kindLabels, type ModelConfig, patchSize, presenceLabels } from './config.ts'

export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** Where its values start in the flat vector. */
  readonly offset: number
  readonly size: number
  /** Standard deviation of its initial values; 0 starts at zero. */
  readonly scale: number
}

/** All parameters in the order of the flat vector. Parameters of the stem have names that start with `stem.`. */
export function parameterSpecs(config: ModelConfig): ParameterSpec[] {
  const { width, layers, mlpWidth, vocabulary, stemChannels } = config
  const [first, last] = [itemAt(stemChannels, 0), lastOf(stemChannels)]
  const specs: ParameterSpec[] = []
  let offset = 0
  const add = (name: string, shape: readonly number[], scale: number): void => {
    const size = shape.reduce((a, b) => a * b, 1)
    specs.push({ name, shape, offset, size, scale })
    offset += size
  }
  const fanIn = (n: number): number => 1 / Math.sqrt(n)
  add('stem.1', [patchSize(config), first], Math.SQRT2 * fanIn(patchSize(config)))
  add('stem.1.bias', [first], 0)
  // 4 x 4 kernels of stride 2, each as a product with 2 x 2 blocks whose four outputs are shifted and summed.
  for (const { name, from, to } of halvingConvolutions(config)) {
    add(name, [4 * from, 4 * to], Math.SQRT2 * fanIn(16 * from))
    add(`${name}.bias`, [to], 0)
  }
  add('stem.out', [last, width], fanIn(last))
  add('stem.out.bias', [width], 0)
  add('goal', [width, width], 0.02)
  add('embedding', [vocabulary, width], 0.5 * fanIn(width))
  for (let layer = 0; layer < layers; layer++) {
    add(`${layer}.qkv`, [width, 3 * width], fanIn(width))
    add(`${layer}.out`, [width, width], fanIn(width) / Math.sqrt(2 * layers))
    add(`${layer}.up`, [width, mlpWidth], fanIn(width))
    add(`${layer}.down`, [mlpWidth, width], fanIn(mlpWidth) / Math.sqrt(2 * layers))
  }
  // Heads that the perception loss teaches (train/perception.ts): the policy looks through the first one too, the second
  // only makes the stem tell kinds apart.
  add('look.presence', [width, presenceLabels], 0.02)
  add('look.presence.bias', [presenceLabels], 0)
  add('look.kind', [patchTokens(config) * width, kindLabels], 0.01)
  add('look.kind.bias', [kindLabels], 0)
  return specs
}

export function parameterCount(specs: readonly ParameterSpec[]): number {
  const last = lastOf(specs)
  return last.offset + last.size
}

/** Seeded initial values, normally distributed with each parameter's scale. */
export function initialParameters(specs: readonly ParameterSpec[], seed: number): Float32Array {
  const values = new Float32Array(parameterCount(specs))
  for (const { name, offset, size, scale } of specs) {
    if (scale === 0) continue
    const rng = random('parameters', seed, name)
    for (let i = 0; i < size; i++) {
      const radius = Math.sqrt(-2 * Math.log(1 - rng.next()))
      values[offset + i] = radius * Math.cos(2 * Math.PI * rng.next()) * scale
    }
  }
  return values
}
