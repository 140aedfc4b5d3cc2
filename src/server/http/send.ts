/** Sends answers: JSON at once, a `Response` piece by piece and no faster than the client reads. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeStream } from 'node:stream/web'

/** On every answer: it is never taken for anything else, and no page of another site may show it. */
const always = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }
/** Unless an answer says otherwise: conversations and pictures of users are not left on disks. */
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

/** Returns when all is out, or the client has gone: its stream is cancelled then. */
export async function sendResponse(
  response: ServerResponse,
  { status, headers: own, body }: Response,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  response.writeHead(status, { ...uncached, ...Object.fromEntries(own), ...always, ...headers })
  if (response.req.method === 'HEAD') await body?.cancel()
  if (body === null || response.req.method === 'HEAD') response.end()
  else await pipeline(Readable.fromWeb(body as NodeStream<Uint8Array>), response)
}
