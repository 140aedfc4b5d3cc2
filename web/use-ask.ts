/** The searches of one ask as they go on, by server-sent events; the browser comes back by itself when cut off. */
import { useEffect, useState } from 'preact/hooks'
import type { AskEvent, DraftNews } from '../src/server/api/types.ts'
import { withEvent } from './shown-search.ts'
import type { ShownSearch } from './shown-search.ts'

export interface AskNews {
  /** By sample; empty while they wait for their turn. */
  readonly searches: readonly (ShownSearch | undefined)[]
  /** Addresses as part of a run, by sample, where searches are kept as such. */
  readonly pages: readonly (string | undefined)[]
  /** Why samples could not be searched. */
  readonly broken: readonly (string | undefined)[]
  readonly done: boolean
  readonly error?: string | undefined
}

export function useAsk(id: string): AskNews {
  const [news, setNews] = useState<AskNews>({ searches: [], pages: [], broken: [], done: false })
  useEffect(() => {
    const source = new EventSource(`api/asks/${encodeURIComponent(id)}/events`)
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as AskEvent | DraftNews
      setNews((before) => ({
        ...before,
        error: undefined,
        searches: replaced(before.searches, event.sample, withEvent(before.searches[event.sample], event)),
        pages: event.kind === 'ended' ? replaced(before.pages, event.sample, event.page) : before.pages,
        broken: event.kind === 'broken' ? replaced(before.broken, event.sample, event.message) : before.broken,
      }))
    })
    source.addEventListener('done', () => {
      source.close()
      setNews((before) => ({ ...before, done: true }))
    })
    source.addEventListener('error', () => {
      const over = source.readyState === EventSource.CLOSED
      const error = over
        ? 'This search is not kept any more.'
        : 'The connection broke; trying again. Is mini-o3 serve still running?'
      setNews((before) => ({ ...before, error }))
    })
    return () => source.close()
  }, [id])
  return news
}

function replaced<T>(list: readonly T[], index: number, value: T): T[] {
  const copy = [...list]
  copy[index] = value
  return copy
}
