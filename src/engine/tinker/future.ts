/** Interprets the response to a poll for a result, for every known server (tinker-protocol 1.8). Pure. */
import type { Raw } from './codec.ts'
import { contentTypes } from './codec.ts'
import type { TinkerExchange } from './http.ts'
import { jsonOrUndefined } from '../../shared/json.ts'
import { fieldsOf } from '../../shared/fields.ts'

export type FutureOutcome =
  | { readonly kind: 'done'; readonly raw: Raw }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The result is gone: the request has to be made again. */
  | { readonly kind: 'expired' }
  /** The server knows of no such request. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** Nothing was said about the request: ask again. */
  | { readonly kind: 'trouble'; readonly reason: string }

/** By the body first: some servers answer everything with 200. */
export function futureOutcome({ status, headers, bytes }: TinkerExchange): FutureOutcome {
  if (status === 200 && headers.get('content-type')?.startsWith(contentTypes.protobuf)) {
    return { kind: 'done', raw: { protobuf: bytes } }
  }
  const json = parsedResult(bytes)
  const said = fieldsOf(json) ?? {}
  if (said.type === 'try_again' || status === 408) return { kind: 'pending' }
  if (status === 200) {
    if (json === undefined) return { kind: 'trouble', reason: 'a reply that is not JSON' }
    if (said.error !== undefined && said.category !== undefined) return { kind: 'failed', reason: failureReason(json) }
    return { kind: 'done', raw: { json } }
  }
  if (status === 410) return { kind: 'expired' }
  if (status === 404) return { kind: 'unknown', reason: failureReason(json) }
  if (status === 429 || status >= 500) return { kind: 'trouble', reason: `${status} ${failureReason(json)}`.trim() }
  return { kind: 'failed', reason: `${status} ${failureReason(json)}`.trim() }
}

export function parsedResult(bytes: Uint8Array): unknown {
  return jsonOrUndefined(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
}

const longestReason = 500

/** `detail` (a sentence, or a list of what is wrong where) or `error`, cut to a length that can be shown. */
export function failureReason(json: unknown): string {
  const { detail, error } = fieldsOf(json) ?? {}
  const said = detail ?? error ?? ''
  const text = Array.isArray(said)
    ? said
        .map((item: { loc?: unknown[]; msg?: unknown }) => `${item.loc?.join('.') ?? ''}: ${String(item.msg)}`)
        .join('; ')
    : typeof said === 'string'
      ? said
      : JSON.stringify(said)
  return text.slice(0, longestReason)
}
