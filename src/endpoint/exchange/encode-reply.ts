/**
 * Encodes a reply as a message of the next request. It is sent back unchanged with all fields of the server, since servers require
 * thought signatures and the thinking that belongs to calls. If a server refuses that, the reply is rewritten. Pure.
 */
import { sha256 } from '../../shared/canonical.ts'
import { parseJson } from '../../shared/json.ts'
import type { EncodedMessage } from './encode-message.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { firstThinking } from '../../protocol/thinking-marks.ts'
import type { ToolCall } from './messages.ts'
import { contentText, thinkingOf, withoutThinking } from './thinking.ts'

/** How a server accepts its replies, learnt from refusals. */
export interface ReplyForms {
  /** Fields that it refuses, of a message or its calls. */
  readonly without: readonly string[]
  /** Without server-specific fields, contents as text. */
  readonly bare: boolean
  /** The field in which it wants the thinking of every reply, even if it sent none, or in another field. */
  readonly thinkingIn?: string
  /** Ids of calls of nine letters and digits: templates of Mistral's models want them whatever ids their server gave. */
  readonly shortIds: boolean
  /** Replacement for an empty content; undefined: unchanged. */
  readonly emptyContent?: string | null
  /** Inserts an assistant message between call results and a user message. */
  readonly bridged: boolean
}

export const asItCame: ReplyForms = { without: [], bare: false, shortIds: false, bridged: false }

/** `text`: the effective turn, which may be shorter than the content, or be the thinking; calls with their ids. */
export function replyMessage(message: Fields, text: string, calls: readonly ToolCall[]): EncodedMessage {
  const came = contentText(message.content)
  // Thinking that counted as the turn is sent as content, since chat templates drop earlier thinking.
  const said = came.trim() === '' && calls.length === 0 && text !== '' && thinkingOf(message) !== ''
  const { role: _, content, tool_calls: raw, ...rest } = said ? withoutThinking(message) : message
  const named = namedCalls(raw)
  const extras = Object.fromEntries(Object.entries(rest).filter(([, value]) => carries(value)))
  const reply: Fields = {
    role: 'assistant',
    content: came === text && carries(content) ? content : text === '' && calls.length > 0 ? (content ?? null) : text,
    ...extras,
    ...(calls.length > 0 && { tool_calls: calls.map((call, at) => wireCall(call, named[at])) }),
  }
  return { role: 'assistant', pieces: [bytesOf(reply)], reply }
}

/** Encodes a reply in another form. */
export function rewritten(
  reply: Fields,
  { without, bare, thinkingIn, shortIds, emptyContent }: ReplyForms,
): Uint8Array {
  const { content, tool_calls: calls } = reply
  const text = contentText(content)
  const empty = text.trim() === ''
  const refilled = empty && emptyContent !== undefined ? emptyContent : bare && !empty ? text : content
  const kept = (fields: Fields): Fields =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !without.includes(name)))
  const called = (Array.isArray(calls) ? calls : []).map((call) => {
    const { id, ...rest } = bare ? bareCall(call) : kept(fieldsOf(call) ?? {})
    return { id: shortIds && typeof id === 'string' ? shortId(id) : id, ...rest }
  })
  const thought = thinkingIn !== undefined && {
    [thinkingIn]: reply[thinkingIn] ?? (thinkingOf(reply) || (firstThinking(text) ?? '')),
  }
  return bytesOf({
    ...(bare ? { role: 'assistant' } : kept(reply)),
    content: refilled,
    ...thought,
    ...(called.length > 0 && { tool_calls: called }),
  })
}

/** The result of a call under the id that the call is given. */
export function withShortId(result: Uint8Array): Uint8Array {
  const fields = fieldsOf(parseJson(Buffer.from(result).toString())) ?? {}
  return bytesOf({ ...fields, tool_call_id: shortId(String(fields.tool_call_id)) })
}

function shortId(id: string): string {
  return /^[a-zA-Z0-9]{9}$/.test(id) ? id : sha256(id).slice(0, 9)
}

/** Names of non-standard fields of a reply and its calls. */
export function extraFields({ tool_calls: calls, ...message }: Fields): string[] {
  const ofCalls = (Array.isArray(calls) ? calls : []).flatMap((call) => Object.keys(fieldsOf(call) ?? {}))
  const known = new Set(['role', 'content', 'id', 'type', 'function'])
  return [...Object.keys(message), ...ofCalls].filter((name) => !known.has(name))
}

/** False for null and empty lists, which some servers send but do not accept. */
function carries(value: unknown): boolean {
  return value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)
}

function namedCalls(calls: unknown): Fields[] {
  const all = Array.isArray(calls) ? calls.map(fieldsOf) : []
  return all.filter((call) => call !== undefined).filter((call) => typeof fieldsOf(call.function)?.name === 'string')
}

/** Arguments that are not a JSON object are sent as an empty one, since servers fail to parse them. */
function wireCall({ id, name, arguments: text }: ToolCall, raw: Fields = {}): Fields {
  const { type = 'function', ...rest } = raw
  const called = fieldsOf(raw.function) ?? { name }
  const values = typeof called.arguments === 'object' && carries(called.arguments) ? called.arguments : objectText(text)
  return { ...rest, id, type: type ?? 'function', function: { ...called, arguments: values } }
}

function bareCall(call: unknown): Fields {
  const { id, function: called } = fieldsOf(call) ?? {}
  const { name, arguments: values } = fieldsOf(called) ?? {}
  const text = typeof values === 'string' ? values : JSON.stringify(values)
  return { id, type: 'function', function: { name, arguments: text } }
}

/** The text if it is a JSON object, the inner object if it was encoded twice, otherwise an empty object. */
function objectText(text: string, inner = false): string {
  try {
    const value: unknown = parseJson(text)
    if (typeof value === 'string' && !inner) return objectText(value, true)
    return fieldsOf(value) !== undefined && !Array.isArray(value) ? text : '{}'
  } catch {
    return '{}'
  }
}

/** Half a character, which a model may write as an escape, is more than servers can encode. */
function bytesOf(reply: Fields): Uint8Array {
  const wellFormed = (_: string, value: unknown): unknown => (typeof value === 'string' ? value.toWellFormed() : value)
  return Buffer.from(JSON.stringify(reply, wellFormed))
}
