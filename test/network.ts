/** Networks for tests: a small one, and the one that ships. */
import { fileURLToPath } from 'node:url'
import { type Checkpoint, readCheckpoint } from '../src/engine/embedded/checkpoint.ts'
import { defaultConfig, type ModelConfig } from '../src/model/config.ts'
import { createKernels } from '../src/model/kernels/kernels.ts'
import { createNetwork, type Network } from '../src/model/kernels/network.ts'
import { readKernels } from '../src/model/kernels/node-kernels.ts'

export const smallConfig: ModelConfig = {
  ...defaultConfig,
  width: 32,
  layers: 2,
  heads: 1,
  mlpWidth: 64,
  stemChannels: [8, 8, 16],
}

export async function shippedPolicy(): Promise<Checkpoint> {
  return readCheckpoint(fileURLToPath(new URL('../models/rl.safetensors', import.meta.url)))
}

/** On the build with fused multiply-add where this engine has it, unless `plain`. */
export async function networkOf(config: ModelConfig, values: Float32Array, plain = false): Promise<Network> {
  const bytes = readKernels()
  const net = createNetwork(await createKernels(plain ? { ...bytes, relaxed: new Uint8Array() } : bytes), config)
  net.load(values)
  return net
}
