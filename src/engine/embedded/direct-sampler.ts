/** Samples in the thread of its caller, one reply after the other, for a page: there is no thread below its worker. Runs in Node and in browsers. */
import type { ModelConfig } from '../../model/config.ts'
import { createKernels, type KernelBytes } from '../../model/kernels/kernels.ts'
import { createNetwork } from '../../model/kernels/network.ts'
import type { SampledReply, Sampler } from '../engine.ts'
import { createReplySampler } from './reply-sampler.ts'

/** A reply takes milliseconds, during which no signal is heeded. */
export async function directSampler(
  kernels: KernelBytes,
  config: ModelConfig,
  parameters: Float32Array,
): Promise<Sampler> {
  const net = createNetwork(await createKernels(kernels), config)
  net.load(parameters)
  const sampler = createReplySampler(net, 1)
  return {
    sample: (request) =>
      new Promise<SampledReply>((resolve) => {
        sampler.add(request, resolve)
        while (sampler.step());
      }),
  }
}
