/**
 * The engine in this process: replicas of the model in worker threads share one vector of parameters; each trains on
 * its share of a batch and adds to its own gradient vector, which are summed in a fixed order, so that the same seed
 * and data give the same weights. Sampling requests are gathered into batches.
 */
import { rm } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { availableParallelism } from 'node:os'
import { defaultConfig, type ModelConfig, textTokens } from '../../model/config.ts'
import { initialParameters, parameterCount, parameterSpecs } from '../../model/parameters.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { orAborted } from '../../shared/deadline.ts'
import { ContextLengthError, MiniO3Error, UserError } from '../../shared/errors.ts'
import { workerUrl } from '../../shared/worker-url.ts'
import type { AdamParameters, Datum, Engine, ForwardBackward, Loss, SampledReply, SampleRequest } from '../engine.ts'
import { adamStep, newAdamState } from './adam.ts'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { LookDatum, Looked, Request, Response, Start } from './messages.ts'
import { viewAndText } from './view-and-text.ts'

export interface EmbeddedEngineOptions {
  readonly config?: ModelConfig
  /** Seed of the initial weights; ignored when `load` follows. */
  readonly seed?: number
  /** Worker threads; default: `defaultWorkers()`. Their number decides the order of sums, so the last bits of weights. */
  readonly workers?: number
  /** No gradient from text into the stem: once it can see, the first steps of a new task would only spoil it. */
  readonly frozenStem?: boolean
}

/** The embedded engine can do more than the interface: teach the stem. */
export interface EmbeddedEngine extends Engine {
  readonly config: ModelConfig
  /** Gradients of the perception loss, each view counting `scale`. */
  lookForwardBackward(data: readonly LookDatum[], scale: number): Promise<Looked>
  /** The mean over the workers, and the optimiser's steps, for which all of them wait. */
  busyMs(): number
}

/** Most prompts that one worker reads at once. */
const sampleBatch = 32

/** One worker thread a core, at most 8. */
function defaultWorkers(): number {
  return Math.min(8, availableParallelism())
}

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

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
  let optimiserMs = 0
  const count = options.workers ?? defaultWorkers()
  const start = { config, parameters: shared, frozenStem }
  const replicas = Array.from({ length: count }, () => startReplica(start, size, plan))

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
    const settled = await Promise.allSettled(asked)
    // Sampling requests may have waited for a replica that was training.
    plan()
    const failed = settled.find(({ status }) => status === 'rejected')
    // What the others have added belongs to no whole batch: it must not count in the next step.
    if (failed) for (const { gradients } of replicas) gradients.fill(0)
    return Promise.all(asked)
  }

  const queue: (Waiting<SampledReply> & {
    readonly request: SampleRequest
    readonly signal: AbortSignal | undefined
  })[] = []
  let flushing = false

  /** Hands waiting requests to idle replicas, once everyone who is about to ask has asked. */
  function flush(): void {
    flushing = false
    // Whoever asked for these waits no more.
    queue.push(...queue.splice(0).filter(({ signal }) => !signal?.aborted))
    const alive = replicas.filter((replica) => !replica.dead())
    if (alive.length === 0) for (const { reject } of queue.splice(0)) reject(replicas[0]!.dead())
    const idle = alive.filter((replica) => replica.pending() === 0)
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

  /** Refuses alone what would break the batch that it is read in. */
  function checkFits({ prompt, replyStart = [] }: SampleRequest): void {
    const { view, tokens } = viewAndText(prompt)
    const length = tokens.length + replyStart.length
    if (length > textTokens(config)) {
      throw new ContextLengthError(`${length} tokens do not fit into the ${textTokens(config)} of the embedded policy.`)
    }
    if (view.width !== config.viewPx || view.height !== config.viewPx) {
      throw new RangeError(
        `a view of ${view.width} x ${view.height} pixels; the model looks at ${config.viewPx} a side`,
      )
    }
  }

  async function load(file: string): Promise<void> {
    const checkpoint: Checkpoint = await readCheckpoint(file)
    if (canonicalJson(checkpoint.config) !== canonicalJson(config)) {
      throw new UserError('checkpoint-foreign', `${file} holds a model of another shape. Name another checkpoint.`)
    }
    parameters.set(checkpoint.parameters)
    adam = checkpoint.adam ?? newAdamState(size)
    version++
  }

  async function forwardBackward(data: readonly Datum[], loss: Loss): Promise<ForwardBackward> {
    const parts = await onAll<Datum, ForwardBackward>(data, (part) => ({ kind: 'train', data: part, loss }))
    return {
      loss: parts.reduce((sum, part) => sum + part.loss, 0),
      logprobs: parts.flatMap((part) => part.logprobs),
      greedy: parts.flatMap((part) => part.greedy!),
    }
  }

  return {
    config,
    checkpointSuffix: '.safetensors',
    forwardBackward,
    async forward(data) {
      // Advantages of 0 add nothing to any gradient.
      const nothing = data.map((datum) => {
        const zeros = datum.reply.map(() => 0)
        return { ...datum, advantages: zeros, oldLogprobs: zeros }
      })
      return (await forwardBackward(nothing, { kind: 'ppo', clipLow: 1, clipHigh: 1 })).logprobs
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
      const startedMs = performance.now()
      const total = new Float32Array(size)
      for (const { gradients } of replicas) {
        for (let i = 0; i < size; i++) total[i]! += gradients[i]!
        gradients.fill(0)
      }
      const gradientNorm = adamStep(specs, parameters, total, adam, settings)
      version++
      optimiserMs += performance.now() - startedMs
      return { gradientNorm }
    },
    sampler() {
      return Promise.resolve({
        sample: (request, { signal }) => {
          const sampled = new Promise<SampledReply>((resolve, reject) => {
            checkFits(request)
            queue.push({ request, resolve, reject, signal })
            plan()
          })
          return orAborted(sampled, signal)
        },
      })
    },
    save: (file) => writeCheckpoint(file, { config, parameters, adam }),
    saveForUse: (file) => writeCheckpoint(file, { config, parameters }),
    load,
    async loadWeights(file) {
      await load(file)
      adam = newAdamState(size)
    },
    discard: (file) => rm(file, { force: true }),
    busyMs: () => optimiserMs + replicas.reduce((sum, replica) => sum + replica.busyMs(), 0) / count,
    async close() {
      await Promise.all(replicas.map((replica) => replica.stop()))
    },
  }
}

