/** A run as it grows: after the first time, only items that are new are fetched. */
import { useEffect, useState } from 'preact/hooks'
import type { RunDetails } from '../src/server/api-types.ts'
import { fetchJson } from './fetch-json.ts'
import type { Loaded } from './fetch-json.ts'

const refreshMs = 4000

export function useRun(name: string): Loaded<RunDetails> {
  const [loaded, setLoaded] = useState<Loaded<RunDetails>>({})
  useEffect(() => {
    let gone = false
    let known: RunDetails | undefined
    const load = async (): Promise<void> => {
      const have = known?.total ?? 0
      const path = `api/runs/${encodeURIComponent(name)}`
      try {
        let fresh = await fetchJson<RunDetails>(`${path}?after=${have}`)
        // A log that has become shorter is another one.
        if (fresh.total < have) fresh = await fetchJson<RunDetails>(path)
        else fresh = { ...fresh, items: [...(known?.items ?? []), ...fresh.items] }
        known = fresh
        if (!gone) setLoaded({ value: fresh })
      } catch (error) {
        if (!gone) setLoaded({ value: known, error: (error as Error).message })
      }
    }
    void load()
    const timer = setInterval(() => document.hidden || known?.run.live === false || void load(), refreshMs)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [name])
  return loaded
}
