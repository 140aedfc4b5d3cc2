/** The lines of a log as samples: a line that cannot be read does not affect the others. */
import { z } from 'zod'
import { fieldsOf } from '../shared/fields.ts'
import type { Fields } from '../shared/fields.ts'
import { messageOf } from '../shared/errors.ts'
import { parseLine, wholeLines } from '../shared/jsonl.ts'
import type { ForeignSample, UnreadSample } from './foreign.ts'

/** `read`: the samples of a line; `number`: of the line, from 0. */
export async function* linesOf(
  file: string,
  read: (line: Fields, number: number) => readonly ForeignSample[],
): AsyncGenerator<ForeignSample | UnreadSample, void> {
  let number = 0
  for await (const { bytes } of wholeLines(file, 0, 'read')) {
    const place = `line ${number + 1}`
    const line = parseLine(bytes, z.unknown())
    if (line !== undefined && 'why' in line) yield { place, why: line.why }
    else if (line !== undefined) yield* samplesOf(place, line.value, (fields) => read(fields, number))
    number++
  }
}

function samplesOf(place: string, value: unknown, read: (line: Fields) => readonly ForeignSample[]) {
  const fields = fieldsOf(value)
  if (fields === undefined || Array.isArray(value)) return [{ place, why: 'it is not an object' }]
  try {
    return read(fields)
  } catch (error) {
    return [{ place, why: messageOf(error) }]
  }
}
