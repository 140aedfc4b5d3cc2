/** The head of a model file says what is needed to plan for it, and a file that is none is refused before anything is loaded. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeTinyGguf } from '../../test/tiny-gguf.ts'
import type { TinyModel } from '../../test/tiny-gguf.ts'
import { readGguf } from './gguf.ts'

let folder: string
let tiny: TinyModel

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gguf-'))
  tiny = await writeTinyGguf(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('numbers, texts and lists of numbers are read, vocabularies passed over', async () => {
  const { bytes, values } = await readGguf(tiny.model)
  expect(bytes).toBe((await readFile(tiny.model)).length)
  expect(Object.fromEntries(values)).toMatchObject({
    'general.architecture': 'qwen2vl',
    'qwen2vl.context_length': 8192,
    'qwen2vl.rope.freq_base': 1e6,
    'qwen2vl.rope.dimension_sections': [12, 14, 14, 0],
    'tokenizer.ggml.tokens': [],
  })
  expect((await readGguf(tiny.mmproj)).values.get('clip.has_vision_encoder')).toBe(true)
})

test('both files together are below 2 MB', async () => {
  const sizes = await Promise.all([tiny.model, tiny.mmproj].map(async (file) => (await readGguf(file)).bytes))
  expect(sizes.reduce((sum, one) => sum + one)).toBeLessThan(2e6)
})

test.each([
  ['nothing', () => Buffer.alloc(0), 'it is truncated'],
  [
    'another file',
    () => Buffer.from('<!doctype html><title>404</title>'),
    'it does not begin with the magic number of GGUF',
  ],
  ['a download that stopped', (whole: Buffer) => whole.subarray(0, 3000), 'it is truncated'],
  ['a version to come', (whole: Buffer) => patched(whole, 4, 9), 'its version is 9'],
  ['a count beyond reason', (whole: Buffer) => patched(whole, 22, 0xff), 'its header is invalid'],
  ['a length beyond reason', (whole: Buffer) => patched(whole, 28, 0xff), 'its header is invalid'],
  ['a type that is none', (whole: Buffer) => patched(whole, 32 + 'general.architecture'.length, 77), 'unknown type 77'],
])('%s is refused', async (_, make, why) => {
  const file = join(folder, 'broken.gguf')
  await writeFile(file, make(await readFile(tiny.model)))
  await expect(readGguf(file)).rejects.toMatchObject({ code: 'model-file-broken', exitCode: 2 })
  await expect(readGguf(file)).rejects.toThrow(why)
})

test('files that are not there are named', async () => {
  await expect(readGguf(join(folder, 'none.gguf'))).rejects.toMatchObject({ code: 'model-file-missing', exitCode: 2 })
  const shard = join(folder, 'large-00001-of-00003.gguf')
  await writeFile(shard, await readFile(tiny.model))
  await expect(readGguf(shard)).rejects.toThrow('large-00002-of-00003.gguf')
})

test('a model in several files has the bytes of all', async () => {
  const name = (index: number): string => join(folder, `split-0000${index}-of-00002.gguf`)
  await writeFile(name(1), await readFile(tiny.model))
  await writeFile(name(2), Buffer.alloc(1000))
  expect((await readGguf(name(1))).bytes).toBe((await readGguf(tiny.model)).bytes + 1000)
})

function patched(whole: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(whole)
  copy[at] = byte
  return copy
}
