/** A growing run: after the first load, only new items are fetched, and figures only when something changed. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { withNoted } from '../src/protocol/note.ts'
import type { RunDetails, RunFigures } from '../src/server/api/types.ts'
import { messageOf } from '../src/shared/errors.ts'
import { fetchAnswer, fetchJson } from './fetch-json.ts'
import type { Loaded } from './fetch-json.ts'

/** A finished or stopped run may be resumed, so it is polled too. */
const refreshMs = { live: 2000, still: 10_000 }

/** While a long run comes in parts, the page is not drawn anew for each of them. */
const publishMs = 400

export function useRun(name: string): Loaded<RunDetails> {
  const [loaded, setLoaded] = useState<Loaded<RunDetails>>({})
  const latest = useRef<RunDetails | undefined>(undefined)
  useEffect(() => {
    let gone = false
    let timer: ReturnType<typeof setTimeout>
    let publishedMs = -Infinity
    latest.current = undefined
    const load = async (): Promise<void> => {
      const more = (): boolean => {
        const known = latest.current
        return known !== undefined && (known.items.length < known.total || known.read !== undefined)
      }
      try {
        const before = latest.current
        const fresh = document.hidden && before !== undefined ? before : await newer(name, before)
        if (gone) return
        latest.current = fresh
        if (!more() || performance.now() - publishedMs >= publishMs) {
          setLoaded({ value: latest.current })
          publishedMs = performance.now()
        }
      } catch (error) {
        const message = messageOf(error)
        const known = latest.current
        if (!gone) setLoaded({ value: known, error: known ? `${message} Showing the last known state.` : message })
        if (!gone) timer = setTimeout(load, refreshMs.live)
        return
      }
      const rest = latest.current?.run.live ? refreshMs.live : refreshMs.still
      if (!gone) timer = setTimeout(load, more() && !document.hidden ? 0 : rest)
    }
    void load()
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [name])
  const { value } = loaded
  const items = useMemo(() => value && withNoted(value.items, value.notes?.items ?? []), [value?.items, value?.notes])
  return { ...loaded, value: value && items && { ...value, items } }
}

async function newer(name: string, known: RunDetails | undefined): Promise<RunDetails> {
  const after = known?.items.length ?? 0
  const state = new URLSearchParams({ after: String(after), log: known?.log ?? '' })
  if (known?.notes) state.set('notes', known.notes.version)
  const path = `api/runs/${encodeURIComponent(name)}?${state}`
  const fresh = await fetchJson<RunDetails>(path)
  if (known === undefined || fresh.log !== known.log) return fresh
  // Keeps the list object if nothing is new, so that memoised values stay valid.
  const items = fresh.items.length === 0 ? known.items : [...known.items, ...fresh.items]
  const notes = fresh.notes ?? known.notes
  return { ...fresh, items, ...(notes && { notes }) }
}

/** Figures are refetched after this many times the server's computing time, which is seconds for a long run. */
const restFactor = 4

/** The figures of the run in this state; until they arrive, the previous ones. */
export function useFigures({ run, total, read, notes }: RunDetails): Loaded<RunFigures> {
  const [loaded, setLoaded] = useState<Loaded<RunFigures> & { readonly state?: string }>({})
  const restUntil = useRef(0)
  // While the log is being read, the first request waits for all of it.
  const state = JSON.stringify([run.changedMs, read === undefined ? total : 'read', notes?.version])
  const newest = useRef(state)
  newest.current = state
  const isOld = loaded.state !== state
  useEffect(() => {
    if (!isOld) return undefined
    const gone = new AbortController()
    const load = async (): Promise<void> => {
      const startedMs = performance.now()
      const asked = newest.current
      const path = `api/runs/${encodeURIComponent(run.name)}/figures`
      const wait = (error: string): void => setLoaded((before) => ({ ...before, error }))
      const answer = await fetchAnswer<RunFigures>(path, gone.signal, wait).then(
        (value) => () => ({ value, state: asked }),
        (error: Error) => (before: Loaded<RunFigures>) => ({ ...before, error: error.message, state: asked }),
      )
      restUntil.current = performance.now() + restFactor * (performance.now() - startedMs)
      if (!gone.signal.aborted) setLoaded(answer)
    }
    const timer = setTimeout(load, restUntil.current - performance.now())
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
    // A run that changes meanwhile is not asked for from the start again: figures that take longer than its next change would never come.
  }, [run.name, isOld, loaded.state])
  return loaded
}
