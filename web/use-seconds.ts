/** A clock for waiting times: whole seconds since a moment, updated every second. */
import { useEffect, useState } from 'preact/hooks'

/** `sinceMs`: by `performance.now()`; undefined if not waiting. */
export function useSecondsSince(sinceMs: number | undefined): number | undefined {
  const [nowMs, setNowMs] = useState(() => performance.now())
  useEffect(() => {
    if (sinceMs === undefined) return undefined
    setNowMs(performance.now())
    const timer = setInterval(() => setNowMs(performance.now()), 1_000)
    return () => clearInterval(timer)
  }, [sinceMs])
  return sinceMs === undefined ? undefined : Math.max(0, Math.floor((nowMs - sinceMs) / 1_000))
}
