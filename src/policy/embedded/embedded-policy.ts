/** The embedded policy as it ships, over an embedded engine of its own. */
import { fileURLToPath } from 'node:url'
import type { Sampler } from '../../engine/engine.ts'
import { readCheckpoint } from '../../engine/embedded/checkpoint.ts'
import { createEmbeddedEngine } from '../../engine/embedded/embedded-engine.ts'
import type { Policy } from '../policy.ts'
import { samplerPolicy } from './sampler-policy.ts'

export interface EmbeddedPolicyOptions {
  /** A `.safetensors` file; default: the shipped one. */
  readonly checkpoint?: string | undefined
  /** 1 samples as in training, lower is more deterministic, 0 is greedy. */
  readonly temperature?: number
  readonly workers?: number | undefined
}

/** The shipped policy: the cold start after reinforcement learning. */
export const shippedCheckpoint: string = shipped('rl')
/** The shipped cold start, from which reinforcement learning starts. */
export const coldStartCheckpoint: string = shipped('sft')

function shipped(stage: 'sft' | 'rl'): string {
  return fileURLToPath(new URL(`../../../models/${stage}.safetensors`, import.meta.url))
}

/** Loads a checkpoint and opens its engine. Throws `UserError` if the file is missing or not one of ours. */
export async function embeddedPolicy(options: EmbeddedPolicyOptions = {}): Promise<Policy> {
  const { sampler, close } = await openEmbeddedSampler(options)
  return { ...samplerPolicy('embedded', sampler, options.temperature ?? 1), close }
}

/** Only the sampler, for callers that keep conversations themselves. */
export async function openEmbeddedSampler(
  options: Pick<EmbeddedPolicyOptions, 'checkpoint' | 'workers'>,
): Promise<{ readonly sampler: Sampler; close(): Promise<void> }> {
  const checkpoint = options.checkpoint ?? shippedCheckpoint
  const { config } = await readCheckpoint(checkpoint)
  const engine = createEmbeddedEngine({ config, workers: options.workers })
  try {
    await engine.load(checkpoint)
    return { sampler: await engine.sampler(), close: () => engine.close() }
  } catch (error) {
    await engine.close()
    throw error
  }
}
