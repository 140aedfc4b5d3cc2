/** On a terminal, a line that counts the seconds of a wait, and disappears when the wait is over. */

export interface Clock {
  start(what: string): void
  stop(): void
}

/** Does nothing if the stream is not a terminal. */
export function waitingClock(stream: NodeJS.WriteStream): Clock {
  let ticking: NodeJS.Timeout | undefined
  let shown = false
  function stop(): void {
    clearInterval(ticking)
    if (shown) stream.write('\r\u001b[K')
    shown = false
  }
  return {
    stop,
    start(what) {
      stop()
      if (!stream.isTTY || process.env['TERM'] === 'dumb') return
      const sinceMs = performance.now()
      ticking = setInterval(() => {
        const seconds = Math.round((performance.now() - sinceMs) / 1000)
        stream.write(`\r\u001b[K${`        ${what}: ${seconds} s`.slice(0, (stream.columns || 80) - 1)}`)
        shown = true
      }, 1_000).unref()
    },
  }
}
