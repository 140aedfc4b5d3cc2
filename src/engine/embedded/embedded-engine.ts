/**
 * The engine in this process: replicas of the model in worker threads share one vector of parameters; each trains on
 * its share of a batch and adds to its own gradient vector, which are summed in a fixed order, so that the same seed
 * and data give the same weights. Sampling requests wait here until a worker has a slot free for them.
 */
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { defaultConfig, type ModelConfig, textTokens } from '../../model/config.ts'
import { initialParameters, parameterCount, parameterSpecs } from '../../model/parameters.ts'
import { orAborted } from '../../shared/deadline.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { ContextLengthError, messageOf, MiniO3Error, UserError } from '../../shared/errors.ts'
import { startWorker } from '../../shared/worker-client.ts'
import type { WorkerClient } from '../../shared/worker-client.ts'
import { workerUrl } from '../../shared/worker-url.ts'
import { defined, itemAt } from '../../shared/known.ts'
import type { AdamParameters, Datum, Engine, ForwardBackward, Loss, SampledReply, SampleRequest } from '../engine.ts'
import { viewAndText } from '../engine.ts'
import { type Adam, createAdam } from './adam.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { type Answer, joinLooked, joinTrained, replySlots, type Request, type Start } from './messages.ts'

export interface EmbeddedEngineOptions {
  readonly config?: ModelConfig | undefined
  /** Seed of the initial weights; ignored when `load` follows. */
  readonly seed?: number
  /** Worker threads; default: `defaultWorkers()`. Their number decides the order of sums, so the last bits of weights. */
  readonly workers?: number | undefined
  /** No gradient from text into the stem: once it can see, the first steps of a new task would only spoil it. */
  readonly frozenStem?: boolean
}

