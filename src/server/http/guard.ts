/**
 * Access control. Pages of other sites are refused by Host and Origin, which also stops DNS rebinding; other machines need the token,
 * which programs send as API key and browsers as a cookie.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { sha256 } from '../../shared/canonical.ts'
import { UserError } from '../../shared/errors.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { HttpError } from './http-error.ts'
import type { Handler } from './router.ts'

/** Environment variable of the token. */
export const tokenVariable = 'MINI_O3_TOKEN'

const cookieName = 'mini_o3'

export interface Door {
  /** The address the server listens on. */
  readonly host: string
  /** Required from every client if set. */
  readonly token?: string | undefined
}

/** Minimum strength, since tokens can be guessed over the network. */
const leastToken = { characters: 16, different: 6 }

/** Throws `UserError` if other machines could connect without a token, or if the token is guessable. */
export function checkDoor({ host, token }: Door): void {
  if (token !== undefined) {
    const { characters, different } = leastToken
    if (token.length >= characters && new Set(token).size >= different) return
    throw new UserError(
      'token-weak',
      `${tokenVariable} is too easy to guess. Set it to at least ${characters} random characters, for example from: openssl rand -hex 16`,
    )
  }
  if (isLoopback(host)) return
  throw new UserError(
    'token-missing',
    `Other machines can reach ${host}. Set ${tokenVariable} to a secret, which programs then send as their API key and ` +
      'browsers send once, as /?token=<secret>; or leave out --host.',
  )
}

/** Throws `HttpError` for requests that may come from a page of another site. */
export function checkSite(headers: IncomingHttpHeaders, { host }: Door): void {
  const asked = urlOf(`http://${headers.host}`)
  if (asked === undefined || (isLoopback(host) && !isLoopback(asked.hostname))) {
    throw new HttpError(403, 'foreign_host', 'This server only answers at its own address. Check the base URL.')
  }
  if (headers.origin !== undefined && urlOf(headers.origin)?.host !== asked.host) {
    throw foreignSite()
  }
  // Browsers send this header even without Origin, as for images and scripts.
  if (headers['sec-fetch-site'] === 'cross-site') throw foreignSite()
}

/**
 * Throws `HttpError` unless the request carries the token. A browser sends it once, as `/?token=...`: the response returned here sets an
 * HttpOnly cookie and redirects to the page, so that the token does not stay in the address.
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
  const how = `Send the server's ${tokenVariable} as the API key. In a browser, open /?token=<${tokenVariable}> at this address once.`
  throw new HttpError(401, 'invalid_api_key', how)
}

/**
 * A route for this server's own page, and for programs that send JSON. Browsers treat pages of other ports as the same site; requiring a JSON
 * content type stops their forms.
 */
export function fromOwnPage(route: Handler): Handler {
  return (body, asking) => {
    const { 'sec-fetch-site': site = 'same-origin', 'content-type': type = '' } = asking.headers
    if (site !== 'same-origin' || !/^application\/json\b/.test(type))
      throw new HttpError(
        403,
        'foreign_origin',
        'This is only for the page of this server, or for programs that send JSON.',
      )
    return route(body, asking)
  }
}

function foreignSite(): HttpError {
  return new HttpError(
    403,
    'foreign_origin',
    'This server does not answer requests or links from other sites. Type its address into the browser.',
  )
}

function cookiesOf({ cookie = '' }: IncomingHttpHeaders): string[] {
  const start = `${cookieName}=`
  return cookie.split(/; */).flatMap((one) => (one.startsWith(start) ? [one.slice(start.length)] : []))
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Constant-time comparison. */
function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)))
}
