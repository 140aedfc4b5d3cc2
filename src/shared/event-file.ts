/**
 * TensorBoard's event files, written: TFRecords (each a length and its data, both with a masked CRC32C) of `Event` messages that hold
 * scalars. Only what TensorBoard reads of them is written; field numbers as its event.proto and summary.proto have them.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number
  readonly step: number
  /** By tag; `/` groups them. */
  readonly values: Readonly<Record<string, number>>
}

/** A whole file. That of more events begins with that of the first of them. */
export function eventFile(events: readonly ScalarEvent[]): Uint8Array {
  const version = eventAt(events[0]?.wallTime ?? 0)
    .tag(3, WireType.LengthDelimited)
    .string('brain.Event:2')
  return Buffer.concat([tfRecord(version.finish()), ...events.map(scalarRecord)])
}

function scalarRecord({ wallTime, step, values }: ScalarEvent): Uint8Array {
  const event = eventAt(wallTime)
  event.tag(2, WireType.Varint).int64(step)
  event.tag(5, WireType.LengthDelimited).fork()
  for (const [name, value] of Object.entries(values)) {
    event.tag(1, WireType.LengthDelimited).fork()
    event.tag(1, WireType.LengthDelimited).string(name)
    event.tag(2, WireType.Bit32).float(value)
    event.join()
  }
  return tfRecord(event.join().finish())
}

function eventAt(wallTime: number): BinaryWriter {
  return new BinaryWriter().tag(1, WireType.Bit64).double(wallTime)
}

/** Length, its checksum, the data, their checksum; all numbers little-endian. */
function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(12 + data.length + 4)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, maskedCrc32c(data), true)
  return record
}

/** Rotated and shifted, so that checksums may stand in data that are summed themselves. */
function maskedCrc32c(data: Uint8Array): number {
  const crc = crc32c(data)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** Castagnoli's polynomial, reflected. */
function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return ~crc >>> 0
}
