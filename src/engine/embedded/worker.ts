/** A worker thread of the embedded engine: a replica of the model that trains on its share and samples in batches. */
import { workerData } from 'node:worker_threads'
import { numpy as np } from '../../model/jax.ts'
import { createKernels } from '../../model/kernels/kernels.ts'
import { createNetwork } from '../../model/kernels/network.ts'
import { readKernels } from '../../model/kernels/node-kernels.ts'
import { parameterSpecs } from '../../model/parameters.ts'
import { answerRequests } from '../../shared/worker-client.ts'
import { createBatchSampler } from './batch-sampler.ts'
import type { Answer, Request, Start } from './messages.ts'
import { createTrainer } from './trainer.ts'

const { config, parameters, gradients, frozenStem }: Start = workerData
const values = new Float32Array(parameters)
const net = createNetwork(await createKernels(readKernels()), config)
const trainer = createTrainer(net, new Float32Array(gradients), frozenStem)
let loaded: number | undefined
const sampler = createBatchSampler(config, () =>
  Object.fromEntries(
    parameterSpecs(config).map(({ name, shape, offset, size }) => [
      name,
      np.array(values.slice(offset, offset + size), { shape: [...shape] }),
    ]),
  ),
)

async function answer(request: Request): Promise<Answer> {
  if (loaded !== request.version) net.load(values)
  loaded = request.version
  switch (request.kind) {
    case 'train':
      return { trained: trainer.train(request.data, request.loss) }
    case 'look':
      return { looked: trainer.look(request.data, request.scale) }
    case 'sample':
      return { sampled: await sampler(request.requests, request.version) }
  }
}

// One request after the other.
let turn: Promise<unknown> = Promise.resolve()
answerRequests<Request, Answer>((request) => {
  const answered = turn.then(() => answer(request))
  turn = answered.catch(() => {})
  return answered
})
