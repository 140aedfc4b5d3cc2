/**
 * The events of an ask as server-sent events: a client that connects late or reconnects first gets what it missed. The thought of the
 * current turn is sent in pieces, sized by how fast the client reads.
 */
import type { Ask, Draft } from './kept-asks.ts'
import type { DraftNews } from './types.ts'
import { onAbort } from '../../shared/deadline.ts'
import { HttpError } from '../http/http-error.ts'

/** A comment line at this interval keeps proxies from closing an idle stream. */
const heartbeatMs = 15_000
/** Streams open at once: they can stay open for hours and must leave room for other requests. */
const mostStreams = 64

export type EventStreams = (ask: Ask, lastEventId: string | undefined, signal: AbortSignal) => Response

/**
 * Creates streams that start after the event `lastEventId` and buffer no more than the client reads. Throws `HttpError` 400 for an
 * unknown id, 429 if too many streams are open.
 */
export function eventStreams(): EventStreams {
  let open = 0
  return (ask, lastEventId, signal) => {
    let next = nextAfter(lastEventId, ask.events.length)
    if (open >= mostStreams) {
      throw new HttpError(429, 'busy', `${open} searches are being watched. Close a page, or try again later.`, {
        retryAfter: 5,
      })
    }
    open++
    let closed = false
    let release = (): void => {}
    const close = (): void => {
      if (!closed) open--
      closed = true
      release()
    }
    const gone = new Promise<void>((resolve) => {
      release = onAbort(signal, () => {
        close()
        resolve()
      })
    })
    const encoder = new TextEncoder()
    const sent = new Map<number, Draft>()
    /** The next thing to send; stored events come before the draft of the current turn. */
    function nextPiece(): string | undefined {
      if (next < ask.events.length) return `id: ${next}\ndata: ${JSON.stringify(ask.events[next++])}\n\n`
      for (const [sample, draft] of ask.drafts) {
        const before = sent.get(sample)
        if (before === draft) continue
        sent.set(sample, draft)
        return `data: ${JSON.stringify(draftNews(sample, draft, before))}\n\n`
      }
      return undefined
    }
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          let piece = nextPiece()
          if (piece === undefined && !ask.done) {
            await Promise.race([ask.changed(), later(heartbeatMs), gone])
            piece = nextPiece()
          }
          if (signal.aborted) controller.close()
          else if (piece !== undefined) controller.enqueue(encoder.encode(piece))
          else if (ask.done) {
            controller.enqueue(encoder.encode('event: done\ndata: {}\n\n'))
            controller.close()
            close()
          } else {
            controller.enqueue(encoder.encode(':\n\n'))
          }
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
}

function draftNews(sample: number, draft: Draft, before: Draft | undefined): DraftNews {
  const { turn, sinceMs, text, waiting } = draft
  // A draft of another turn, or of an attempt before a retry, is discarded by the client.
  const goesOn = before?.turn === turn && waiting === undefined && before.waiting === undefined
  const from = goesOn ? before.text.length : 0
  const forMs = Math.round(performance.now() - sinceMs)
  return { sample, kind: 'draft', turn, forMs, from, text: text.slice(from), ...(waiting && { waiting }) }
}

/** Browsers send the last id that they received. */
function nextAfter(lastEventId: string | undefined, events: number): number {
  if (lastEventId === undefined || lastEventId === '') return 0
  const last = /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : Infinity
  if (last < events) return last + 1
  throw new HttpError(400, 'bad_event_id', 'Last-Event-ID has to be the id of an event of this search.')
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
