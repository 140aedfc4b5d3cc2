/** News as server-sent events: a client that comes late, or comes again, first gets what it has missed. */
import type { Ask } from './kept-asks.ts'

/** A comment line now and then, so that nothing between server and client takes the stream for dead. */
const heartbeatMs = 15_000

/** `from`: the first event to send. The stream takes no more than the client reads. */
export function eventStream(ask: Ask, from: number, signal: AbortSignal): Response {
  const encoder = new TextEncoder()
  let next = from
  const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next >= ask.events.length && !ask.done) await Promise.race([ask.changed(), later(heartbeatMs), gone])
        if (signal.aborted) return controller.close()
        if (next < ask.events.length) {
          controller.enqueue(encoder.encode(`id: ${next}\ndata: ${JSON.stringify(ask.events[next])}\n\n`))
          next++
        } else if (ask.done) {
          controller.enqueue(encoder.encode('event: done\ndata: {}\n\n'))
          controller.close()
        } else {
          controller.enqueue(encoder.encode(':\n\n'))
        }
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
