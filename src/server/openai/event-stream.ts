/** Responses as server-sent events with JSON data. */
import { errorBody } from '../http/http-error.ts'
import type { HttpError } from '../http/http-error.ts'
import type { Asking } from '../http/router.ts'

export interface StreamForm {
  /** The literal text that ends a successful stream. */
  readonly last?: string
  /** Whether events also have an `event:` line with their type. */
  readonly typed?: boolean
  /** The last event of a stream that failed. */
  readonly failed?: (refusal: HttpError) => object
}

export function eventStream(
  events: AsyncIterable<object>,
  { explain }: Asking,
  { last, typed = false, failed = errorBody }: StreamForm,
): Response {
  async function* lines(): AsyncGenerator<Uint8Array, void> {
    const line = (event: object): Uint8Array => {
      const type = typed && 'type' in event ? `event: ${String(event.type)}\n` : ''
      return Buffer.from(`${type}data: ${JSON.stringify(event)}\n\n`)
    }
    try {
      for await (const event of events) yield line(event)
      if (last !== undefined) yield Buffer.from(`data: ${last}\n\n`)
    } catch (error) {
      yield line(failed(explain(error)))
    }
  }
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' }
  return new Response(ReadableStream.from(lines()), { headers })
}
