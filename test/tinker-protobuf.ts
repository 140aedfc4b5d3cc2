/** The server's side of the protobuf dialect: requests to JSON's shape, results from it. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { dtypes } from '../src/engine/tinker/codec.ts'
import {
  ForwardBackwardOutputSchema,
  ForwardBackwardRequestSchema,
  SampleResponseSchema,
  type Chunk,
  type Tensor,
} from '../src/engine/tinker/tinker_pb.ts'

export function decodeForwardBackwardRequest(bytes: Uint8Array): unknown {
  const message = fromBinary(ForwardBackwardRequestSchema, bytes)
  // Sent twice until all servers read the second form.
  const again = Object.entries(message.lossFnConfigV2).map(([name, { value }]) => [name, value.value] as const)
  if (JSON.stringify(message.lossFnConfig) !== JSON.stringify(Object.fromEntries(again)))
    throw new TypeError('two configurations of a loss that differ')
  const config = again.length > 0 ? { loss_fn_config: message.lossFnConfig } : {}
  return {
    model_id: message.modelId,
    seq_id: message.seqId,
    forward_only: message.forwardOnly,
    forward_backward_input: {
      loss_fn: message.lossFn,
      ...config,
      data: message.data.map(({ modelInput, lossFnInputs }) => ({
        model_input: { chunks: modelInput.map(({ choice }) => chunkOf(choice)) },
        loss_fn_inputs: Object.fromEntries(
          Object.entries(lossFnInputs).map(([name, value]) => [name, tensorOf(value)]),
        ),
      })),
    },
  }
}

function chunkOf({ case: kind, value }: Chunk['choice']): unknown {
  if (kind === undefined) throw new TypeError('a chunk without text or image')
  if (kind === 'encodedText') {
    return { type: 'encoded_text', tokens: [...new Int32Array(new Uint8Array(value.tokens).buffer)] }
  }
  const data = Buffer.from(value.data).toString('base64')
  return { type: 'image', data, format: value.format, expected_tokens: value.expectedTokens }
}

function tensorOf({ choice, dtype, shape }: Tensor): unknown {
  const { buffer } = new Uint8Array(choice.value ?? [])
  const data = dtype === dtypes.int64 ? [...new BigInt64Array(buffer)].map(Number) : [...new Float32Array(buffer)]
  return { data, dtype: dtype === dtypes.int64 ? 'int64' : 'float32', shape: shape.map(Number) }
}

export function encodeResult(path: string, result: unknown): Uint8Array {
  return path === 'asample' ? sampled(result as Sampled) : forwardBackward(result as Trained)
}

interface Sampled {
  readonly prompt_cache_hit_tokens: number
  readonly sequences: readonly { tokens: readonly number[]; logprobs: readonly number[]; stop_reason: string }[]
}
interface Trained {
  readonly loss_fn_outputs: readonly { logprobs: { data: readonly number[] } }[]
  readonly metrics: Record<string, number>
}

function sampled({ sequences, prompt_cache_hit_tokens }: Sampled): Uint8Array {
  const message = create(SampleResponseSchema, {
    promptCacheHitTokens: prompt_cache_hit_tokens,
    sequences: sequences.map(({ tokens, logprobs, stop_reason }) => ({
      stopReason: stop_reason === 'stop' ? 0 : 1,
      tokens: new Uint8Array(Int32Array.from(tokens).buffer),
      logprobs: new Uint8Array(Float32Array.from(logprobs).buffer),
    })),
  })
  return toBinary(SampleResponseSchema, message)
}

function forwardBackward({ loss_fn_outputs, metrics }: Trained): Uint8Array {
  const rows = loss_fn_outputs.map(({ logprobs }) => logprobs.data)
  const ends = rows.map((_, i) => rows.slice(0, i + 1).reduce((sum, row) => sum + row.length * 4, 0))
  const logprobs = {
    data: new Uint8Array(Float32Array.from(rows.flat()).buffer),
    offsets: new Uint8Array(BigInt64Array.from([0, ...ends], BigInt).buffer),
    dtype: dtypes.float32,
  }
  const record = { typeTag: 'ArrayRecord', fields: { logprobs }, numDatums: BigInt(rows.length) }
  return toBinary(
    ForwardBackwardOutputSchema,
    create(ForwardBackwardOutputSchema, { lossFnOutputType: 'ArrayRecord', lossFnOutputs: [record], metrics }),
  )
}
