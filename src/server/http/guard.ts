/**
 * Who may ask. Pages of other sites are kept out by Host and Origin, also where a foreign name was pointed at this machine;
 * other machines are let in only by the token, which programs send as their key and browsers as a cookie.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { sha256 } from '../../shared/canonical.ts'
import { UserError } from '../../shared/errors.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { HttpError } from './http-error.ts'

/** The environment variable with the token. */
export const tokenVariable = 'MINI_O3_TOKEN'

const cookieName = 'mini_o3'

export interface Door {
  /** The address that is listened on. */
  readonly host: string
  /** Asked for when there is one. */
  readonly token?: string | undefined
}

/** Tokens can be tried at leisure over a network. */
const leastToken = { characters: 16, different: 6 }

/** Throws `UserError` for a server that other machines could reach without a token, and for a token that could be guessed. */
export function checkDoor({ host, token }: Door): void {
  if (token !== undefined) {
    const { characters, different } = leastToken
    if (token.length >= characters && new Set(token).size >= different) return
    throw new UserError(
      'token-weak',
      `${tokenVariable} can be guessed. Set it to at least ${characters} random characters, such as those of: openssl rand -hex 16`,
    )
  }
  if (isLoopback(host)) return
  throw new UserError(
    'token-missing',
    `Other machines can reach ${host}. Set ${tokenVariable} to a secret, which programs then send as their API key and ` +
      'browsers bring once, as /?token=<secret>; or leave --host out.',
  )
}

/** Throws `HttpError` for requests that a page of another site may have caused. */
export function checkSite(headers: IncomingHttpHeaders, { host }: Door): void {
  const asked = urlOf(`http://${headers.host}`)
  if (asked === undefined || (isLoopback(host) && !isLoopback(asked.hostname))) {
    throw new HttpError(403, 'foreign_host', 'This server answers under its own address only. Check the base URL.')
  }
  if (headers.origin !== undefined && urlOf(headers.origin)?.host !== asked.host) {
    throw foreignSite()
  }
  // Browsers send this also where they send no Origin, as for pictures and scripts.
  if (headers['sec-fetch-site'] === 'cross-site') throw foreignSite()
}

/**
 * Throws `HttpError` unless the request carries the token that is asked for. A browser brings it once, as `/?token=...`: the
 * answer, returned here, leaves a cookie that no script can read and sends it on to the page, so that no address keeps the token.
 */
export function checkToken(url: string, headers: IncomingHttpHeaders, { token }: Door): Response | undefined {
  if (token === undefined) return undefined
  const brought = url.startsWith('/?') ? new URLSearchParams(url.slice(2)).get('token') : null
  const pass = sha256(`cookie ${token}`)
  if (brought !== null && sameSecret(brought, token)) {
    const cookie = `${cookieName}=${pass}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${30 * 24 * 3600}`
    const more = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
    return new Response(null, { status: 303, headers: { location: '/', 'set-cookie': cookie, ...more } })
  }
  if (sameSecret(headers.authorization ?? '', `Bearer ${token}`)) return undefined
  if (cookiesOf(headers).some((cookie) => sameSecret(cookie, pass))) return undefined
  const how = `Send the server's ${tokenVariable} as API key. In a browser, open /?token=<${tokenVariable}> of this address once.`
  throw new HttpError(401, 'invalid_api_key', how)
}

function foreignSite(): HttpError {
  return new HttpError(
    403,
    'foreign_origin',
    'This server does not answer pages of other sites, nor their links. Type its address into the browser.',
  )
}

function cookiesOf({ cookie = '' }: IncomingHttpHeaders): string[] {
  const start = `${cookieName}=`
  return cookie.split(/; */).flatMap((one) => (one.startsWith(start) ? [one.slice(start.length)] : []))
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Takes the same time wherever the two differ. */
function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)))
}
