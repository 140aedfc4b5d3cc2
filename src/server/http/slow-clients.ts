/** How long a server waits for clients that hardly send or read: what they hold is let go when their time is up. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Patience {
  /** Milliseconds until a request has to be here whole; Node answers 408 then. */
  readonly requestMs: number
  /** Milliseconds without a byte in either direction while one is owed. */
  readonly stalledMs: number
}

/** Time for 64 MiB over 3 Mbit/s. */
export const usualPatience: Patience = { requestMs: 180_000, stalledMs: 30_000 }

/**
 * Cuts the connection when nothing moves on it: the rest of the request does not come, or the answer is not read. An answer that
 * is still being worked on may take as long as it likes. What the answer holds is freed by its end, as when a client goes.
 */
export function endWhenStalled(request: IncomingMessage, response: ServerResponse, { stalledMs }: Patience): void {
  response.setTimeout(stalledMs, () => {
    if (!request.complete || response.writableLength > 0) response.destroy()
    else response.setTimeout(stalledMs)
  })
}
