/** Timeouts for slow clients, so that they cannot hold resources for ever. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Patience {
  /** Milliseconds within which a request has to arrive completely; Node then responds 408. */
  readonly requestMs: number
  /** Milliseconds without a byte in either direction while one is expected. */
  readonly stalledMs: number
}

/** Enough for 64 MiB at 3 Mbit/s. */
export const usualPatience: Patience = { requestMs: 180_000, stalledMs: 30_000 }

/**
 * Closes a stalled connection: the rest of the request does not arrive, or the response is not read. There is no limit on the time
 * to compute a response. Resources of the response are freed as when a client disconnects.
 */
export function endWhenStalled(request: IncomingMessage, response: ServerResponse, { stalledMs }: Patience): void {
  response.setTimeout(stalledMs, () => {
    if (!request.complete || response.writableLength > 0) response.destroy()
    else response.setTimeout(stalledMs)
  })
}
