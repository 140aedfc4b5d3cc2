/** TensorBoard's event files, read back: the scalars by tag, as [step, value], and the times of their steps. */
import { readFile } from 'node:fs/promises'
import { BinaryReader } from '@bufbuild/protobuf/wire'

export interface ReadEvents {
  readonly scalars: Readonly<Record<string, readonly (readonly [number, number])[]>>
  readonly wallTimes: readonly number[]
}

export async function readEvents(path: string): Promise<ReadEvents> {
  const file = await readFile(path)
  const scalars: Record<string, [number, number][]> = {}
  const wallTimes: number[] = []
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at))
    const { time, step, values } = readEvent(file.subarray(at + 12, at + 12 + length))
    at += 12 + length + 4
    if (values.length > 0) wallTimes.push(time)
    for (const [tag, value] of values) (scalars[tag] ??= []).push([step, value])
  }
  return { scalars, wallTimes }
}

function readEvent(bytes: Uint8Array): { time: number; step: number; values: [string, number][] } {
  const event = { time: 0, step: 0, values: [] as [string, number][] }
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field === 1) event.time = reader.double()
    else if (field === 2) event.step = Number(reader.int64())
    else if (field === 5) event.values = readSummary(reader.bytes())
    else reader.skip(type)
  }
  return event
}

function readSummary(bytes: Uint8Array): [string, number][] {
  const values: [string, number][] = []
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    reader.tag()
    const value = new BinaryReader(reader.bytes())
    value.tag()
    const name = value.string()
    value.tag()
    values.push([name, value.float()])
  }
  return values
}
