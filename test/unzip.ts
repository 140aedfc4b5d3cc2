/** Reads a ZIP archive as its readers do: from the table of contents at the end, with the checksum of every entry. */
import { expect } from 'vitest'
import { crc32, inflateRawSync } from 'node:zlib'

export function unzip(bytes: Buffer): Map<string, string> {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const count = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  expect(at + bytes.readUInt32LE(end + 12)).toBe(end)
  const entries = new Map<string, string>()
  for (let index = 0; index < count; index++) {
    expect(bytes.toString('latin1', at, at + 4)).toBe('PK\x01\x02')
    const [crc, packed, size] = [16, 20, 24].map((field) => bytes.readUInt32LE(at + field))
    const [named, extra] = [28, 30].map((field) => bytes.readUInt16LE(at + field))
    const head = bytes.readUInt32LE(at + 42)
    expect(bytes.toString('latin1', head, head + 4)).toBe('PK\x03\x04')
    const start = head + 30 + bytes.readUInt16LE(head + 26) + bytes.readUInt16LE(head + 28)
    const content = inflateRawSync(bytes.subarray(start, start + packed!))
    expect([content.length, crc32(content)]).toEqual([size, crc])
    entries.set(bytes.toString('utf8', at + 46, at + 46 + named!), content.toString('utf8'))
    at += 46 + named! + extra!
  }
  return entries
}
