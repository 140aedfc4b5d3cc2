/** Finds errors that servers and gateways send with status 200, and the status each should have had. Pure. */
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { meaningOf, readRefusal } from '../refusal/refusal.ts'
import type { Meaning } from '../refusal/refusal.ts'

/** An error body with the status it should have had. */
export interface InnerError {
  readonly status: number
  /** In the form `{"error": {"message", "code", "type"}}`, for `readRefusal`. */
  readonly text: string
}

/** The error in a body; undefined if there is none, or only a `finish_reason`. */
export function innerError(body: Fields): InnerError | undefined {
  const outer = fieldsOf(Array.isArray(body) ? body[0] : body) ?? {}
  const choice = fieldsOf(Array.isArray(outer.choices) ? outer.choices[0] : undefined)
  const given = errorIn(outer) ?? (choice && errorIn(choice)) ?? (choice === undefined ? bareError(outer) : undefined)
  if (given === undefined) return undefined
  const { message, codes } = given
  const text = JSON.stringify({ error: { message, code: codes.join(' ') } })
  return { status: numberIn(codes) ?? statusMeant(text) ?? statusWorded(codes, message), text }
}

interface Said {
  readonly message: string
  /** Codes, types and states as text. */
  readonly codes: readonly string[]
}

/** `error` as an object or text, a list `errors`, or MiniMax's `base_resp`. */
function errorIn(holder: Fields): Said | undefined {
  const { error, errors, base_resp: base } = holder
  if (typeof error === 'string' && error !== '') return { message: error, codes: codesOf(holder) }
  const inner = fieldsOf(error) ?? fieldsOf(Array.isArray(errors) ? errors[0] : errors)
  // Some gateways send one with every reply: code 0 and no message.
  if (inner !== undefined && Object.values(inner).some(Boolean)) {
    return { message: messageIn(inner), codes: [...codesOf(inner), ...codesOf(fieldsOf(inner.metadata) ?? {})] }
  }
  const { status_code: code, status_msg: message } = fieldsOf(base) ?? {}
  if (typeof code !== 'number' || code === 0) return undefined
  const status = miniMaxStatus[code]
  return {
    message: typeof message === 'string' ? message : '',
    codes: [...(status === undefined ? [] : [String(status)]), String(code)],
  }
}

/** Without choices: `{message, code}`, `{detail}`, `{msg, success: false}`, Baidu's `{error_code, error_msg}`. */
function bareError(outer: Fields): Said | undefined {
  const message = [outer.message, outer.detail, outer.msg, outer.error_msg, outer.error_message].find(
    (one) => one !== undefined && one !== null,
  )
  return message === undefined ? undefined : { message: messageIn({ message }), codes: codesOf(outer) }
}

function messageIn(error: Fields): string {
  const { message, metadata } = error
  // The provider's message is more useful than the gateway's "Provider returned error".
  const raw = fieldsOf(metadata)?.raw
  const said = message ?? raw ?? error
  const text = typeof said === 'string' ? said : JSON.stringify(said)
  return typeof raw === 'string' && raw !== text ? `${text}: ${raw}` : text
}

const codeNames = [
  'code',
  'error_code',
  'errorCode',
  'status',
  'status_code',
  'statusCode',
  'http_code',
  'type',
  'error_type',
]

function codesOf(holder: Fields): string[] {
  return codeNames
    .map((name) => holder[name])
    .filter((one) => typeof one === 'string' || typeof one === 'number')
    .map(String)
}

const miniMaxStatus: Readonly<Record<number, number>> = {
  1002: 429,
  1004: 401,
  1008: 402,
  1026: 400,
  1027: 400,
  1039: 400,
  2013: 400,
}

const byWords: readonly (readonly [RegExp, number])[] = [
  [/insufficient.?(?:quota|balance|credit|funds)|billing|payment|arrears/i, 402],
  [
    /rate.?limit|too.?many.?requests|quota|throttl|(?:daily|hourly|qps|requests?) limit (?:is |was |has been )?(?:reached|exceeded)/i,
    429,
  ],
  [/overloaded|unavailable|busy|capacity/i, 503],
  [/unauthori[sz]ed|authenticat|invalid.?api.?key|permission/i, 401],
  [
    /(?:invalid|unsupported|unknown).?(?:request|argument|parameter)|(?:argument|parameter)s? (?:is|are) (?:invalid|not supported)/i,
    400,
  ],
  [/bad.?request|context.?length|content.?(?:filter|policy)/i, 400],
  [/model.?not.?found|no such model|not.?found/i, 404],
]

function numberIn(codes: readonly string[]): number | undefined {
  return codes.map(Number).find((code) => Number.isInteger(code) && code >= 400 && code < 600)
}

const statusOfKind: Partial<Readonly<Record<Meaning['kind'], number>>> = { key: 401, quota: 402, 'model-unknown': 404 }

/** The status of a refusal that would be permanent with status 400: with 502 it would be retried, and some rules would not apply. */
function statusMeant(text: string): number | undefined {
  const { kind } = meaningOf(readRefusal({ status: 400, text }))
  return kind === 'unknown' || kind === 'busy' ? undefined : (statusOfKind[kind] ?? 400)
}

/** From the code names or the message; otherwise 502, which is retried. */
function statusWorded(codes: readonly string[], message: string): number {
  for (const text of [codes.join(' '), message.slice(0, 2_000)]) {
    const found = byWords.find(([words]) => words.test(text))
    if (found !== undefined) return found[1]
  }
  return 502
}
