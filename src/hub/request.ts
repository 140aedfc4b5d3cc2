/**
 * One GET from the hub, followed to wherever it keeps the file. The token goes to the hub's own origin and nowhere else, and a
 * public hub can neither send a request to an inner address nor away from HTTPS. Not the client of `endpoint/`, which follows no
 * redirect and holds a reply in memory: here bodies are files of gigabytes, read as they come.
 */
import * as http from 'node:http'
import * as https from 'node:https'
import { retryAfterMs, withRetries, worthAnotherTry } from '../endpoint/exchange/retry.ts'
import type { Tried } from '../endpoint/exchange/retry.ts'
import { onAbort } from '../shared/deadline.ts'
import { AbortedError, MiniO3Error, messageOf, throwIfAborted, TransportError, UserError } from '../shared/errors.ts'
import { checkPublic, isInnerAddress, lookupPublic } from './addresses.ts'
import { hubToken } from './settings.ts'
import type { HubSettings } from './settings.ts'

export interface HubReply {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** What the hub itself said, before it redirected to a store of files. */
  readonly hubHeaders: http.IncomingHttpHeaders
  /** The status is the hub's own, not that of a store of files. */
  readonly fromHub: boolean
  readonly body: http.IncomingMessage
  /** Lets the connection go. */
  close(): void
}

export interface HubRequest {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

const mostRedirects = 5

/** The reply to one request, whatever its status. Throws `TransportError`, `AbortedError`, and `UserError` for a redirect that is refused. */
export async function request(url: URL, hub: HubSettings, options: HubRequest): Promise<HubReply> {
  const token = await hubToken()
  let hubHeaders: http.IncomingHttpHeaders = {}
  let publicOnly = false
  let at = url
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const fromHub = at.origin === hub.endpoint.origin
    const authorization = fromHub && token !== undefined ? { authorization: `Bearer ${token}` } : undefined
    const reply = await exchange(at, { ...options, headers: { ...options.headers, ...authorization } }, hub, publicOnly)
    if (fromHub) {
      hubHeaders = { ...hubHeaders, ...reply.headers }
      publicOnly = !isInnerAddress(reply.body.socket.remoteAddress ?? '')
    }
    const { location } = reply.headers
    if (reply.status < 300 || reply.status > 399 || location === undefined) return { ...reply, hubHeaders, fromHub }
    reply.close()
    at = redirected(at, location)
    if (publicOnly) checkPublic(at)
  }
  throw new MiniO3Error('hub-redirects', `The hub redirected more than ${mostRedirects} times. Check HF_ENDPOINT.`)
}

/** The reply, after as many tries as the hub's state asks for: busy, broken and out of reach are waited for. */
export async function requestPatiently(
  url: URL,
  hub: HubSettings,
  options: HubRequest & { readonly onRetry?: (() => void) | undefined },
): Promise<HubReply> {
  const attempt = async (): Promise<Tried<HubReply>> => {
    try {
      const reply = await request(url, hub, options)
      if (!worthAnotherTry(reply.status)) return { result: reply }
      reply.close()
      return {
        error: new TransportError('hub-busy', `The hub answered ${reply.status}.`),
        waitMs: retryAfterMs(reply.headers),
      }
    } catch (error) {
      if (error instanceof TransportError) return { error }
      throw error
    }
  }
  return withRetries(attempt, { ...patience, signal: options.signal, onRetry: options.onRetry ?? (() => {}) })
}

export const patience = { maxTries: 5, backoffMs: 500, maxWaitMs: 120_000 } as const

function redirected(from: URL, location: string): URL {
  let to: URL | undefined
  try {
    to = new URL(location, from)
  } catch {
    // Told below.
  }
  if (to === undefined || !/^https?:$/.test(to.protocol) || to.username !== '' || to.password !== '')
    throw new UserError(
      'hub-redirect-bad',
      'The hub redirects to something that is not a web address. Check HF_ENDPOINT.',
    )
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new UserError(
      'hub-redirect-plain',
      `The hub redirects from HTTPS to plain HTTP at ${to.host}. No request was sent there: check HF_ENDPOINT.`,
    )
  return to
}

function exchange(
  url: URL,
  { headers, signal }: HubRequest,
  { silenceMs }: HubSettings,
  publicOnly: boolean,
): Promise<Omit<HubReply, 'hubHeaders' | 'fromHub'>> {
  throwIfAborted(signal)
  const client = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const sent = client.get(url, {
      // Compressed pieces could not be put together.
      headers: { 'user-agent': 'mini-o3', 'accept-encoding': 'identity', ...headers },
      ...(publicOnly && { lookup: lookupPublic }),
    })
    // Once a body comes, it is the body's reader who has to learn of it.
    let breakable: http.ClientRequest | http.IncomingMessage = sent
    const release = onAbort(signal, () => breakable.destroy(new AbortedError(undefined, { cause: signal?.reason })))
    sent.setTimeout(silenceMs, () =>
      breakable.destroy(new TransportError('hub-silent', `The hub sent nothing for ${silenceMs / 1000} s.`)),
    )
    sent.on('error', (cause) => {
      release()
      reject(asTransportError(cause, url))
    })
    sent.on('close', release)
    sent.on('response', (body) => {
      breakable = body
      body.on('error', () => {})
      resolve({ status: body.statusCode ?? 0, headers: body.headers, body, close: () => void body.destroy() })
    })
  })
}

/** What broke a request, or the body that was being read. */
export function asTransportError(cause: unknown, { host }: URL): Error {
  if (cause instanceof MiniO3Error) return cause
  return new TransportError(
    'hub-unreachable',
    `The connection to ${host} failed: ${messageOf(cause)}. Check the network, or HF_ENDPOINT.`,
    { cause },
  )
}

const mostJsonBytes = 64 * 2 ** 20

/** The text of a reply that is a document. */
export async function bodyText(reply: HubReply, url: URL): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    const body: AsyncIterable<Buffer> = reply.body
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > mostJsonBytes)
        throw new UserError('hub-reply-large', `The hub's answer is larger than ${mostJsonBytes / 2 ** 20} MiB.`)
      chunks.push(chunk)
    }
  } catch (cause) {
    throw asTransportError(cause, url)
  }
  return Buffer.concat(chunks).toString()
}
