/** Samples replies from published weights, many at once within bounds on bytes and on requests under way. */
import { orAborted } from '../../shared/deadline.ts'
import { MiniO3Error, UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import type { Limiter } from '../../shared/limiter.ts'
import { promptLength, type SampledReply, type Sampler, type SampleRequest } from '../engine.ts'
import type { TokenCounts } from '../usage.ts'
import { decodeSampled, jsonChunk } from './codec.ts'
import type { Gate } from './gate.ts'
import type { TinkerKind } from './server-kinds.ts'
import type { Transport } from './transport.ts'
import { hasPictures, promptBytes, wireChunks } from './wire-chunks.ts'

export interface SamplingGates {
  /** Bytes being encoded and sent. */
  readonly bytes: Gate
  /** Requests whose reply is awaited: each holds a connection. */
  readonly requests: Limiter
}

/** Of one reply, as a service bills it. */
export type SampledTokens = Pick<TokenCounts, 'prompt' | 'cached' | 'sampled'>

export function createSampler(
  transport: Transport,
  sessionId: string,
  kind: TinkerKind,
  endTokens: readonly number[],
  gates: SamplingGates,
  onSampled: (tokens: SampledTokens) => void = () => {},
): Sampler {
  let next = 0

  async function submit(request: SampleRequest): Promise<string> {
    const { prompt, replyStart, allowed, formed, seed, temperature, maxTokens } = request
    if (replyStart || allowed || (formed && !kind.formed)) {
      throw new MiniO3Error(
        'tinker-sampling',
        `Servers of kind ${kind.name} cannot constrain replies to a grammar or to given tokens.`,
      )
    }
    if (!kind.images && hasPictures(prompt))
      throw new UserError(
        'tinker-images',
        `Servers of kind ${kind.name} drop pictures and cannot answer questions about them.`,
      )
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
      const sampled = gates.requests(async () => {
        const ask = (): Promise<string> => submit(request)
        // The interface knows no cancelling: the server writes its reply, and nobody asks for it any more.
        const asked = transport.result(await ask(), 'asample', ask, signal)
        const raw = await orAborted(asked, signal).catch((error: unknown) => {
          throw isAsleep(error) ? asleep(error) : error
        })
        const { sequences, cachedTokens } = decodeSampled(raw)
        const sequence = itemAt(sequences, 0)
        onSampled({ prompt: promptLength(request.prompt), cached: cachedTokens, sampled: sequence.tokens.length })
        return replyOf(sequence, endTokens)
      }, signal)
      return orAborted(sampled, signal)
    },
  }
}

/** SkyRL's engines that sample sleep while it trains all weights, and lose theirs by it. */
function isAsleep(error: unknown): error is MiniO3Error {
  return error instanceof MiniO3Error && /slept at level 2|no synced weights/.test(error.message)
}

function asleep(error: MiniO3Error): MiniO3Error {
  return new MiniO3Error(
    'tinker-asleep',
    `${error.message}. Something was trained since the weights of this command were published: on such a server nothing else may ` +
      'train while it samples. Wait until the other training has ended, then repeat the command, which publishes its weights again.',
    { cause: error },
  )
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