/** Every capability of the interface. */
export type EmbeddedEngine = Engine & Required<Pick<Engine, 'lookForwardBackward' | 'busyMs'>>

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
  // Whoever only samples has no need of it.
  let adam: Promise<Adam> | undefined
  const optimiser = (): Promise<Adam> => (adam ??= createAdam(specs))
  let version = 0
  let optimiserMs = 0
  const count = options.workers ?? defaultWorkers()
  const start = { config, parameters: shared, frozenStem }
  const replicas = Array.from({ length: count }, () => startReplica(start, size, plan))

  let closed = false
  const failure = (cause: unknown): MiniO3Error =>
    closed
      ? new MiniO3Error('engine-stopped', 'The engine is closed.')
      : new MiniO3Error('engine-failed', messageOf(cause), {
          cause: cause instanceof MiniO3Error ? (cause.cause ?? cause) : cause,
        })
  const ask = ({ worker }: Replica, request: Request): Promise<Answer> =>
    worker.ask(request).catch((error: unknown) => {
      throw failure(error)
    })

  /** Splits `data` into one run of neighbours a replica. */
  function shares<T>(data: readonly T[]): T[][] {
    const each = Math.ceil(data.length / replicas.length)
    return replicas.map((_, i) => data.slice(i * each, (i + 1) * each))
  }

  async function onAll<T, R>(
    data: readonly T[],
    request: (part: readonly T[]) => Request,
    resultOf: (answer: Answer) => R | undefined,
  ): Promise<R[]> {
    const parts = shares(data)
    const asked = replicas.flatMap((replica, i) => {
      const part = itemAt(parts, i)
      if (part.length === 0) return []
      replica.training++
      return [ask(replica, request(part)).finally(() => replica.training--)]
    })
    const settled = await Promise.allSettled(asked)
    // Sampling requests may have waited for a replica that was training.
    plan()
    const failed = settled.find(({ status }) => status === 'rejected')
    // What the others have added belongs to no whole batch: it must not count in the next step.
    if (failed) for (const { gradients } of replicas) gradients.fill(0)
    return (await Promise.all(asked)).map((answer) => defined(resultOf(answer), 'the result of a worker'))
  }

  const queue: (Waiting<SampledReply> & {
    readonly request: SampleRequest
    readonly signal: AbortSignal | undefined
  })[] = []
  let flushing = false

  /** Hands waiting requests to replicas that are not training, once everyone who is about to ask has asked. */
  function flush(): void {
    flushing = false
    // Whoever asked for these waits no more.
    queue.push(...queue.splice(0).filter(({ signal }) => !signal?.aborted))
    const alive = replicas.filter(({ worker }) => !worker.ended())
    if (alive.length === 0)
      for (const { reject } of queue.splice(0)) reject(failure(itemAt(replicas, 0).worker.ended()))
    const open = alive.filter(({ training }) => training === 0)
    const busy = open.reduce((sum, { sampling }) => sum + sampling, 0)
    const each = Math.min(replySlots, Math.ceil((busy + queue.length) / open.length))
    // Neighbours stay together: those that share a prompt share its cost.
    for (const replica of open) {
      for (const { request, resolve, reject } of queue.splice(0, Math.max(0, each - replica.sampling))) {
        replica.sampling++
        void ask(replica, { kind: 'sample', request, version })
          .then(({ sampled }) => resolve(defined(sampled, 'the reply of a worker')))
          .catch(reject)
          .finally(() => {
            replica.sampling--
            plan()
          })
      }
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
    const checkpoint = await readCheckpoint(file)
    if (canonicalJson(checkpoint.config) !== canonicalJson(config)) {
      throw new UserError(
        'checkpoint-foreign',
        `${file} contains a model of another shape, perhaps of an earlier version. Name another checkpoint, or begin a new run.`,
      )
    }
    parameters.set(checkpoint.parameters)
    if (adam !== undefined || checkpoint.adam !== undefined) (await optimiser()).restore(checkpoint.adam)
    version++
  }

  async function forwardBackward(data: readonly Datum[], loss: Loss): Promise<ForwardBackward> {
    const parts = await onAll(
      data,
      (part) => ({ kind: 'train', data: part, loss, version }),
      ({ trained }) => trained,
    )
    return joinTrained(parts)
  }

  return {
    about: { engine: 'embedded' },
    ignoredSettings: [],
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
      const parts = await onAll(
        data,
        (part) => ({ kind: 'look', data: part, scale, version }),
        ({ looked }) => looked,
      )
      return joinLooked(parts)
    },
    async optimStep(settings: AdamParameters) {
      const own = await optimiser()
      const startedMs = performance.now()
      const gradientNorm = own.step(
        parameters,
        replicas.map(({ gradients }) => gradients),
        settings,
      )
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
    async save(file) {
      await writeCheckpoint(file, { config, parameters, adam: (await optimiser()).state() })
    },
    saveForUse: (file) => writeCheckpoint(file, { config, parameters }),
    load,
    async loadWeights(file) {
      await load(file)
      if (adam !== undefined) (await adam).restore()
    },
    discard: (file) => rm(file, { force: true }),
    // The mean over the workers, and the optimiser's steps, for which all of them wait.
    busyMs: () => optimiserMs + replicas.reduce((sum, { worker }) => sum + worker.activeMs(), 0) / count,
    async close() {
      closed = true
      await Promise.all(replicas.map(({ worker }) => worker.close()))
    },
  }
}

interface Replica {
  readonly worker: WorkerClient<Request, Answer>
  readonly gradients: Float32Array
  /** Requests of each kind that it is at work on. */
  training: number
  sampling: number
}

function startReplica(start: Omit<Start, 'gradients'>, size: number, onEnd: () => void): Replica {
  const gradients = new SharedArrayBuffer(size * 4)
  const workerData: Start = { ...start, gradients }
  const worker = startWorker<Request, Answer>(workerUrl(import.meta.url, './worker.js'), { workerData, onEnd })
  return { worker, gradients: new Float32Array(gradients), training: 0, sampling: 0 }
}
