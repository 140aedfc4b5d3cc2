/** The two ways in which training requests and results are written: plain JSON and the protobuf of the hosted dialect. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { messageOf, TransportError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import {
  type Chunk,
  type ForwardBackwardRequest,
  type ForwardBackwardResult,
  read,
  replies,
  type SampledReplies,
  type TensorData,
} from './protocol.ts'
import {
  ChunkSchema,
  ForwardBackwardOutputSchema,
  ForwardBackwardRequestSchema,
  LossConfigValueSchema,
  SampleResponseSchema,
  TensorSchema,
  type BatchedTensor,
} from './tinker_pb.ts'

/** `DType` of the protocol. */
export const dtypes = { float32: 1, int64: 2, int32: 3, bfloat16: 4 } as const

export const contentTypes = { json: 'application/json', protobuf: 'application/x-protobuf' } as const

export interface Body {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A result as it came: a parsed JSON value, or protobuf. */
export type Raw = { readonly json: unknown } | { readonly protobuf: Uint8Array }

export function jsonBody(value: unknown): Body {
  return { type: contentTypes.json, bytes: Buffer.from(JSON.stringify(value)) }
}

/** A chunk as JSON has it. */
export function jsonChunk(chunk: Chunk): object {
  return chunk.type === 'image' ? { ...chunk, data: base64(chunk.data) } : chunk
}

/** Where a request goes: protobuf says inside that no gradient is wanted, JSON by its path. */
export function forwardBackwardPath(codec: keyof typeof contentTypes, forwardOnly: boolean): string {
  return codec === 'json' && forwardOnly ? 'forward' : 'forward_backward'
}

export function encodeForwardBackward(codec: keyof typeof contentTypes, request: ForwardBackwardRequest): Body {
  return codec === 'json' ? forwardBackwardJson(request) : forwardBackwardProtobuf(request)
}

function forwardBackwardJson(request: ForwardBackwardRequest): Body {
  const { modelId, seqId, data, lossFn, lossFnConfig, forwardOnly = false } = request
  return jsonBody({
    model_id: modelId,
    seq_id: seqId,
    [forwardOnly ? 'forward_input' : 'forward_backward_input']: {
      data: data.map(({ chunks, inputs }) => ({
        model_input: { chunks: chunks.map(jsonChunk) },
        loss_fn_inputs: Object.fromEntries(
          Object.entries(inputs).map(([name, tensor]) => [name, { ...tensor, shape: [tensor.data.length] }]),
        ),
      })),
      loss_fn: lossFn,
      ...(lossFnConfig && { loss_fn_config: lossFnConfig }),
    },
  })
}

function forwardBackwardProtobuf(request: ForwardBackwardRequest): Body {
  const { modelId, seqId, data, lossFn, lossFnConfig, forwardOnly = false } = request
  const chunkOf = (chunk: Chunk) =>
    create(ChunkSchema, {
      choice:
        chunk.type === 'image'
          ? {
              case: 'image',
              value: { data: chunk.data, format: chunk.format, expectedTokens: chunk.expected_tokens },
            }
          : { case: 'encodedText', value: { tokens: bytesOf(Int32Array.from(chunk.tokens)) } },
    })
  const tensorOf = ({ data: values, dtype }: TensorData) =>
    create(TensorSchema, {
      choice: {
        case: 'dense',
        value: bytesOf(dtype === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values)),
      },
      dtype: dtypes[dtype],
      shape: [BigInt(values.length)],
    })
  const message = create(ForwardBackwardRequestSchema, {
    modelId,
    seqId,
    lossFn,
    lossFnConfig: lossFnConfig ?? {},
    lossFnConfigV2: Object.fromEntries(
      Object.entries(lossFnConfig ?? {}).map(([name, value]) => [
        name,
        create(LossConfigValueSchema, { value: { case: 'number', value } }),
      ]),
    ),
    forwardOnly,
    data: data.map(({ chunks, inputs }) => ({
      modelInput: chunks.map(chunkOf),
      lossFnInputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensorOf(tensor)])),
    })),
  })
  return { type: contentTypes.protobuf, bytes: toBinary(ForwardBackwardRequestSchema, message) }
}

/** What `reading` makes of a message; whatever is wrong with the message is the server's fault. */
function decoded<T>(what: string, reading: () => T): T {
  try {
    return reading()
  } catch (cause) {
    if (cause instanceof TransportError) throw cause
    throw new TransportError('tinker-reply', `The server's reply to ${what} cannot be read: ${messageOf(cause)}.`, {
      cause,
    })
  }
}

/** Throws `TransportError` if the reply has another form. */
export function decodeForwardBackward(raw: Raw): ForwardBackwardResult {
  return decoded('forward_backward', () => forwardBackwardOf(raw))
}

function forwardBackwardOf(raw: Raw): ForwardBackwardResult {
  if ('json' in raw) {
    const { loss_fn_outputs, metrics } = read(replies.forwardBackward, raw.json, 'forward_backward')
    return { logprobs: loss_fn_outputs.map(({ logprobs }) => logprobs.data), metrics: metrics ?? {} }
  }
  const { lossFnOutputs, metrics } = fromBinary(ForwardBackwardOutputSchema, raw.protobuf)
  return { logprobs: lossFnOutputs.flatMap(({ fields }) => rowsOf(fields['logprobs'])), metrics }
}

/** One row a datum: row `i` lies between byte offsets `i` and `i + 1`. */
function rowsOf(batched: BatchedTensor | undefined): number[][] {
  if (batched === undefined) return []
  const { data, dtype } = batched
  const offsets = [...new BigInt64Array(aligned(batched.offsets))].map(Number)
  return offsets.slice(1).map((end, i) => floats(data.subarray(itemAt(offsets, i), end), dtype))
}

function floats(bytes: Uint8Array, dtype: number = dtypes.float32): number[] {
  if (dtype === dtypes.float32) return [...new Float32Array(aligned(bytes))]
  if (dtype !== dtypes.bfloat16) throw new RangeError(`log-probabilities of data type ${dtype}`)
  // The upper half of a 32-bit number.
  const words = Uint32Array.from(new Uint16Array(aligned(bytes)), (half) => half << 16)
  return [...new Float32Array(words.buffer)]
}

/** At least one sequence. Throws `TransportError` if the reply has another form. */
export function decodeSampled(raw: Raw): SampledReplies {
  return decoded('asample', () => {
    const sampled = sampledOf(raw)
    if (sampled.sequences.length === 0) throw new RangeError('it contains no sequence')
    return sampled
  })
}

function sampledOf(raw: Raw): SampledReplies {
  if ('json' in raw) {
    const { sequences, prompt_cache_hit_tokens } = read(replies.sampled, raw.json, 'asample')
    return {
      sequences: sequences.map(({ tokens, logprobs, stop_reason }) => ({
        tokens,
        logprobs,
        stopped: stop_reason === 'stop',
      })),
      cachedTokens: prompt_cache_hit_tokens ?? 0,
    }
  }
  const { sequences, promptCacheHitTokens } = fromBinary(SampleResponseSchema, raw.protobuf)
  return {
    sequences: sequences.map(({ stopReason, tokens, logprobs }) => ({
      tokens: [...new Int32Array(aligned(tokens))],
      logprobs: floats(logprobs ?? new Uint8Array()),
      stopped: stopReason === 0,
    })),
    cachedTokens: promptCacheHitTokens,
  }
}

/** Little-endian, as all machines are that this runs on. */
function bytesOf(array: Int32Array | Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(array.buffer)
}

/** A copy, since numbers may lie anywhere in a message. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