interface Replica {
  readonly gradients: Float32Array
  /** Rejects once the replica is dead. */
  ask(request: Request): Promise<unknown>
  /** Requests not yet answered. */
  pending(): number
  /** Milliseconds in which its thread was not waiting for a request. */
  busyMs(): number
  /** Why it will never answer again: it broke, or was stopped. */
  dead(): MiniO3Error | undefined
  stop(): Promise<void>
}

function startReplica(start: Omit<Start, 'gradients'>, size: number, onDeath: () => void): Replica {
  const gradients = new SharedArrayBuffer(size * 4)
  const worker = new Worker(workerUrl(import.meta.url, './worker.js'), { workerData: { ...start, gradients } })
  const waiting = new Map<number, Waiting<unknown>>()
  let next = 0
  let dead: MiniO3Error | undefined
  // An idle engine keeps no program alive; one that is asked something does.
  worker.unref()
  worker.on('message', (response: Response) => {
    const asked = waiting.get(response.id)
    waiting.delete(response.id)
    if (waiting.size === 0) worker.unref()
    if ('ok' in response) asked?.resolve(response.ok)
    else {
      const { message, ...thrown } = response.failed
      asked?.reject(new MiniO3Error('engine-failed', message, { cause: Object.assign(new Error(message), thrown) }))
    }
  })
  const die = (error: MiniO3Error): void => {
    dead ??= error
    for (const { reject } of waiting.values()) reject(dead)
    waiting.clear()
    onDeath()
  }
  worker.on('error', (cause) => die(new MiniO3Error('engine-failed', 'A worker of the engine broke.', { cause })))
  worker.on('exit', () => die(new MiniO3Error('engine-failed', 'A worker of the engine ended by itself.')))
  return {
    gradients: new Float32Array(gradients),
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (dead) throw dead
        const id = next++
        waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ id, request })
      }),
    pending: () => waiting.size,
    busyMs: () => worker.performance.eventLoopUtilization().active,
    dead: () => dead,
    stop: async () => {
      die(new MiniO3Error('engine-stopped', 'The engine is closed.'))
      await worker.terminate()
    },
  }
}
