/**
 * The engine in this process: replicas of the model in worker threads share one vector of parameters; each trains on
 * its share of a batch and adds to its own gradient vector, which are summed in a fixed order, so that the same seed
 * and data give the same weights. Sampling requests are gathered into batches.
 */
import { Worker } from 'node:worker_threads'
import { availableParallelism } from 'node:os'
import { defaultConfig, type ModelConfig } from '../../model/config.ts'
import { initialParameters, parameterCount, parameterSpecs } from '../../model/parameters.ts'
import { MiniO3Error, UserError } from '../../shared/errors.ts'
import { workerUrl } from '../../shared/worker-url.ts'
import type { AdamParameters, Datum, Engine, ForwardBackward, Loss, SampledReply, SampleRequest } from '../engine.ts'
import { adamStep, newAdamState } from './adam.ts'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { LookDatum, Looked, Request, Response, Start, Trained } from './messages.ts'

export interface EmbeddedEngineOptions {
  readonly config?: ModelConfig
  /** Seed of the initial weights; ignored when `load` follows. */
  readonly seed?: number
  /** Worker threads; default: one a core, at most 8. */
  readonly workers?: number
  /** No gradient from text into the stem: once it can see, the first steps of a new task would only spoil it. */
  readonly frozenStem?: boolean
}

/** The embedded engine can do more than the interface: teach the stem, and save without optimiser state. */
export interface EmbeddedEngine extends Engine {
  readonly config: ModelConfig
  /** Gradients of the perception loss, each view counting `scale`. */
  lookForwardBackward(data: readonly LookDatum[], scale: number): Promise<Looked>
  /** Saves what is needed to sample, and nothing to train on. */
  saveForUse(file: string): Promise<void>
  /** Forgets the optimiser's state, for a new stage. */
  resetOptimiser(): void
}

/** Most prompts that one worker reads at once. */
const sampleBatch = 32

export function createEmbeddedEngine(options: EmbeddedEngineOptions = {}): EmbeddedEngine {
  const config = options.config ?? defaultConfig
  const specs = parameterSpecs(config)
  const size = parameterCount(specs)
  const shared = new SharedArrayBuffer(size * 4)
  const parameters = new Float32Array(shared)
  parameters.set(initialParameters(specs, options.seed ?? 0))
  const frozenStem = options.frozenStem ?? false
  let adam = newAdamState(size)
  let version = 0
  const count = options.workers ?? Math.min(8, availableParallelism())
  const replicas = Array.from({ length: count }, () => startReplica({ config, parameters: shared, frozenStem }, size))

  /** Splits `data` into one run of neighbours a replica. */
  function shares<T>(data: readonly T[]): T[][] {
    const each = Math.ceil(data.length / replicas.length)
    return replicas.map((_, i) => data.slice(i * each, (i + 1) * each))
  }

  async function onAll<T, R>(data: readonly T[], ask: (part: readonly T[]) => Request): Promise<R[]> {
    const parts = shares(data)
    const asked = replicas.flatMap((replica, i) =>
      parts[i]!.length > 0 ? [replica.ask(ask(parts[i]!)) as Promise<R>] : [],
    )
    // Sampling requests may have waited for a replica that was training.
    return Promise.all(asked).finally(plan)
  }

  const queue: { request: SampleRequest; resolve: (reply: SampledReply) => void; reject: (error: unknown) => void }[] =
    []
  let flushing = false

  /** Hands waiting requests to idle replicas, once everyone who is about to ask has asked. */
  function flush(): void {
    flushing = false
    const idle = replicas.filter((replica) => replica.pending() === 0)
    for (const [i, replica] of idle.entries()) {
      const part = queue.splice(0, Math.min(sampleBatch, Math.ceil(queue.length / (idle.length - i))))
      if (part.length === 0) return
      const requests = part.map(({ request }) => request)
      void (replica.ask({ kind: 'sample', requests, version }) as Promise<SampledReply[]>)
        .then(
          (replies) => part.forEach(({ resolve }, index) => resolve(replies[index]!)),
          (error: unknown) => part.forEach(({ reject }) => reject(error)),
        )
        .finally(plan)
    }
  }
  function plan(): void {
    if (flushing || queue.length === 0) return
    flushing = true
    setTimeout(flush, 1)
  }

  return {
    config,
    async forwardBackward(data: readonly Datum[], loss: Loss): Promise<ForwardBackward> {
      const parts = await onAll<Datum, Trained>(data, (part) => ({ kind: 'train', data: part, loss }))
      return {
        loss: parts.reduce((sum, part) => sum + part.loss, 0),
        logprobs: parts.flatMap((part) => part.logprobs),
        greedy: parts.flatMap((part) => part.greedy),
      }
    },
    async lookForwardBackward(data, scale) {
      const parts = await onAll<LookDatum, Looked>(data, (part) => ({ kind: 'look', data: part, scale }))
      return {
        loss: parts.reduce((sum, part) => sum + part.loss, 0),
        presence: parts.flatMap((part) => part.presence),
        kind: parts.flatMap((part) => part.kind),
      }
    },
    async optimStep(settings: AdamParameters) {
      const total = new Float32Array(size)
      for (const { gradients } of replicas) {
        for (let i = 0; i < size; i++) total[i]! += gradients[i]!
        gradients.fill(0)
      }
      const gradientNorm = adamStep(specs, parameters, total, adam, settings)
      version++
      return { gradientNorm }
    },
    sampler() {
      return Promise.resolve({
        sample: (request: SampleRequest) =>
          new Promise<SampledReply>((resolve, reject) => {
            queue.push({ request, resolve, reject })
            plan()
          }),
      })
    },
    save: (file) => writeCheckpoint(file, { config, parameters, adam }),
    saveForUse: (file) => writeCheckpoint(file, { config, parameters }),
    async load(file) {
      const checkpoint: Checkpoint = await readCheckpoint(file)
      if (checkpoint.parameters.length !== size) {
        throw new UserError('checkpoint-foreign', `${file} holds a model of another shape. Name another checkpoint.`)
      }
      parameters.set(checkpoint.parameters)
      adam = checkpoint.adam ?? newAdamState(size)
      version++
    },
    resetOptimiser() {
      adam = newAdamState(size)
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.stop()))
    },
  }
}

interface Replica {
  readonly gradients: Float32Array
  ask(request: Request): Promise<unknown>
  /** Requests not yet answered. */
  pending(): number
  stop(): Promise<void>
}

function startReplica(start: Omit<Start, 'gradients'>, size: number): Replica {
  const gradients = new SharedArrayBuffer(size * 4)
  const worker = new Worker(workerUrl(import.meta.url, './worker.js'), { workerData: { ...start, gradients } })
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()
  let next = 0
  // An idle engine keeps no program alive; one that is asked something does.
  worker.unref()
  worker.on('message', (response: Response) => {
    const { resolve, reject } = waiting.get(response.id)!
    waiting.delete(response.id)
    if (waiting.size === 0) worker.unref()
    if ('failed' in response) reject(new MiniO3Error('engine-failed', response.failed))
    else resolve(response.ok)
  })
  const stopAll = (error: unknown): void => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('error', (cause) => stopAll(new MiniO3Error('engine-failed', 'A worker of the engine broke.', { cause })))
  worker.on('exit', () => stopAll(new MiniO3Error('engine-stopped', 'The engine was stopped while it was working.')))
  return {
    gradients: new Float32Array(gradients),
    ask: (request) =>
      new Promise((resolve, reject) => {
        const id = next++
        waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ id, request })
      }),
    pending: () => waiting.size,
    stop: async () => {
      await worker.terminate()
    },
  }
}
