/** Sends responses: JSON at once, a `Response` as a stream with backpressure. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** On every response: no content sniffing, and no embedding by other sites. */
const always = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }
/** The default: conversations and pictures of users must not be left in disk caches. */
const uncached = { 'cache-control': 'no-store' }

/** `received`: when the request has arrived, which the end of the response waits for. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>>,
  received?: Promise<void>,
): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...uncached,
    ...always,
    ...headers,
  })
  response.write(body)
  if (received === undefined) response.end()
  else void received.then(() => response.end())
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
