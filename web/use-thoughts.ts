/** Which searches of a run have words in their thoughts: the rows of the table hold no thoughts, so the server looks. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { RunDetails, ThoughtsFound } from '../src/server/api/types.ts'
import { messageOf } from '../src/shared/errors.ts'
import { fetchJson } from './fetch-json.ts'

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
  const keyOf = (one: string): string => JSON.stringify([run.name, log, one])
  const all = JSON.stringify(words)
  useEffect(() => {
    const gone = new AbortController()
    const look = async (): Promise<void> => {
      for (const one of words) {
        const known = found.get(one)?.key === keyOf(one) ? found.get(one) : undefined
        if (known !== undefined && known.upTo >= total) continue
        const query = new URLSearchParams({ words: one, after: String(known?.upTo ?? 0), log })
        const path = `api/runs/${encodeURIComponent(run.name)}/thoughts?${query.toString()}`
        const { indexes, upTo } = await fetchJson<ThoughtsFound>(path, { signal: gone.signal })
        if (gone.signal.aborted) return
        const next = { key: keyOf(one), upTo, indexes: new Set([...(known?.indexes ?? []), ...indexes]) }
        setFound((before) => new Map([...before].filter(([name]) => words.includes(name))).set(one, next))
      }
      setError(undefined)
    }
    const begin = (): void => void look().catch((cause: unknown) => gone.signal.aborted || setError(messageOf(cause)))
    const timer = served && words.length > 0 ? setTimeout(begin, restMs) : undefined
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [run.name, log, total, all, served])
  const has = useMemo(
    () =>
      (index: number, one: string): boolean =>
        found.get(one)?.key === keyOf(one) && found.get(one)?.indexes.has(index) === true,
    [found, run.name, log],
  )
  return {
    has,
    waiting: served && error === undefined ? words.filter((one) => found.get(one)?.key !== keyOf(one)).length : 0,
    error,
  }
}
