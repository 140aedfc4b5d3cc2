/**
 * Long work in slices of some milliseconds, so that the page answers to keys, scrolling and the mouse in between. Work is a generator
 * that yields after at most `sliceSteps` cheap steps.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

export const sliceSteps = 200
const sliceMs = 8

/** Undefined if the signal fired before the work was done. What fits into one slice is done when this returns. */
function inSlices<T>(work: Generator<void, T>, signal: AbortSignal, done: (value: T) => void): void {
  const untilMs = performance.now() + sliceMs
  while (!signal.aborted) {
    const { done: ended, value } = work.next()
    if (ended) return done(value)
    if (performance.now() >= untilMs) return nextTask(() => inSlices(work, signal, done))
  }
}

export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/** Unlike `setTimeout`, without a wait of its own. */
function nextTask(run: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.addEventListener('message', () => {
    port1.close()
    run()
  })
  port1.start()
  port2.postMessage(undefined)
}

interface SlicedState {
  running: AbortController | undefined
  /** Whether `data` grew meanwhile. */
  waiting: boolean
  data: unknown
}

/**
 * The result of work on `data`. Work is started again when `question` changes, and then what runs is given up; if only `data` grew, it
 * is finished first. Until there is a new result, the last one is returned.
 */
export function useSliced<T>(make: () => Generator<void, T>, question: unknown, data: unknown): T | undefined {
  const [result, setResult] = useState<T>()
  const latest = useRef(make)
  latest.current = make
  const state = useRef<SlicedState>({ running: undefined, waiting: false, data })
  const start = (): void => {
    const { current } = state
    const gone = new AbortController()
    current.running = gone
    current.waiting = false
    inSlices(latest.current(), gone.signal, (value) => {
      current.running = undefined
      setResult(() => value)
      if (current.waiting) start()
    })
  }
  useLayoutEffect(() => {
    state.current.data = data
    start()
    return () => state.current.running?.abort()
  }, [question])
  useLayoutEffect(() => {
    const { current } = state
    if (current.data === data) return
    current.data = data
    if (current.running === undefined) start()
    else current.waiting = true
  }, [data])
  return result
}
