/** A search in the page's worker, turn by turn: at a pace that can be followed, without waiting, or step by step. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { StoredPictures } from '../src/page/page-data.ts'
import { messageOf } from '../src/shared/errors.ts'
import type { PageSearcher } from './open-searcher.ts'
import type { TryNews, TrySearch } from './searcher/messages.ts'
import { isGoing, withEvent } from './shown-search.ts'
import type { ShownSearch } from './shown-search.ts'

export type Speed = 'paused' | 'watched' | 'fast'

export interface ShownTry {
  readonly search: ShownSearch
  readonly pictures: StoredPictures
}

/** Between two turns that are watched: a thought takes about as long to read. */
const watchMs = 1200

export function useTry(searcher: PageSearcher) {
  const [tried, setTried] = useState<ShownTry>()
  const [speed, setSpeed] = useState<Speed>('paused')
  const [problem, setProblem] = useState<string>()
  /** Counts up with each search: what still comes of the one before is dropped. */
  const current = useRef(0)
  const busy = useRef(false)
  const going = tried !== undefined && isGoing(tried.search)

  async function hear(asked: Promise<readonly TryNews[]>, before: ShownTry | undefined, original: string) {
    const own = current.current
    busy.current = true
    try {
      const news = await asked
      if (own === current.current) setTried(news.reduce<ShownTry | undefined>(withNews(original), before))
    } catch (error) {
      if (own === current.current) setProblem(messageOf(error))
    } finally {
      if (own === current.current) busy.current = false
    }
  }
  const takeTurn = (): void => {
    // A turn that is being taken is the next one.
    if (tried && going && !busy.current) void hear(searcher.ask('turn', undefined), tried, tried.pictures.original)
  }
  useEffect(() => {
    if (!going || speed === 'paused') return undefined
    const timer = setTimeout(takeTurn, speed === 'fast' ? 0 : watchMs)
    return () => clearTimeout(timer)
  }, [tried, speed])

  return {
    tried,
    speed,
    going,
    problem,
    begin(wanted: TrySearch, original: string): Promise<void> {
      current.current++
      setProblem(undefined)
      setSpeed('watched')
      return hear(searcher.ask('begin', wanted), undefined, original)
    },
    setSpeed,
    step(): void {
      setSpeed('paused')
      takeTurn()
    },
    /** Ends the search where it is. */
    stop(): void {
      current.current++
      if (tried && going) setTried({ ...tried, search: { ...tried.search, broken: true } })
    },
    leave(): void {
      current.current++
      setTried(undefined)
    },
  }
}

function withNews(original: string) {
  return (before: ShownTry | undefined, news: TryNews): ShownTry | undefined => {
    const search = withEvent(before?.search, { ...news, sample: 0 })
    const pictures = before?.pictures ?? { original, crops: [], views: [] }
    if (search === undefined) return undefined
    if (news.kind !== 'observed') return { search, pictures }
    const { crop, view } = news
    return { search, pictures: { original, crops: [...pictures.crops, crop], views: [...pictures.views, view] } }
  }
}
