/**
 * A model on the server and everything that changes it. Posts go out one after the other, each once the one before was
 * acknowledged, numbered from 1; a post that failed lets none follow.
 */
import { MiniO3Error } from '../../shared/errors.ts'
import { decodeForwardBackward, encodeForwardBackward, forwardBackwardPath } from './codec.ts'
import { type AdamParams, type ForwardBackwardRequest, type ForwardBackwardResult, read, replies } from './protocol.ts'
import type { TinkerKind } from './server-kinds.ts'
import type { TinkerSession } from './session.ts'
import { errorIs, type Retry, type Transport } from './transport.ts'

export interface ModelSettings {
  readonly baseModel: string
  /** Rank of the adapter; 0 trains all weights. */
  readonly loraRank: number
  readonly seed: number
}

export interface TinkerModel {
  readonly id: string
  forwardBackward(request: Omit<ForwardBackwardRequest, 'modelId' | 'seqId'>): Promise<ForwardBackwardResult>
  optimStep(adam: AdamParams): Promise<Readonly<Record<string, number>>>
  /** Weights and optimiser under a new name; returns where they are. */
  save(name: string): Promise<string>
  /** Weights to sample from under a new name; returns where they are. */
  saveForSampler(name: string): Promise<string>
  /** Only as the first request of a model. */
  load(path: string, optimiser: boolean): Promise<void>
  /** The current weights, for sampling until the next step; returns a sampling session. */
  publish(): Promise<string>
  unload(): Promise<void>
}

export async function createModel(
  transport: Transport,
  session: TinkerSession,
  kind: TinkerKind,
  settings: ModelSettings,
  modelSeqId: number,
): Promise<TinkerModel> {
  const asked = {
    session_id: session.id,
    model_seq_id: modelSeqId,
    base_model: settings.baseModel,
    lora_config: { rank: settings.loraRank, seed: settings.seed },
    type: 'create_model',
  }
  const created = await transport.result(await transport.submit('create_model', asked, 'careful'), 'create_model')
  const { model_id: id } = read(replies.model, jsonOf(created), 'create_model')
  let seqId = 0
  let turn: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work)
    turn = next
    next.catch(() => {})
    return next
  }

  /** Numbers a request, posts it in its turn and waits for its result outside of it. */
  async function request(path: string, fields: object, retry: Retry): Promise<unknown> {
    const requestId = await inTurn(() =>
      transport.submit(path, { model_id: id, ...fields, seq_id: ++seqId, type: path }, retry),
    )
    return jsonOf(await transport.result(requestId, path))
  }

  async function save(path: 'save_weights' | 'save_weights_for_sampler', name: string): Promise<string> {
    const kept = path === 'save_weights' ? 'weights' : 'sampler_weights'
    try {
      return read(replies.saved, await request(path, { path: name }, 'repeat'), path).path
    } catch (error) {
      // The name is ours alone: an earlier try of this very request made it.
      if (!errorIs(error, 'tinker-conflict')) throw error
      turn = Promise.resolve()
      return `tinker://${id}/${kept}/${name}`
    }
  }

  return {
    id,
    async forwardBackward(given) {
      const path = forwardBackwardPath(kind.codec, given.forwardOnly ?? false)
      let body: ReturnType<typeof encodeForwardBackward>
      const submit = (): Promise<string> => transport.submit(path, body, 'repeat')
      const requestId = await inTurn(() => {
        body = encodeForwardBackward(kind.codec, { modelId: id, seqId: ++seqId, ...given })
        return submit()
      })
      const result = decodeForwardBackward(await transport.result(requestId, path, submit))
      if (result.logprobs.length === given.data.length) return result
      throw new MiniO3Error(
        'tinker-reply',
        `The server returned ${result.logprobs.length} results for ${given.data.length} sequences.`,
      )
    },
    async optimStep(adam) {
      const body = { model_id: id, adam_params: adam, seq_id: 0, type: 'optim_step' }
      const submit = (): Promise<string> => transport.submit('optim_step', body, 'repeat')
      const requestId = await inTurn(() => {
        body.seq_id = ++seqId
        return submit()
      })
      const result = jsonOf(await transport.result(requestId, 'optim_step', submit))
      return read(replies.optimised, result, 'optim_step').metrics ?? {}
    },
    save: (name) => save('save_weights', name),
    saveForSampler: (name) => save('save_weights_for_sampler', name),
    async load(path, optimizer) {
      await request('load_weights', { path, optimizer }, 'careful')
    },
    async publish() {
      const path = 'save_weights_for_sampler'
      const ask = (): Promise<unknown> => request(path, { sampling_session_seq_id: session.nextSampler() }, 'repeat')
      const result = await ask().catch((error: unknown) => {
        // An earlier try of this very request took its numbers. Publishing the same weights twice does no harm.
        if (!errorIs(error, 'tinker-conflict')) throw error
        turn = Promise.resolve()
        return ask()
      })
      return read(replies.published, result, path).sampling_session_id
    },
    async unload() {
      const asked = { model_id: id, type: 'unload_model' }
      await transport.result(await transport.submit('unload_model', asked, 'careful'), 'unload_model')
    },
  }
}

function jsonOf(raw: Awaited<ReturnType<Transport['result']>>): unknown {
  return 'json' in raw ? raw.json : undefined
}
