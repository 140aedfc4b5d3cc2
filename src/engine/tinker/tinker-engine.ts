/**
 * An engine on a Tinker-compatible server. Its state is disposable: a checkpoint is a note in the run folder, and going on
 * means a new session with that checkpoint loaded.
 */
import { rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { MiniO3Error, UserError } from '../../shared/errors.ts'
import { defined, itemAt } from '../../shared/known.ts'
import { sum } from '../../shared/numbers.ts'
import type { AdamParameters, Datum, Engine, ForwardBackward, Loss, PolicyLoss, Sampler } from '../engine.ts'
import { type TokenPrices, type TokenUsage, usageAt } from '../usage.ts'
import { billedPrices, chooseModel, modelsOf, wholePrices } from './capabilities.ts'
import { createGate } from './gate.ts'
import { limiter } from '../../shared/limiter.ts'
import { createModel, type TinkerModel } from './model.ts'
import { type Pointer, readPointer, writePointer } from './pointer.ts'
import { read, replies, type WireDatum } from './protocol.ts'
import { createSampler } from './sampler.ts'
import { guessServerKind, ignoredSettings, refuseLoss, type TinkerKind } from './server-kinds.ts'
import { openSession } from './session.ts'
import { errorIs, openTransport, type PollPatience } from './transport.ts'
import { type Sequence, sequenceBytes, sequenceLength, sequencesOf, splitSequences } from './sequences.ts'
import { hasPictures, wireChunks } from './wire-chunks.ts'
import { forMeans, lossOf, positions, replyLogprobs, wireLoss, wireSequence } from './wire-data.ts'

export interface TinkerEngineOptions {
  readonly url: string
  /** Name of the environment variable with the key. */
  readonly apiKeyEnv?: string | undefined
  /** Default: guessed from the address and the models. */
  readonly kind?: TinkerKind | undefined
  /** Default: the server's only one. */
  readonly baseModel?: string | undefined
  /** Default: the server kind's. */
  readonly loraRank?: number | undefined
  readonly seed?: number
  /** Settings of the training; refused before anything is created on the server. */
  readonly loss?: PolicyLoss | undefined
  /** Of a million tokens; default: what the service says that it bills. */
  readonly prices?: TokenPrices | undefined
  /** Tokens that end a reply. */
  readonly endTokens: readonly number[]
  readonly heartbeatMs?: number | undefined
  readonly patience?: Partial<PollPatience> | undefined
}

export interface TinkerEngine extends Engine {
  readonly kind: TinkerKind
  readonly baseModel: string
  usage(): TokenUsage
  /** The model as the server has it, without any training; needs no place among those that are trained. */
  baseSampler(): Promise<Sampler>
}

/** Bytes on their way at once: training data and prompts (the bounds of the protocol's own client). */
const bytesInFlight = { training: 50_000_000, sampling: 10_485_760 } as const
const maxSampling = 2000
const unloadMs = 10_000

/** Opens a session; the model is created when first needed. Throws `UserError` if the server lacks a required capability. */
export async function tinkerEngine(options: TinkerEngineOptions): Promise<TinkerEngine> {
  const { url, apiKeyEnv, endTokens, seed = 0, patience, loss } = options
  let known = options.kind
  if (known && loss) refuseLoss(known, loss)
  const conflictPasses = (): boolean => known?.conflictPasses ?? false
  const transport = openTransport({ url, apiKeyEnv, conflictPasses, patience })
  const models = await modelsOf(transport)
  const names = models.map(({ name }) => name)
  const kind = (known ??= guessServerKind(transport.url, names))
  if (loss) refuseLoss(kind, loss)
  const baseModel = chooseModel(models, options.baseModel)
  const settings = { baseModel, loraRank: options.loraRank ?? kind.loraRank, seed }
  const prices =
    options.prices ?? (kind.billing ? wholePrices((await billedPrices(transport)).get(baseModel) ?? {}) : undefined)
  const session = await openSession(transport, options.heartbeatMs)
  const trainingBytes = createGate(bytesInFlight.training)
  const gates = { bytes: createGate(bytesInFlight.sampling), requests: limiter(maxSampling) }
  const tokens = { prompt: 0, cached: 0, sampled: 0, trained: 0 }
  let made = 0
  let opened: Promise<TinkerModel> | undefined
  let saved = 0
  let turn: Promise<unknown> = Promise.resolve()
  /** Gradients wait for a step. */
  let waiting = false

  const model = (): Promise<TinkerModel> => (opened ??= createModel(transport, session, kind, settings, made++))

  /** Weights can only be loaded into a model that nothing was asked of. */
  async function load(file: string, optimiser: boolean): Promise<void> {
    const { weights } = await readPointer(file)
    await (await opened)?.unload()
    opened = undefined
    await (await model()).load(weights, optimiser)
  }

  /** Unique on the server: a name that is there already says that a repeated request has been served before. */
  const nameFor = (file: string): string =>
    `${basename(file)
      .replace(/\.\w+$/, '')
      .replaceAll(/[^a-zA-Z0-9_-]/g, '-')}-${++saved}`

  async function pointerTo(file: string, use: boolean): Promise<void> {
    const name = nameFor(file)
    const current = await model()
    const pointer: Pointer = { server: transport.url.host, baseModel, weights: await current.save(name) }
    await writePointer(file, use ? { ...pointer, sampler: await current.saveForSampler(name) } : pointer)
  }

  /** Calls are served in the order in which they were made, whatever has to be prepared for each. */
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work)
    turn = next.catch(() => {})
    return next
  }

  const samplerOf = (sessionId: string): Sampler =>
    createSampler(transport, sessionId, kind, endTokens, gates, ({ prompt, cached, sampled }) => {
      tokens.prompt += prompt
      tokens.cached += cached
      tokens.sampled += sampled
    })

  const published = async (): Promise<Sampler> => samplerOf(await inOrder(async () => (await model()).publish()))

  /** Log-probabilities of each datum's reply; gradients too unless `forwardOnly`. */
  async function pass(data: readonly Datum[], loss: Loss, forwardOnly: boolean): Promise<number[][]> {
    const sequences = sequencesOf(data)
    const { lossFn, lossFnConfig } = wireLoss(loss, kind)
    const config = data.some(({ formed }) => formed) ? { ...lossFnConfig, formed: 1 } : lossFnConfig
    const current = await model()
    const rendered = async (part: readonly Sequence[]): Promise<WireDatum[]> => {
      const wire = await Promise.all(
        part.map(async ({ prompt, turns }) => wireSequence(await wireChunks(prompt), turns, loss, kind)),
      )
      return kind.reduction === 'mean' && !forwardOnly ? forMeans(wire, sequences.length) : wire
    }
    const results: Promise<(readonly [Sequence, number[][]])[]>[] = []
    for (const part of splitSequences(kind.merges ? byLength(sequences) : sequences, kind.requests)) {
      // Pictures of a request are encoded when there is room for it: a step can have gigabytes of them.
      const leave = await trainingBytes.enter(part.reduce((sum, sequence) => sum + sequenceBytes(sequence), 0))
      const wire = await rendered(part).catch((error: unknown) => {
        leave()
        throw error
      })
      const send = async (): Promise<(readonly [Sequence, number[][]])[]> => {
        const { logprobs } = await current.forwardBackward({ data: wire, lossFn, lossFnConfig: config, forwardOnly })
        tokens.trained += sum(wire.map(({ chunks }) => positions(chunks)))
        return part.map((sequence, i) => [
          sequence,
          ownLogprobs(itemAt(logprobs, i), positions(itemAt(wire, i).chunks), sequence),
        ])
      }
      const result = send().finally(leave)
      result.catch(() => {})
      results.push(result)
      if (kind.merges) await result
    }
    const told = new Map((await Promise.all(results)).flat())
    return sequences.flatMap((sequence) => defined(told.get(sequence), 'a sequence'))
  }

  async function train(given: readonly Datum[], loss: Loss): Promise<ForwardBackward> {
    const data = kind.rolloutLogprobs ? given : given.map(withoutRollout)
    check(kind, data, loss)
    if (kind.reduction === 'mean' && waiting) {
      throw new MiniO3Error(
        'tinker-mean',
        `Servers of kind ${kind.name} compute means: send all data of a step at once.`,
      )
    }
    const logprobs = await pass(data, loss, false)
    waiting = true
    return { loss: lossOf(data, loss, logprobs), logprobs }
  }

  async function forward(data: readonly Datum[]): Promise<number[][]> {
    const ones = data.map((datum) => {
      const each = datum.reply.map(() => 1)
      return { ...datum, weights: each, advantages: each, oldLogprobs: each }
    })
    // Only constrained replies have to be marked, and only for this loss.
    const formed = data.some((datum) => datum.formed)
    const loss: Loss = formed ? { kind: 'ppo', clipLow: 0.2, clipHigh: 0.2 } : { kind: 'cross-entropy' }
    check(kind, ones, loss)
    return pass(ones, loss, true)
  }

  return {
    kind,
    baseModel,
    about: { engine: 'tinker', server: kind.name, baseModel },
    ignoredSettings: ignoredSettings(kind),
    checkpointSuffix: '.json',
    ...(kind.samplesApart && { samplesApart: true }),
    forwardBackward: (data, loss) => inOrder(() => train(data, loss)),
    forward: (data) => inOrder(() => forward(data)),
    async optimStep(adam) {
      const metrics = await inOrder(async () => (await model()).optimStep(wireAdam(adam)))
      waiting = false
      const [, gradientNorm] = Object.entries(metrics).find(([name]) => /grad_norm(:\w+)?$/.test(name)) ?? []
      return { gradientNorm: gradientNorm ?? Number.NaN }
    },
    sampler: published,
    async baseSampler() {
      const asked = { session_id: session.id, sampling_session_seq_id: session.nextSampler(), base_model: baseModel }
      try {
        const opening = await transport.post(
          'create_sampling_session',
          { ...asked, type: 'create_sampling_session' },
          'careful',
        )
        return samplerOf(read(replies.published, opening, 'create_sampling_session').sampling_session_id)
      } catch (error) {
        // Servers that cannot do without a model make one, whose adapter does nothing yet.
        if (!errorIs(error, 'tinker-unknown')) throw error
        return published()
      }
    },
    usage: () => usageAt(tokens, prices),
    save: (file) => inOrder(() => pointerTo(file, false)),
    saveForUse: (file) => inOrder(() => pointerTo(file, true)),
    load: (file) => inOrder(() => load(file, true)),
    loadWeights: (file) => inOrder(() => load(file, false)),
    async discard(file) {
      // Already gone, as intended.
      if (!(await stat(file).catch(() => undefined))) return
      const { weights } = await readPointer(file)
      const [, id, name] = /^tinker:\/\/([^/]+)\/weights\/([^/]+)$/.exec(weights) ?? []
      try {
        if (id !== undefined) await transport.delete(`training_runs/${id}/checkpoints/weights/${name}`)
      } catch (error) {
        // If a server fails to delete now, it is retried after the next checkpoint; that is no reason to end a run.
        if (!errorIs(error, 'tinker-unknown')) return
      }
      await rm(file, { force: true })
    },
    async close() {
      // A server that is gone keeps no model, and one that hangs shall not keep us.
      const left = opened?.then((current) => current.unload())
      opened = undefined
      const late = new Promise<void>((resolve) => setTimeout(resolve, unloadMs).unref())
      await Promise.race([left, late]).catch(() => {})
      session.close()
      transport.fail(new MiniO3Error('engine-stopped', 'The engine is closed.'))
    },
  }
}

