/** Ctrl-C handling: the first asks the work to finish what is in flight and save, the second quits at once. */

export interface Interrupt {
  /** Fires at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  /** Removes the signal handlers. */
  release(): void
}

const exitCode = 130

/** `onFirst` tells the user what happens now and how to resume. */
export function catchInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(exitCode)
    controller.abort()
    onFirst()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
