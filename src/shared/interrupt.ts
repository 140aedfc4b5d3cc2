/** Ctrl-C: the first one asks the work to finish what is in flight and save, the second one quits at once. */

export interface Interrupt {
  /** Fires at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  /** Gives the signals back to the platform. */
  release(): void
}

const exitCode = 130

/** `onFirst` tells the person what happens now, and how to go on later. */
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