/** The longest first: a request is padded to its longest sequence. */
function byLength(sequences: readonly Sequence[]): Sequence[] {
  return sequences.toSorted((a, b) => sequenceLength(b) - sequenceLength(a))
}

/** What a server could not compute as it is meant. */
function check(kind: TinkerKind, data: readonly Datum[], loss: Loss): void {
  refuseLoss(kind, loss)
  if (!kind.images && data.some(({ prompt }) => hasPictures(prompt)))
    throw new UserError('tinker-images', `Servers of kind ${kind.name} drop pictures and cannot train on these data.`)
  const formed = data.filter((datum) => datum.formed).length
  if (loss.kind !== 'cross-entropy' && formed > 0 && (!kind.formed || formed < data.length)) {
    throw new MiniO3Error(
      'tinker-formed',
      `Servers of kind ${kind.name} cannot train on replies that were constrained to a grammar.`,
    )
  }
  const rollout = data.filter(({ rolloutLogprobs }) => rolloutLogprobs !== undefined).length
  if (rollout > 0 && rollout < data.length) {
    throw new MiniO3Error('tinker-rollout', 'Either all data of a batch have the sampled log-probabilities, or none.')
  }
}

/** For servers that do not use the sampler's log-probabilities besides the trainer's. */
function withoutRollout(datum: Datum): Datum {
  const { rolloutLogprobs: _, ...rest } = datum
  return rest
}

function wireAdam({ learningRate, beta1, beta2, epsilon, weightDecay, clipNorm }: AdamParameters) {
  return {
    learning_rate: learningRate,
    beta1,
    beta2,
    eps: epsilon,
    weight_decay: weightDecay,
    grad_clip_norm: Number.isFinite(clipNorm) ? clipNorm : 0,
  }
}

/** Those of the sequence's replies, one list a turn. */
function ownLogprobs(row: readonly number[], length: number, { turns }: Sequence): number[][] {
  if (row.length === length) return replyLogprobs(row, turns)
  throw new MiniO3Error(
    'tinker-lengths',
    `The server returned ${row.length} log-probabilities for a sequence of ${length}: it counts picture tokens differently.`,
  )
}
