import { expect, it } from 'vitest'
import { unzip } from '../../test/unzip.ts'
import { zip } from './zip.ts'
import type { ZipEntry } from './zip.ts'

async function zipped(...entries: readonly ZipEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  async function* each(): AsyncGenerator<ZipEntry, void> {
    yield* entries
  }
  for await (const chunk of zip(each())) chunks.push(chunk)
  return Buffer.concat(chunks)
}

it('writes entries that readers find, with names and content of any language', async () => {
  const texts = { 'a.json': '{}', 'deep/größe 图.json': 'ä'.repeat(100_000), empty: '' }
  const bytes = await zipped(...Object.entries(texts).map(([name, text]) => ({ name, content: text })))
  expect(Object.fromEntries(unzip(bytes))).toEqual(texts)
})

it('writes an entry that comes in pieces', async () => {
  async function* pieces(): AsyncGenerator<string, void> {
    for (let piece = 0; piece < 3000; piece++) yield `${piece} größe\n`
  }
  const whole = Array.from({ length: 3000 }, (_, piece) => `${piece} größe\n`).join('')
  const entries = unzip(await zipped({ name: 'a', content: pieces() }, { name: 'b', content: 'after' }))
  expect([...entries]).toEqual([
    ['a', whole],
    ['b', 'after'],
  ])
})

it('is empty without entries', async () => {
  expect(unzip(await zipped()).size).toBe(0)
})

it('writes more entries than the plain format can count', async () => {
  const many = Array.from({ length: 65_536 }, (_, index) => ({ name: String(index), content: '' }))
  const bytes = await zipped(...many)
  const end = bytes.length - 22
  expect(bytes.readUInt16LE(end + 10)).toBe(0xffff)
  // The locator before it names the record with the true count.
  const large = Number(bytes.readBigUInt64LE(end - 20 + 8))
  expect(bytes.toString('latin1', large, large + 4)).toBe('PK\x06\x06')
  expect(bytes.readBigUInt64LE(large + 32)).toBe(65_536n)
  const table = Number(bytes.readBigUInt64LE(large + 48))
  expect(bytes.toString('latin1', table, table + 4)).toBe('PK\x01\x02')
  expect(table + Number(bytes.readBigUInt64LE(large + 40))).toBe(large)
})

it('produces content only when it is written, and passes its errors on', async () => {
  const broken = new Error('the log ended')
  async function* failing(): AsyncGenerator<string, void> {
    yield 'begun'
    throw broken
  }
  await expect(zipped({ name: 'a', content: failing() })).rejects.toBe(broken)
})
