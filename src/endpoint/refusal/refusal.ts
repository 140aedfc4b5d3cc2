/** What a server says when it refuses a request, whichever of the usual shapes it says it in. Pure. */
import type { Exchange } from '../exchange/send.ts'
import { parseJson } from '../../shared/json.ts'

export interface Refusal {
  readonly status: number
  /** The server's message on one line, without control characters, cut short. */
  readonly message: string
  /** The server's own name for it, and the parameter that it is about. */
  readonly code: string
  readonly param: string
}

const maxMessage = 400

/** Understands `{error: {message, code, param}}`, vLLM's flat `{message, ...}`, `{error: text}`, `{detail}` and plain text. */
export function readRefusal({ status, text }: Pick<Exchange, 'status' | 'text'>): Refusal {
  let body: unknown
  try {
    body = parseJson(text)
  } catch {
    // A gateway's page or plain words.
    return { status, message: oneLine(text.replaceAll(/<[^>]*>/g, ' ')), code: '', param: '' }
  }
  // Gemini wraps its error in a list.
  const outer = fieldsOf(Array.isArray(body) ? body[0] : body)
  const error = outer.error
  const inner = typeof error === 'object' && error !== null ? fieldsOf(error) : outer
  const message = [inner.message, error, outer.detail].find((one) => one !== undefined && one !== null) ?? text
  return {
    status,
    message: oneLine(typeof message === 'string' ? message : JSON.stringify(message)),
    code: [inner.code, inner.type].filter((one) => typeof one === 'string').join(' '),
    param: typeof inner.param === 'string' ? inner.param : '',
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function oneLine(text: string): string {
  const plain = text
    .slice(0, 10 * maxMessage)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return plain.length > maxMessage ? `${plain.slice(0, maxMessage)}…` : plain
}

const contextWords = new RegExp(
  [
    'context[ _](length|window|size)',
    'exceed_context_size',
    'context_length_exceeded',
    'prompt is too long',
    'input is too long',
    'longer than the maximum model length',
    'exceeds the maximum number of tokens',
  ].join('|'),
  'i',
)

/** The conversation has more tokens than the server can hold. */
export function isTooLong({ status, message, code }: Refusal): boolean {
  return (
    (status === 400 || status === 413 || status === 422 || status === 500) && contextWords.test(`${code} ${message}`)
  )
}

/** Tokens that a reply could still have, where a refusal for length says both the context and the prompt. */
export function roomLeft({ message }: Refusal): number | undefined {
  const limit = /context length (?:is|of) (?:only )?(\d+)/i.exec(message)?.[1]
  const prompt = /(\d+) (?:in the messages|input tokens|tokens from the input)/i.exec(message)?.[1]
  return limit === undefined || prompt === undefined ? undefined : Number(limit) - Number(prompt)
}

/** The cap, where a prompt holds too many pictures. */
export function imageCap({ message }: Refusal): number | undefined {
  const said = /at most (\d+) image/i.exec(message) ?? /(?:maximum|limit)[^.]*?(?:of|is) (\d+) images?/i.exec(message)
  return said === null ? undefined : Number(said[1])
}

const unsupported = /unsupported|not support|unknown|unrecogni[sz]ed|not permitted|extra inputs|cannot find field/i

/** Which of the fields that were sent the server does not know or take. */
export function refusedField({ status, message, param }: Refusal, sent: readonly string[]): string | undefined {
  if ((status !== 400 && status !== 422) || !unsupported.test(message)) return undefined
  if (sent.includes(param)) return param
  return sent.find((name) => new RegExp(`\\b${name}\\b`).test(message))
}

export function isImageMiss({ message }: Refusal): boolean {
  return /cache miss|expected a cached item/i.test(message)
}

export function isModelUnknown({ status, message, code }: Refusal): boolean {
  if (code.includes('model_not_found')) return true
  return (status === 404 || status === 400) && /model\b.*(not exist|not found|unknown)/i.test(message)
}
