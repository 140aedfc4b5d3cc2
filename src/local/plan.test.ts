/** A model is given as much context and as many searches as memory allows, and is refused before loading where it does not. */
import { expect, test } from 'vitest'
import type { Gguf, GgufValue } from './gguf.ts'
import { planLocal } from './plan.ts'

const gib = 2 ** 30

/** As Qwen3-VL-2B at four bits: 112 KiB of cache a token. */
function model(changes: Record<string, GgufValue> = {}, bytes = 1.2 * gib): Gguf {
  const values = {
    'general.architecture': 'qwen3vl',
    'qwen3vl.context_length': 262_144,
    'qwen3vl.block_count': 28,
    'qwen3vl.embedding_length': 2048,
    'qwen3vl.attention.head_count': 16,
    'qwen3vl.attention.head_count_kv': 8,
    'qwen3vl.attention.key_length': 128,
    'qwen3vl.attention.value_length': 128,
    'qwen3vl.rope.dimension_sections': [24, 20, 20, 0],
    ...changes,
  }
  return { bytes, values: new Map(Object.entries(values)) }
}

const eyes: Gguf = {
  bytes: 0.8 * gib,
  values: new Map<string, GgufValue>([
    ['general.architecture', 'clip'],
    ['clip.vision.patch_size', 16],
  ]),
}

test.each([
  ['plenty', 64, 8, { context: 32_768, slots: 4 }],
  ['plenty, for one search', 64, 1, { context: 32_768, slots: 1 }],
  ['room for two', 11.5, 8, { context: 32_768, slots: 2 }],
  ['room for one', 7.5, 8, { context: 32_768, slots: 1 }],
  ['room for half the context', 5.5, 8, { context: 16_384, slots: 1 }],
])('%s: memory decides', (_, free, searches, expected) => {
  expect(planLocal(model(), eyes, { searches, free: free * gib })).toMatchObject(expected)
})

test('memory is refused before anything is loaded, with the figures and what to do', () => {
  const plan = (free: number, context?: number) => () =>
    planLocal(model(), eyes, { searches: 1, free: free * gib, context })
  expect(plan(2)).toThrow(expect.objectContaining({ code: 'memory-too-small', exitCode: 2 }))
  expect(plan(2)).toThrow(
    /needs 3\.1 GiB of memory \(weights 2\.0 GiB, 4,096 tokens of context 0\.4 GiB.* 2\.0 GiB are free/,
  )
  expect(plan(16, 262_144)).toThrow(/a smaller --context/)
})

test('a context that was asked for is given, up to that of the training', () => {
  const plan = (context: number) => planLocal(model(), eyes, { searches: 2, free: 64 * gib, context })
  expect(plan(65_536)).toMatchObject({ context: 65_536, slots: 2 })
  expect(() => plan(300_000)).toThrow(expect.objectContaining({ code: 'context-too-long' }))
})

test('the shape of pictures and the memory of mixed layers follow from the files', () => {
  const free = 64 * gib
  expect(planLocal(model(), eyes, { searches: 1, free })).toMatchObject({ mrope: true, cell: 32 })
  const perLayer = Array.from({ length: 28 }, (_, index) => (index % 4 === 3 ? 8 : 0))
  const mixed = planLocal(model({ 'qwen3vl.attention.head_count_kv': perLayer }), eyes, { searches: 1, free })
  const plain = planLocal(model(), eyes, { searches: 1, free })
  expect(plain.bytes - mixed.bytes).toBe(((32_768 * 112 * 1024) / 4) * 3)
})
