import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { zip } from './zip.ts'
import { openZip } from './zip-read.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-zip-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function opened(bytes: Uint8Array, limits?: Parameters<typeof openZip>[1]) {
  const path = join(folder, 'a.zip')
  await writeFile(path, bytes)
  return openZip(path, limits)
}

async function zipped(count: number, text: string): Promise<Buffer> {
  async function* entries() {
    for (let index = 0; index < count; index++) yield { name: `${index}.json`, content: text }
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of zip(entries())) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('reads deflated entries, also where the places are in ZIP64 records', async () => {
  const bytes = await zipped(300, 'größe')
  for (const one of [bytes, large(bytes)]) {
    const file = await opened(one)
    expect(file.names).toHaveLength(300)
    expect((await file.read('299.json')).toString()).toBe('größe')
    await expect(file.read('none')).rejects.toThrow('it has no none')
    await file.close()
  }
})

/** The same archive with the place of its table in the records for large ones. */
function large(bytes: Buffer): Buffer {
  const before = bytes.subarray(0, -22)
  const end = Buffer.from(bytes.subarray(-22))
  const record = Buffer.alloc(56)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(44n, 4)
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40)
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(before.length), 8)
  end.fill(0xff, 8, 20)
  return Buffer.concat([before, record, locator, end])
}

/** Written by Python with zipfile_zstd, and an entry of two frames. */
const zstandard =
  'UEsDBBQAAAhdAHxZfV1blssOKQAAADsCAAAUAAAAc2FtcGxlcy9ncsO2w59lLmpzb24otS/9AFgFAQDIeyJ0ZXh0Ijoiem9vbSBhbmQgbG9vayAifQEAP0Q1m1BLAwQUAAAAXQB8WX1dAAAAAAkAAAAAAAAABQAAAGVtcHR5KLUv/SAAAQAAUEsBAhQDFAAACF0AfFl9XVuWyw4pAAAAOwIAABQAAAAAAAAAAAAAAIABAAAAAHNhbXBsZXMvZ3LDtsOfZS5qc29uUEsBAhQDFAAAAF0AfFl9XQAAAAAJAAAAAAAAAAUAAAAAAAAAAAAAAIABWwAAAGVtcHR5UEsFBgAAAAACAAIAdQAAAIcAAAAAAA=='
const twoFrames =
  'UEsDBD8AAABdAAAAIQAc8wztKAAAAEIAAAABAAAAYSi1L/0gBjEAAGZpcnN0ICi1L/0kPGUAADBzZWNvbmQBAMtZiru1dk1QSwECPwA/AAAAXQAAACEAHPMM7SgAAABCAAAAAQAAAAAAAAAAAAAAAAAAAAAAYVBLBQYAAAAAAQABAC8AAABHAAAAAAA='
/** Asks for a window of 1 GiB. */
const wide =
  'UEsDBD8AAABdAAAAIQB459FCCgAAAAUAAAABAAAAYSi1L/0AoCsAAHhQSwECPwA/AAAAXQAAACEAeOfRQgoAAAAFAAAAAQAAAAAAAAAAAAAAAAAAAAAAYVBLBQYAAAAAAQABAC8AAAApAAAAAAA='

test('reads entries compressed with Zstandard', async () => {
  const file = await opened(Buffer.from(zstandard, 'base64'))
  expect(file.names).toEqual(['samples/größe.json', 'empty'])
  expect(JSON.parse((await file.read('samples/größe.json')).toString())).toEqual({ text: 'zoom and look '.repeat(40) })
  expect(await file.read('empty')).toHaveLength(0)
  await file.close()
  const frames = await opened(Buffer.from(twoFrames, 'base64'))
  expect((await frames.read('a')).toString()).toBe(`first ${'second'.repeat(10)}`)
  await frames.close()
})

test.each([
  ['a window that is too large', Buffer.from(wide, 'base64'), 'a', 'longer than declared'],
  [
    'a changed byte',
    changed(Buffer.from(zstandard, 'base64'), 70),
    'samples/größe.json',
    /damaged|cannot be decompressed/,
  ],
])('refuses %s', async (_, bytes, name, why) => {
  const file = await opened(bytes)
  await expect(file.read(name)).rejects.toThrow(why)
  await file.close()
})

function changed(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 0x55
  return bytes
}

test('limits are checked before anything is decompressed', async () => {
  const bytes = await zipped(3, ' '.repeat(1000))
  const file = await opened(bytes, { entryBytes: 999, tableBytes: 1000 })
  await expect(file.read('1.json')).rejects.toThrow('larger than 999 bytes')
  await file.close()
  await expect(opened(bytes, { entryBytes: 999, tableBytes: 100 })).rejects.toThrow('table of contents is too long')
})

test('refuses an archive that is cut off anywhere', async () => {
  const bytes = await zipped(2, 'text')
  for (let length = 0; length < bytes.length; length++) {
    await expect(opened(bytes.subarray(0, length))).rejects.toThrow(/table of contents|cut off/)
  }
})
