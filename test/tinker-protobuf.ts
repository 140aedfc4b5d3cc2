/** The server's side of the protobuf dialect: requests to JSON's shape, results from it. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { dtypes, messageType } from '../src/engine/tinker/proto.ts'

interface SentTensor {
  readonly choice: { readonly value: Uint8Array }
  readonly dtype: number
  readonly shape: readonly bigint[]
}

export function decodeForwardBackwardRequest(bytes: Uint8Array): unknown {
  const message = fromBinary(messageType('ForwardBackwardRequest'), bytes) as unknown as {
    modelId: string
    seqId: number
    lossFn: string
    forwardOnly: boolean
    lossFnConfig: Record<string, number>
    data: {
      modelInput: { choice: { case: string; value: Record<string, unknown> } }[]
      lossFnInputs: Record<string, SentTensor>
    }[]
  }
  const config = Object.keys(message.lossFnConfig).length > 0 ? { loss_fn_config: message.lossFnConfig } : {}
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

function chunkOf({ case: kind, value }: { case: string; value: Record<string, unknown> }): unknown {
  if (kind === 'encodedText') {
    const bytes = value['tokens'] as Uint8Array
    return { type: 'encoded_text', tokens: [...new Int32Array(new Uint8Array(bytes).buffer)] }
  }
  const data = Buffer.from(value['data'] as Uint8Array).toString('base64')
  return { type: 'image', data, format: value['format'], expected_tokens: value['expectedTokens'] }
}

function tensorOf({ choice, dtype, shape }: SentTensor): unknown {
  const { buffer } = new Uint8Array(choice.value)
  const data = dtype === dtypes.int64 ? [...new BigInt64Array(buffer)].map(Number) : [...new Float32Array(buffer)]
  return { data, dtype: dtype === dtypes.int64 ? 'int64' : 'float32', shape: shape.map(Number) }
}

export function encodeResult(path: string, result: unknown): Uint8Array {
  return path === 'asample' ? sampled(result as Sampled) : forwardBackward(result as Trained)
}

interface Sampled {
  readonly sequences: readonly { tokens: readonly number[]; logprobs: readonly number[]; stop_reason: string }[]
}
interface Trained {
  readonly loss_fn_outputs: readonly { logprobs: { data: readonly number[] } }[]
  readonly metrics: Record<string, number>
}

function sampled({ sequences }: Sampled): Uint8Array {
  const type = messageType('SampleResponse')
  const message = create(type, {
    sequences: sequences.map(({ tokens, logprobs, stop_reason }) => ({
      stopReason: stop_reason === 'stop' ? 0 : 1,
      tokens: new Uint8Array(Int32Array.from(tokens).buffer),
      logprobs: new Uint8Array(Float32Array.from(logprobs).buffer),
    })),
  })
  return toBinary(type, message)
}

function forwardBackward({ loss_fn_outputs, metrics }: Trained): Uint8Array {
  const type = messageType('ForwardBackwardOutput')
  const rows = loss_fn_outputs.map(({ logprobs }) => logprobs.data)
  const ends = rows.map((_, i) => rows.slice(0, i + 1).reduce((sum, row) => sum + row.length * 4, 0))
  const logprobs = {
    data: new Uint8Array(Float32Array.from(rows.flat()).buffer),
    offsets: new Uint8Array(BigInt64Array.from([0, ...ends], BigInt).buffer),
    dtype: dtypes.float32,
  }
  const record = { typeTag: 'ArrayRecord', fields: { logprobs }, numDatums: BigInt(rows.length) }
  return toBinary(type, create(type, { lossFnOutputType: 'ArrayRecord', lossFnOutputs: [record], metrics }))
}
