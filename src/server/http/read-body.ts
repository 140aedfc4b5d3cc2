/** Reads request bodies, with a limit for each and one for all bodies held at once, and discards the rest of refused ones. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError } from './http-error.ts'

/** Size limit of one body: fits the longest conversation with the largest views, or a picture. */
const mostBytes = 32 * 1024 ** 2
const mostPictureBytes = 64 * 1024 ** 2
/** Size limit of all bodies whose responses are not sent yet. */
const mostHeldBytes = 512 * 1024 ** 2
/** How much of a refused body is read and discarded, so that the client gets to read the response. */
const mostDrainedBytes = 64 * 1024 ** 2

/** Returns a reader of complete bodies. It throws `HttpError` 413 for a body that is too long, 429 if too many are held. */
export function bodyReader(): (request: IncomingMessage, response: ServerResponse) => Promise<Buffer> {
  let heldBytes = 0
  return (request, response) =>
    new Promise((resolve, reject) => {
      const limit = request.headers['content-type']?.startsWith('image/') ? mostPictureBytes : mostBytes
      const chunks: Buffer[] = []
      let bytes = 0
      let own = 0
      const release = (): void => {
        heldBytes -= own
        own = 0
        chunks.length = 0
      }
      const refuse = (error: HttpError): void => {
        request.off('data', take)
        release()
        reject(error)
      }
      const tooLong = (): void =>
        refuse(new HttpError(413, 'request_too_large', `The request is larger than ${limit / 1024 ** 2} MiB.`))
      response.once('close', release)
      const take = (chunk: Buffer): void => {
        bytes += chunk.length
        if (bytes > limit) return tooLong()
        if (heldBytes + chunk.length > mostHeldBytes) {
          return refuse(
            new HttpError(429, 'busy', 'Too much data is being received at once. Try again in a moment.', {
              retryAfter: 1,
            }),
          )
        }
        chunks.push(chunk)
        own += chunk.length
        heldBytes += chunk.length
      }
      if (Number(request.headers['content-length'] ?? 0) > limit) return tooLong()
      request.on('data', take)
      request.on('end', () => resolve(Buffer.concat(chunks)))
      request.on('error', reject)
    })
}

/**
 * Resolves once the rest of the body has arrived and is discarded, or the connection is closed: by the client, or here after too many
 * bytes. Closing it earlier would reset it, and the client might lose a response that it had not read yet.
 */
export function discardRest(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let left = mostDrainedBytes
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) request.destroy()
    })
    request.once('end', resolve).once('close', resolve).resume()
  })
}
