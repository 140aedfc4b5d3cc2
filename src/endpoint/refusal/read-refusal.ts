/** Parses the body of a refusal in any of the usual formats into message and codes. Pure. */
import { pythonJsonOrUndefined } from '../../shared/json.ts'
import { defined } from '../../shared/known.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { maxRead, quoted } from '../quoted.ts'

export interface Refusal {
  readonly status: number
  /** The server's message on one line, without control characters, markup and our key, at most `maxMessage` characters. */
  readonly message: string
  /** The server's error codes separated by spaces, and the parameter concerned. */
  readonly code: string
  readonly param: string
  /** Milliseconds to wait before the next request, if the body says so. */
  readonly waitMs?: number
}

/** Longer than any message, unless the server echoes the request. */
const maxMessage = 4_000
/** Nesting depth of errors of one server within those of another. */
const maxDepth = 4

/** Supports the error formats of OpenAI, vLLM, FastAPI, Gemini, gateways that wrap other servers' errors, and plain text. */
export function readRefusal(
  { status, text }: { readonly status: number; readonly text: string },
  key?: string,
): Refusal {
  const found: Found = { messages: [], codes: [], params: [] }
  const body = pythonJsonOrUndefined(text)
  if (body !== undefined) collect(body, found, 0)
  const said = found.messages.length > 0 ? [...new Set(found.messages)].join(' | ') : text
  const shown = (words: string, markup = false): string => quoted(words, { key, markup, most: maxMessage })
  const waitMs = found.waitMs ?? waitSaid(said.slice(0, maxMessage))
  return {
    status,
    message: shown(said, body === undefined),
    code: shown(found.codes.join(' ')),
    param: shown(found.params[0] ?? ''),
    ...(waitMs !== undefined && { waitMs }),
  }
}

interface Found {
  readonly messages: string[]
  readonly codes: string[]
  readonly params: string[]
  waitMs?: number
}

const messageNames = [
  'message',
  'Message',
  'msg',
  'error_msg',
  'error_message',
  'status_msg',
  'detail',
  'title',
  'reason',
]
const codeNames = ['code', 'type', 'status', 'error_type', 'error_code', 'status_code', '__type']
const innerNames = ['error', 'detail', 'errors', 'innererror', 'base_resp', 'fault', 'metadata']

function collect(value: unknown, found: Found, depth: number): void {
  if (depth > maxDepth) return
  if (typeof value === 'string') {
    collectText(value, found, depth)
    return
  }
  // Gemini wraps its error in a list; FastAPI lists one error per field.
  if (Array.isArray(value)) {
    for (const one of value.slice(0, 8)) collect(one, found, depth + 1)
    return
  }
  const fields = fieldsOf(value)
  if (fields === undefined) return
  for (const name of codeNames) {
    const code = fields[name]
    if (typeof code === 'string' && code !== 'error') found.codes.push(code.slice(0, 200))
  }
  if (typeof fields.param === 'string') found.params.push(fields.param.slice(0, 200))
  const place = Array.isArray(fields.loc) ? `${fields.loc.slice(0, 8).map(String).join('.')}: ` : ''
  for (const name of messageNames) {
    const message = fields[name]
    if (typeof message === 'string') collectText(place + message, found, depth)
    else if (fieldsOf(message) !== undefined && !innerNames.includes(name)) found.messages.push(written(message))
  }
  for (const name of innerNames)
    if (typeof fields[name] !== 'string' || name === 'error') collect(fields[name], found, depth + 1)
  // OpenRouter puts the upstream error here.
  if (typeof fields.raw === 'string') collectText(fields.raw, found, depth)
  if (Array.isArray(fields.details)) for (const one of fields.details.slice(0, 8)) collectWait(fieldsOf(one), found)
}

/** A message may itself be the body of another server. */
function collectText(text: string, found: Found, depth: number): void {
  const inner = text.trimStart().startsWith('{') ? pythonJsonOrUndefined(text) : undefined
  const before = found.messages.length
  if (inner !== undefined) collect(inner, found, depth + 1)
  if (found.messages.length === before && text.trim() !== '') found.messages.push(text.slice(0, maxRead))
}

/** Gemini's `RetryInfo`: `"retryDelay": "34s"`. */
function collectWait(detail: Fields | undefined, found: Found): void {
  const said = typeof detail?.retryDelay === 'string' ? /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(detail.retryDelay) : null
  if (said !== null) found.waitMs = Number(said[1]) * 1000
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** "Please try again in 7m12.5s", "retry after 26 seconds". */
function waitSaid(text: string): number | undefined {
  const said =
    /(?:retry|try again)[^.\d]{0,20} (?:in|after) ((?:\d{1,6}(?:\.\d{1,9})? ?(?:ms|[hms])[a-z]{0,6} ?){1,3})/i.exec(
      text,
    )?.[1]
  if (said === undefined) return undefined
  let ms = 0
  for (const [, count, unit = ''] of said.matchAll(/(?<!\d)(\d+(?:\.\d+)?) ?(ms|[hms])/gi))
    ms += Number(count) * defined(unitMs[unit.toLowerCase()], unit)
  return ms
}

function written(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    // Too deeply nested to be a message.
    return ''
  }
}
