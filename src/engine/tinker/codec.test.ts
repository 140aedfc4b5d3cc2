import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeForwardBackward, decodeSampled, encodeForwardBackward } from './codec.ts'
import type { ForwardBackwardRequest } from './protocol.ts'

const request: ForwardBackwardRequest = {
  modelId: 'm',
  seqId: 2,
  lossFn: 'ppo',
  lossFnConfig: { clip_low_threshold: 0.8 },
  data: [
    {
      chunks: [
        { type: 'image', data: Uint8Array.of(9, 8), format: 'png', expected_tokens: 3 },
        { type: 'encoded_text', tokens: [1, 258] },
      ],
      inputs: { target_tokens: { dtype: 'int64', data: [0, 7] } },
    },
  ],
}

/** Written by the protocol's own Python client, version 0.38.0, from the same values (`forward_backward_request_to_proto`). */
const golden = {
  request:
    '0a016d10021a470a0d120b0a0209081203706e6718030a0c0a0a0a08010000000201000012280a0d7461726765745f746f6b656e7312170a10' +
    '000000000000000007000000000000001802220102220370706f2a1d0a12636c69705f6c6f775f7468726573686f6c64119a9999999999e93f' +
    '3a1f0a12636c69705f6c6f775f7468726573686f6c641209099a9999999999e93f',
  trained:
    '0a0174123d0a017812360a086c6f6770726f6273122a0a0c00000000000080bf000000c01218000000000000000008000000000000000c0000' +
    '0000000000180118021a100a05613a73756d110000000000000040',
  sampled: '0a160801120805000000010000001a08000080bf000000bf2003',
}

describe('protobuf', () => {
  test('a request has the bytes of the protocol’s own client', () => {
    const { type, bytes } = encodeForwardBackward('protobuf', request)
    expect(type).toBe('application/x-protobuf')
    expect(Buffer.from(bytes).toString('hex')).toBe(golden.request)
  })

  test('results are read from the bytes of its server side, wherever they lie in memory', () => {
    // A Buffer's slices share memory at odd offsets.
    const bytes = (hex: string): Uint8Array => Buffer.from(`00${hex}`, 'hex').subarray(1)
    expect(decodeForwardBackward({ protobuf: bytes(golden.trained) })).toEqual({
      logprobs: [[0, -1], [-2]],
      metrics: { 'a:sum': 2 },
    })
    expect(decodeSampled({ protobuf: bytes(golden.sampled) })).toEqual({
      sequences: [{ tokens: [5, 1], logprobs: [-1, -0.5], stopped: false }],
      cachedTokens: 3,
    })
  })
})

describe('JSON', () => {
  test('a request as SkyRL reads it', () => {
    const { type, bytes } = encodeForwardBackward('json', request)
    expect(type).toBe('application/json')
    expect(JSON.parse(String(bytes))).toEqual({
      model_id: 'm',
      seq_id: 2,
      forward_backward_input: {
        data: [
          {
            model_input: {
              chunks: [
                { type: 'image', data: 'CQg=', format: 'png', expected_tokens: 3 },
                { type: 'encoded_text', tokens: [1, 258] },
              ],
            },
            loss_fn_inputs: { target_tokens: { data: [0, 7], dtype: 'int64', shape: [2] } },
          },
        ],
        loss_fn: 'ppo',
        loss_fn_config: { clip_low_threshold: 0.8 },
      },
    })
  })

  test('bytes that are no result are the server’s fault, whatever they are', () => {
    const wrong = fc.uint8Array({ maxLength: 60 })
    fc.assert(
      fc.property(wrong, (protobuf) => {
        for (const decode of [decodeForwardBackward, decodeSampled]) {
          try {
            decode({ protobuf })
          } catch (error) {
            expect(error).toMatchObject({ code: 'tinker-reply' })
          }
        }
      }),
      { examples: [[Uint8Array.of(255, 255, 255, 3)], [Uint8Array.of(10, 0)]] },
    )
    expect(() => decodeSampled({ protobuf: new Uint8Array() })).toThrow(/contains no sequence/)
    expect(() => decodeSampled({ protobuf: Uint8Array.of(255, 255, 255, 3) })).toThrow(/cannot be read/)
  })

  test('results: what servers add is left alone, another shape is refused', () => {
    const json = { loss_fn_outputs: [{ logprobs: { data: [-1], dtype: 'float32' }, more: 1 }], metrics: null }
    expect(decodeForwardBackward({ json })).toEqual({ logprobs: [[-1]], metrics: {} })
    expect(() => decodeForwardBackward({ json: { loss_fn_outputs: [{}] } })).toThrow(/loss_fn_outputs\.0\.logprobs/)
  })
})
