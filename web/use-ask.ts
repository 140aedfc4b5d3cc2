/** The searches of one ask, live by server-sent events; the browser reconnects by itself. */
import { useEffect, useState } from 'preact/hooks'
import type { ForkOrigin } from '../src/server/api/fork-types.ts'
import type { AskEvent, DraftNews } from '../src/server/api/types.ts'
import { fromServer } from './fetch-json.ts'
import { withEvent } from './shown-search.ts'
import type { ShownSearch } from './shown-search.ts'

export interface AskNews {
  /** Its number on the server; unknown while it is queued. */
  readonly number?: number | undefined
  /** By sample; empty while they are queued. */
  readonly searches: readonly (ShownSearch | undefined)[]
  /** Addresses of the stored searches, by sample, if searches are kept as runs. */
  readonly pages: readonly (string | undefined)[]
  /** Error messages, by sample. */
  readonly broken: readonly (string | undefined)[]
  /** For a fork: the search that it departs from. */
  readonly origin?: ForkOrigin | undefined
  readonly done: boolean
  readonly error?: string | undefined
}

export function useAsk(id: string): AskNews {
  const [news, setNews] = useState<AskNews>({ searches: [], pages: [], broken: [], done: false })
  useEffect(() => {
    const source = new EventSource(`api/asks/${encodeURIComponent(id)}/events`)
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const event = fromServer<AskEvent | DraftNews>(data)
      setNews((before) => ({
        ...before,
        error: undefined,
        number: event.kind === 'began' ? event.ask : before.number,
        origin: event.kind === 'began' ? event.origin : before.origin,
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
        ? 'The server no longer has this search.'
        : 'The connection was lost; reconnecting. If the server was stopped, start it again.'
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
