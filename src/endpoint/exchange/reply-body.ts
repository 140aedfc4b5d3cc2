/** The body of a reply as one completion, whether it came as JSON or, unasked, as a stream of events. Pure. */
import { TransportError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { fieldsOf } from './fields.ts'
import type { Fields } from './fields.ts'

/** Throws `TransportError` for a body that is neither. */
export function readBody(text: string): Fields {
  const body = jsonFields(text.replace(/^\ufeff/, '')) ?? (isStream(text) ? streamed(text) : undefined)
  if (body !== undefined) return body
  throw new TransportError('reply-unreadable', 'The body is not a completion.')
}

function jsonFields(text: string): Fields | undefined {
  try {
    return fieldsOf(parseJson(text))
  } catch {
    return undefined
  }
}

/** A stream begins with a field or a comment. */
function isStream(text: string): boolean {
  return /^\ufeff?\s{0,100}(?:data|event|id|retry)?:/.test(text)
}

/** The chunks of a stream put together; an error among them is the whole result, as a stream without an end is none. */
function streamed(text: string): Fields | undefined {
  const data = text.split(/\r\n|\r|\n/).filter((line) => line.startsWith('data:'))
  const chunks = data.map((line) => jsonFields(line.slice('data:'.length))).filter((chunk) => chunk !== undefined)
  const error = chunks.find((chunk) => fieldsOf(chunk.error) ?? (typeof chunk.error === 'string' && chunk.error !== ''))
  if (error !== undefined) return error
  const firsts = chunks.map((chunk) => fieldsOf(listOf(chunk.choices)[0]))
  const choices = firsts.filter((choice) => choice !== undefined)
  const ended = data.some((line) => line.trim() === 'data: [DONE]' || line.trim() === 'data:[DONE]')
  const finished = choices.findLast(({ finish_reason: reason }) => typeof reason === 'string')
  if (choices.length === 0 || (!ended && finished === undefined)) return undefined
  const deltas = choices.map(({ delta, message }) => fieldsOf(delta) ?? fieldsOf(message) ?? {})
  const usage = chunks.findLast((chunk) => fieldsOf(chunk.usage))?.usage
  return { ...chunks[0], usage, choices: [{ ...choices.at(-1), ...finished, message: joinedDeltas(deltas) }] }
}

/** Text is put together, calls by their index; of anything else the last value counts. */
function joinedDeltas(deltas: readonly Fields[]): Fields {
  const message: Record<string, unknown> = {}
  const calls = new Map<unknown, Record<string, unknown>>()
  for (const delta of deltas) {
    for (const [name, value] of Object.entries(delta)) {
      const before = message[name]
      if (name === 'tool_calls') for (const call of listOf(value)) addCall(calls, fieldsOf(call) ?? {})
      else if (typeof value === 'string' && typeof before === 'string' && name !== 'role')
        message[name] = before + value
      else if (Array.isArray(value) && Array.isArray(before)) message[name] = [...before, ...value]
      else if (value !== null || before === undefined) message[name] = value
    }
  }
  return calls.size === 0 ? message : { ...message, tool_calls: [...calls.values()] }
}

function addCall(calls: Map<unknown, Record<string, unknown>>, { index, ...call }: Fields): void {
  const key = index ?? call.id ?? calls.size
  const before = calls.get(key)
  if (before === undefined) return void calls.set(key, { ...call })
  const [old, added] = [fieldsOf(before.function) ?? {}, fieldsOf(call.function) ?? {}]
  const args = [old.arguments, added.arguments].filter((part) => typeof part === 'string').join('')
  const name = old.name ?? added.name
  calls.set(key, { ...call, ...before, function: { ...added, ...old, name, arguments: args } })
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
