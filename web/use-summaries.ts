/** What is known of runs from their logs, loaded one run at a time, since the server reads the whole log for each. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { RunRow, RunSummary } from '../src/server/api/types.ts'
import { fetchAnswer } from './fetch-json.ts'

/** Larger logs are only read when the run is opened. */
const mostBytes = 128 * 1024 ** 2
/** A run that goes on is read again after this many times the time that reading it took. */
const restFactor = 10

interface Known {
  readonly changedMs: number
  readonly summary: RunSummary | undefined
  readonly againMs: number
}

export function useSummaries(runs: readonly RunRow[]): ReadonlyMap<string, RunSummary> {
  const [known, setKnown] = useState<ReadonlyMap<string, Known>>(new Map())
  const next = runs.find(({ name, bytes, changedMs }) => {
    const before = known.get(name)
    const isOld = before?.changedMs !== changedMs && (before === undefined || performance.now() >= before.againMs)
    return isOld && bytes < mostBytes
  })
  useEffect(() => {
    if (next === undefined) return undefined
    const gone = new AbortController()
    const startedMs = performance.now()
    const { name, changedMs } = next
    const keep = (summary: RunSummary | undefined): void => {
      if (gone.signal.aborted) return
      const againMs = performance.now() + restFactor * (performance.now() - startedMs)
      setKnown((before) =>
        new Map(before).set(name, { changedMs, summary: summary ?? before.get(name)?.summary, againMs }),
      )
    }
    fetchAnswer<RunSummary>(`api/runs/${encodeURIComponent(name)}/summary`, gone.signal).then(
      keep,
      () => keep(undefined), // the page of the run shows the reason
    )
    return () => gone.abort()
    // A run that changes while it is read is not read from the start again.
  }, [next && `${next.name} ${known.get(next.name)?.changedMs}`])
  return useMemo(
    () => new Map([...known].flatMap(([name, { summary }]) => (summary ? [[name, summary] as const] : []))),
    [known],
  )
}
