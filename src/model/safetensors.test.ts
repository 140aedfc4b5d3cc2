import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UserError } from '../shared/errors.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'safetensors-'))
}

const tensors = new Map([
  ['a', { shape: [2, 3], values: Float32Array.from([1, -2, 3.5, 0, 1e-30, 1e30]) }],
  ['b', { shape: [], values: Float32Array.from([7]) }],
])

function withHeader(json: string): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, Buffer.from(json), Buffer.alloc(8)])
}

describe('safetensors', () => {
  test('what is written comes back, and nothing else is left behind', async () => {
    const path = await folder()
    const file = join(path, 'x.safetensors')
    await writeSafetensors(file, { tensors, metadata: { step: '3' } })
    const read = await readSafetensors(file)
    expect(read.metadata).toEqual({ step: '3' })
    expect([...read.tensors]).toEqual([...tensors])
    expect(await readdir(path)).toEqual(['x.safetensors'])
  })

  test('the bytes follow the format: length, JSON header padded to eight bytes, little-endian values', async () => {
    const file = join(await folder(), 'x.safetensors')
    await writeSafetensors(file, { tensors, metadata: {} })
    const bytes = await readFile(file)
    const length = Number(bytes.readBigUInt64LE(0))
    expect(length % 8).toBe(0)
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>
    expect(header['a']).toEqual({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] })
    expect(bytes.readFloatLE(8 + length + 8)).toBe(3.5)
    expect(bytes.length).toBe(8 + length + 28)
  })

  test('broken files are refused with the reason', async () => {
    const path = await folder()
    const file = join(path, 'x.safetensors')
    await writeSafetensors(file, { tensors, metadata: {} })
    const whole = await readFile(file)
    const broken: Record<string, Buffer> = {
      empty: Buffer.alloc(0),
      cut: whole.subarray(0, whole.length - 4),
      'header only': whole.subarray(0, 20),
      'huge header': Buffer.concat([Buffer.from('ffffffffffffff7f', 'hex'), whole]),
      'not json': withHeader('{]'),
      'header null': withHeader('null'),
      'tensor null': withHeader('{"a": null}'),
      'metadata no texts': withHeader('{"__metadata__": {"step": 3}}'),
      'shape no list': withHeader('{"a": {"dtype": "F32", "shape": "2", "data_offsets": [0, 8]}}'),
      'offsets before the start': withHeader('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}}'),
    }
    for (const [name, bytes] of Object.entries(broken)) {
      const other = join(path, `${name}.safetensors`)
      await writeFile(other, bytes)
      await expect(readSafetensors(other), name).rejects.toThrow(UserError)
    }
    await expect(readSafetensors(join(path, 'missing'))).rejects.toThrow(/Name a .safetensors file/)
  })
})
