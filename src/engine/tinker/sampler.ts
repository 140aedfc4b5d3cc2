/** Samples replies from published weights, many at once within bounds on bytes and on requests under way. */
import { orAborted } from '../../shared/deadline.ts'
import { MiniO3Error, throwIfAborted } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import type { SampledReply, Sampler, SampleRequest } from '../engine.ts'
import { decodeSampled, jsonChunk } from './codec.ts'
import type { Gate } from './gate.ts'
import type { TinkerKind } from './server-kinds.ts'
import type { Transport } from './transport.ts'
import { promptBytes, wireChunks } from './wire-chunks.ts'

export interface SamplingGates {
  /** Bytes being encoded and sent. */
  readonly bytes: Gate
  /** Requests whose reply is awaited: each holds a connection. */
  readonly requests: Gate
}

export function createSampler(
  transport: Transport,
  sessionId: string,
  kind: TinkerKind,
  endTokens: readonly number[],
  gates: SamplingGates,
): Sampler {
  let next = 0

  async function submit(request: SampleRequest): Promise<string> {
    const { prompt, replyStart, allowed, formed, seed, temperature, maxTokens } = request
    if (replyStart || allowed || (formed && !kind.formed)) {
      throw new MiniO3Error(
        'tinker-sampling',
        `A ${kind.name} server cannot hold replies to a form or to given tokens.`,
      )
    }
    return gates.bytes.run(promptBytes(prompt), async () => {
      const chunks = await wireChunks(prompt)
      const body = {
        sampling_session_id: sessionId,
        seq_id: next++,
        prompt: { chunks: chunks.map(jsonChunk) },
        num_samples: 1,
        sampling_params: {
          max_tokens: maxTokens,
          temperature,
          top_p: 1,
          top_k: -1,
          seed,
          stop: endTokens,
          ...(formed && { formed: true }),
        },
        type: 'sample',
      }
      // Asked twice it is sampled twice, from the same seed.
      return transport.submit('asample', body, 'repeat')
    })
  }

  return {
    sample: (request, { signal }) => {
      const sampled = gates.requests.run(1, async () => {
        throwIfAborted(signal)
        const ask = (): Promise<string> => submit(request)
        // The interface knows no cancelling: the server writes its reply, and nobody asks for it any more.
        const raw = await orAborted(transport.result(await ask(), 'asample', ask, signal), signal)
        return replyOf(itemAt(decodeSampled(raw), 0), endTokens)
      })
      return orAborted(sampled, signal)
    },
  }
}

function replyOf(
  { tokens, logprobs }: { readonly tokens: readonly number[]; readonly logprobs: readonly number[] },
  endTokens: readonly number[],
): SampledReply {
  if (logprobs.length !== tokens.length || (tokens.length > 1 && logprobs.every((value) => value === 0))) {
    throw new MiniO3Error(
      'tinker-no-logprobs',
      'The server gave no log-probabilities for a reply. Training needs those of every token.',
    )
  }
  const end = tokens.findIndex((token) => endTokens.includes(token))
  if (end < 0) return { tokens, logprobs, ended: false }
  // A server may overrun the end; what comes after was never said.
  return { tokens: tokens.slice(0, end), logprobs: logprobs.slice(0, end + 1), ended: true }
}
