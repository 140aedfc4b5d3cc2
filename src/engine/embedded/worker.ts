/** A worker thread of the embedded engine: a replica of the model that trains on its share and samples many replies at once. */
import { workerData } from 'node:worker_threads'
import { createKernels } from '../../model/kernels/kernels.ts'
import { createNetwork } from '../../model/kernels/network.ts'
import { readKernels } from '../../model/kernels/node-kernels.ts'
import { itemAt } from '../../shared/known.ts'
import { answerRequests } from '../../shared/worker-client.ts'
import type { SampledReply, SampleRequest } from '../engine.ts'
import { type Answer, replySlots, type Request, type Start } from './messages.ts'
import { createReplySampler } from './reply-sampler.ts'
import { createTrainer } from './trainer.ts'

const { config, parameters, gradients, frozenStem }: Start = workerData
const values = new Float32Array(parameters)
const net = createNetwork(await createKernels(readKernels()), config)
const trainer = createTrainer(net, new Float32Array(gradients), frozenStem)
const sampler = createReplySampler(net, replySlots)

let loaded: number | undefined
function load(version: number): void {
  if (loaded !== version) net.load(values)
  loaded = version
}

// One kind of work after the other: weights only change between them.
let turn: Promise<unknown> = Promise.resolve()
function inTurn<T>(work: () => T | Promise<T>, version: number): Promise<T> {
  const done = turn.then(() => {
    load(version)
    return work()
  })
  turn = done.catch(() => {})
  return done
}

interface Asked {
  readonly request: SampleRequest
  readonly version: number
  readonly resolve: (reply: SampledReply) => void
  readonly reject: (error: unknown) => void
}
let asked: Asked[] = []
let isSampling = false

function sample(request: SampleRequest, version: number): Promise<SampledReply> {
  return new Promise((resolve, reject) => {
    asked.push({ request, version, resolve, reject })
    if (isSampling) return
    isSampling = true
    void inTurn(sampleAll, version)
  })
}

/** Works until every reply is written, also to requests that arrive meanwhile. */
async function sampleAll(): Promise<void> {
  const open = new Set<Asked>()
  try {
    for (let goesOn = false; goesOn || asked.length > 0;) {
      if (!goesOn) load(itemAt(asked, 0).version)
      const taken = asked.filter(({ version }) => version === loaded)
      asked = asked.filter(({ version }) => version !== loaded)
      for (const one of taken) {
        open.add(one)
        sampler.add(one.request, (reply) => {
          open.delete(one)
          one.resolve(reply)
        })
      }
      goesOn = sampler.step()
      // Takes in what has been asked since, and lets answers go.
      await new Promise(setImmediate)
    }
  } catch (error) {
    sampler.clear()
    for (const { reject } of [...open, ...asked]) reject(error)
    asked = []
  } finally {
    isSampling = false
  }
}

answerRequests<Request, Answer>(async (request) => {
  const { version } = request
  switch (request.kind) {
    case 'train':
      return { trained: await inTurn(() => trainer.train(request.data, request.loss), version) }
    case 'look':
      return { looked: await inTurn(() => trainer.look(request.data, request.scale), version) }
    case 'sample':
      return { sampled: await sample(request.request, version) }
  }
})
