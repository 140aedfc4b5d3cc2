/** Sends responses: JSON at once, a `Response` as a stream with backpressure. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** On every response: no content sniffing, and no embedding by other sites. */
const always = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }
/** The default: conversations and pictures of users must not be left in disk caches. */
const uncached = { 'cache-control': 'no-store' }

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>>,
): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...uncached,
    ...always,
    ...headers,
  })
  response.end(body)
}

/** Returns when everything is sent, or the client has disconnected, which cancels the stream. */
export async function sendResponse(
  response: ServerResponse,
  { status, headers: own, body }: Response,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  response.writeHead(status, { ...uncached, ...Object.fromEntries(own), ...always, ...headers })
  if (response.req.method === 'HEAD') await body?.cancel()
  if (body === null || response.req.method === 'HEAD') response.end()
  else await pipeline(Readable.fromWeb(body), response)
}
