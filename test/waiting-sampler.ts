/** A sampler whose first request aborts the search and is never answered. */
import type { Sampler } from '../src/engine/engine.ts'

/** `heard`: the signals that requests were given. */
export function waitingSampler(stop: AbortController): { sampler: Sampler; heard: (AbortSignal | undefined)[] } {
  const heard: (AbortSignal | undefined)[] = []
  const sampler: Sampler = {
    sample: (_, { signal }) => {
      heard.push(signal)
      stop.abort()
      return new Promise(() => {})
    },
  }
  return { sampler, heard }
}
