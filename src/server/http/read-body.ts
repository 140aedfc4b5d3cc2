/** Reads the bodies of requests: each within a bound, and all that are held at once within another. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError } from './http-error.ts'

/** Bytes of one body: room for the longest conversation with the largest views, and for a picture. */
const mostBytes = 32 * 1024 ** 2
const mostPictureBytes = 64 * 1024 ** 2
/** Bytes of all bodies whose answers are not out yet. */
const mostHeldBytes = 512 * 1024 ** 2
/** Of a body that is refused, this much is let run by, so that the client gets to read the answer. */
const mostDrainedBytes = 64 * 1024 ** 2

/** A reader of whole bodies. Throws `HttpError` 413 for one that is too long, 429 when too many are held. */
export function bodyReader(): (request: IncomingMessage, response: ServerResponse) => Promise<Buffer> {
  let heldBytes = 0
  return (request, response) =>
    new Promise((resolve, reject) => {
      const limit = request.headers['content-type']?.startsWith('image/') ? mostPictureBytes : mostBytes
      const chunks: Buffer[] = []
      let bytes = 0
      let own = 0
      let refused = false
      const release = (): void => {
        heldBytes -= own
        own = 0
        chunks.length = 0
      }
      const refuse = (error: HttpError): void => {
        refused = true
        release()
        reject(error)
      }
      const tooLong = (): void =>
        refuse(new HttpError(413, 'request_too_large', `A request may have ${limit / 1024 ** 2} MiB.`))
      response.once('close', release)
      if (Number(request.headers['content-length'] ?? 0) > limit) tooLong()
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > limit + mostDrainedBytes) request.destroy()
        if (refused) return
        if (bytes > limit) return tooLong()
        if (heldBytes + chunk.length > mostHeldBytes) {
          return refuse(
            new HttpError(429, 'busy', 'Too much is being sent at once. Try again in a moment.', { retryAfter: 1 }),
          )
        }
        chunks.push(chunk)
        own += chunk.length
        heldBytes += chunk.length
      })
      request.on('end', () => resolve(Buffer.concat(chunks)))
      request.on('error', reject)
    })
}
