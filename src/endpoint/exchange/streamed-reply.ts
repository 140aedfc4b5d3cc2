/** Assembles the chunks of a stream into the completion that the server would have sent without streaming. Pure. */
import { fieldsOf, isRecord } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'

export interface StreamedReply {
  add(event: Fields | 'done'): void
  /** The completion, or an error found among the chunks; undefined if the stream was cut off or had no reply. */
  body(): Fields | undefined
}

export function streamedReply(): StreamedReply {
  const message: Message = {}
  const calls: Message[] = []
  let first: Fields | undefined
  let error: Fields | undefined
  let usage: unknown
  let choice: Fields | undefined
  let finished: Fields | undefined
  let ended = false
  return {
    add(event) {
      if (event === 'done') {
        ended = true
        return
      }
      if (isError(event)) error ??= event
      first ??= event
      const piece = ownChoice(event)
      // Moonshot counts within the choice.
      usage = fieldsOf(event.usage) ?? fieldsOf(piece?.usage) ?? usage
      if (piece === undefined) return
      choice = piece
      if (piece.finish_reason) finished = piece
      addDelta(message, calls, deltaOf(piece))
    },
    body() {
      if (error !== undefined) return error
      if (choice === undefined || (!ended && finished === undefined)) return undefined
      return { ...first, usage, choices: [{ ...choice, ...finished, message: wholeMessage(message, calls) }] }
    },
  }
}

/** The piece of the first choice, which is the only one that is asked for. */
export function ownChoice(event: Fields): Fields | undefined {
  return listOf(event.choices)
    .map(fieldsOf)
    .find((piece) => piece !== undefined && (piece.index ?? 0) === 0)
}

/** What a chunk adds to the message; servers that only simulate streaming send the whole message. */
export function deltaOf(piece: Fields): Fields {
  const text: Fields = typeof piece.text === 'string' ? { content: piece.text } : {}
  return fieldsOf(piece.delta) ?? fieldsOf(piece.message) ?? text
}

/** An error under its usual name, or in place of a chunk, as older vLLM sends it. */
export function isError({ error, object }: Fields): boolean {
  if (object === 'error') return true
  return typeof error === 'string' ? error !== '' : Object.keys(fieldsOf(error) ?? {}).length > 0
}

type Message = Record<string, unknown>

/** Drops the calls' positions: those of a whole message have no index. */
function wholeMessage(message: Message, calls: readonly Message[]): Fields {
  if (calls.length === 0) return message
  return { ...message, tool_calls: calls.map((call) => ({ ...call, index: undefined })) }
}

function addDelta(message: Message, calls: Message[], delta: Fields): void {
  for (const [name, value] of Object.entries(delta)) {
    if (name === 'tool_calls') addCalls(calls, listOf(value))
    else if (name === 'function_call') message[name] = joinedFunction(fieldsOf(message[name]), fieldsOf(value))
    else message[name] = name === 'role' ? (value ?? message[name]) : joined(message[name], value)
  }
}

/** Concatenates text and lists; for other types, the last non-empty value counts. */
function joined(before: unknown, value: unknown): unknown {
  if (value === null || value === undefined) return before ?? null
  if (typeof before === 'string' && typeof value === 'string') return before + value
  if (Array.isArray(before)) return withParts(before, Array.isArray(value) ? value : [{ type: 'text', text: value }])
  // Thinking may come as parts and the content after it as text.
  if (Array.isArray(value) && typeof before === 'string' && before !== '')
    return withParts([{ type: 'text', text: before }], value)
  return Array.isArray(value) ? withParts([], value) : value
}

/** Merges a part that continues the previous one. Modifies `parts`. */
function withParts(parts: unknown[], added: readonly unknown[]): unknown[] {
  for (const value of added) {
    const [last, part] = [fieldsOf(parts.at(-1)), fieldsOf(value)]
    if (last !== undefined && part !== undefined && goesOn(last, part)) parts[parts.length - 1] = joinedPart(last, part)
    else if (value !== '') parts.push(value)
  }
  return parts
}

/** Encrypted thinking comes whole, so without an index a second one is another part. */
function goesOn(last: Fields, part: Fields): boolean {
  const same = (name: string): boolean => (part[name] ?? null) === null || part[name] === last[name]
  const isOther = part.image_url !== undefined || (part.data !== undefined && typeof part.index !== 'number')
  return part.type === last.type && same('index') && same('id') && !isOther
}

const told = new Set(['type', 'id', 'index', 'format'])

function joinedPart(last: Fields, part: Fields): Fields {
  const entries = Object.entries(part).map(([name, value]) => [
    name,
    told.has(name) ? (value ?? last[name]) : joined(last[name], value),
  ])
  return { ...last, ...Object.fromEntries(entries) }
}

/** Matches calls by index or id; a chunk with neither and without a name continues the last call. */
function addCalls(calls: Message[], pieces: readonly unknown[]): void {
  for (const value of pieces) {
    const piece = fieldsOf(value) ?? {}
    const at = calls.findLastIndex((call) => isOf(call, piece))
    const known = calls[at]
    if (known === undefined) calls.push({ ...piece })
    else {
      const called = joinedFunction(fieldsOf(known.function), fieldsOf(piece.function))
      calls[at] = { ...filled(known, piece), id: known.id || piece.id, function: called }
    }
  }
}

/** Some servers use index 0 for all calls and distinguish them by id; some do neither and send each call whole. */
function isOf(call: Message, { index, id, function: called }: Fields): boolean {
  const named = Boolean(fieldsOf(called)?.name)
  if (id && call.id && id !== call.id && named) return false
  if (index !== undefined && index !== null) return index === call.index
  return id ? id === call.id : !named
}

function joinedFunction(before: Fields = {}, added: Fields = {}): Fields {
  const { name, arguments: values } = added
  const text = typeof before.arguments === 'string' && typeof values === 'string'
  return {
    ...filled(before, added),
    name: before.name || name,
    arguments: text ? before.arguments + values : (values ?? before.arguments),
  }
}

/** The fields known so far, which come first, unless they are empty. */
function filled(known: Fields, added: Fields): Fields {
  const isEmpty = (value: unknown): boolean =>
    value === null || value === undefined || (isRecord(value) && Object.keys(value).length === 0)
  return { ...known, ...Object.fromEntries(Object.entries(added).filter(([name]) => isEmpty(known[name]))) }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
