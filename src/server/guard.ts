/**
 * Who may ask. Pages of other sites are kept out by Host and Origin, also where a foreign name was pointed at this machine;
 * other machines are let in only by the token.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { UserError } from '../shared/errors.ts'
import { HttpError } from './http-error.ts'

/** The environment variable with the token, which clients send as their API key. */
export const tokenVariable = 'MINI_O3_TOKEN'

export interface Door {
  /** The address that is listened on. */
  readonly host: string
  /** Asked for when there is one. */
  readonly token?: string
}

/** Throws `UserError` for a server that other machines could reach without a token. */
export function checkDoor({ host, token }: Door): void {
  if (isLoopback(host) || token !== undefined) return
  throw new UserError(
    'token-missing',
    `Other machines can reach ${host}. Set ${tokenVariable} to a secret, which clients then send as their API key, ` +
      'or leave --host out.',
  )
}

/** Throws `HttpError` unless a request with these headers may come in. */
export function checkHeaders(headers: IncomingHttpHeaders, { host, token }: Door): void {
  const asked = urlOf(`http://${headers.host}`)
  if (asked === undefined || (isLoopback(host) && !isLoopback(asked.hostname))) {
    throw new HttpError(403, 'foreign_host', 'This server answers under its own address only. Check the base URL.')
  }
  if (headers.origin !== undefined && urlOf(headers.origin)?.host !== asked.host) {
    throw new HttpError(403, 'foreign_origin', 'This server does not answer pages of other sites.')
  }
  if (token !== undefined && !sameSecret(headers.authorization ?? '', `Bearer ${token}`)) {
    throw new HttpError(401, 'invalid_api_key', `Send the server's ${tokenVariable} as API key.`)
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Takes the same time wherever the two differ. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
