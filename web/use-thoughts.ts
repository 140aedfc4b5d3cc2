/** Which searches of a run have words in their thoughts: the rows of the table hold no thoughts, so the server looks. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { RunDetails, ThoughtsFound } from '../src/server/api/types.ts'
import { messageOf } from '../src/shared/errors.ts'
import { fetchAnswer } from './fetch-json.ts'

export interface Thoughts {
  /** Whether the search at this index has the words. */
  readonly has: (index: number, words: string) => boolean
  /** The words that are still looked for. */
  readonly waiting: number
  readonly error?: string | undefined
}

interface Found {
  /** Identifies run, log and words. */
  readonly key: string
  /** Number of searches that were read. */
  readonly upTo: number
  readonly indexes: ReadonlySet<number>
}

/** Typed words are looked for once they rest. */
const restMs = 250

/** `words` in lower case. Without a server nothing is found. */
export function useThoughts({ run, log, total }: RunDetails, words: readonly string[], served: boolean): Thoughts {
  const [found, setFound] = useState<ReadonlyMap<string, Found>>(new Map())
  const [error, setError] = useState<string>()
  const newest = useRef(total)
  newest.current = total
  const keyOf = (one: string): string => JSON.stringify([run.name, log, one])
  const own = words.flatMap((one): [string, Found][] => {
    const known = found.get(one)
    return known?.key === keyOf(one) ? [[one, known]] : []
  })
  const isBehind = served && (own.length < words.length || own.some(([, { upTo }]) => upTo < total))
  useEffect(() => {
    if (!isBehind) return undefined
    const gone = new AbortController()
    const known = new Map(own)
    const look = async (): Promise<void> => {
      for (;;) {
        const one = words.find((word) => (known.get(word)?.upTo ?? -1) < newest.current)
        if (one === undefined) return setError(undefined)
        const before = known.get(one)
        const query = new URLSearchParams({ words: one, after: String(before?.upTo ?? 0), log })
        const path = `api/runs/${encodeURIComponent(run.name)}/thoughts?${query.toString()}`
        const { indexes, upTo } = await fetchAnswer<ThoughtsFound>(path, gone.signal, setError)
        if (gone.signal.aborted || upTo === before?.upTo) return
        known.set(one, { key: keyOf(one), upTo, indexes: new Set([...(before?.indexes ?? []), ...indexes]) })
        setFound(new Map(known))
      }
    }
    const begin = (): void => void look().catch((cause: unknown) => gone.signal.aborted || setError(messageOf(cause)))
    const timer = setTimeout(begin, restMs)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
    // A run that goes on does not interrupt the search, which takes seconds in a long log: it looks into what is new when it gets there.
  }, [run.name, log, JSON.stringify(words), isBehind])
  const has = useMemo(
    () =>
      (index: number, one: string): boolean =>
        found.get(one)?.key === keyOf(one) && found.get(one)?.indexes.has(index) === true,
    [found, run.name, log],
  )
  return { has, waiting: served && error === undefined ? words.length - own.length : 0, error }
}
