/** A search as the page shows it (finished, running or aborted), and the URLs of its pictures. */
import { originalOf, observationsOf, picturesOf } from '../src/protocol/originals.ts'
import { itemAt } from '../src/shared/known.ts'
import type { SearchFileKind } from '../src/page/search-file.ts'
import type { ShownTokens, StoredPictures } from '../src/page/page-data.ts'
import { endText as ended } from '../src/page/step.ts'
import type { ForkRequest } from '../src/server/api/fork-types.ts'
import type { AskEvent, DraftNews, SearchStart, Waiting } from '../src/server/api/types.ts'
import type { EntryNotes } from './use-notes.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import type { FailedAttempt } from '../src/protocol/turn-record.ts'

/** A running search has no end, answer or duration yet. */
export type ShownSearch = SearchStart &
  Pick<Trajectory, 'turns' | 'observations'> &
  Partial<Trajectory> & { readonly broken?: true; readonly draft?: ShownDraft | undefined }

/** The turn in progress. */
interface ShownDraft extends Pick<DraftNews, 'turn' | 'waiting'> {
  /** Its thought so far. */
  readonly text: string
  /** Its failed attempts so far, as far as this page heard of them. */
  readonly retries: readonly FailedAttempt[]
  /** Start time, by `performance.now()`. */
  readonly sinceMs: number
}

/** Neither finished nor aborted. */
export function isGoing({ end, broken }: ShownSearch): boolean {
  return end === undefined && !broken
}

/** Hashes of its pictures. */
export function hashesOf(search: Pick<ShownSearch, 'picture' | 'furtherPictures'>): string[] {
  return picturesOf(search).map(({ sha256 }) => sha256)
}

/** The end of a search that is no longer running, as text. */
export function shownEnd({ end, answer = null }: ShownSearch): string {
  return end === undefined ? 'stopped' : ended({ end, answer })
}

export interface PictureUrls {
  /** `box` in pixels of an original (default: the whole of the first); `side`: longer side of the result, in pixels. */
  region(side: number, box?: readonly number[], original?: number): string
  /** What the policy saw. */
  view(observation: number): string
  /** A finished search as a file to save; absent if it cannot be drawn. */
  figure?(as: SearchFileKind): string
  /** Requests and replies of the search; absent in a page opened from a file. */
  readonly exchanges?: string
  /** The tokens of a search of training: their path on the server, or in a page opened from a file themselves. */
  readonly tokens?: { readonly path: string } | { readonly own: ShownTokens }
  /** The file of an observation as it was sent. */
  sent?(observation: number, sha256: string): string
  /** Whether any region can be fetched, or only observations and the whole picture. */
  readonly anyRegion: boolean
}

/** One of the searches shown together. */
export interface SearchEntry {
  readonly search: ShownSearch
  readonly urls: PictureUrls
  /** Default: its number. */
  readonly name?: string
  /** Its address for forks; absent if it cannot be forked. */
  readonly origin?: ForkRequest['origin']
  /** The advantage that weighted its gradient. */
  readonly advantage?: number | undefined
  /** Absent if it is not stored in a run. Its verdict is then in `search`. */
  readonly notes?: EntryNotes | undefined
}

/**
 * `base`: path prefix of the server's `region` and `view`. `hashes`: of all pictures of the question; with the hash in the URL,
 * browsers can cache regions.
 */
export function pictureUrls(base: string, hashes: readonly string[] = [], sample = 0): PictureUrls {
  const pictureOf = (original: number): string => {
    const sha256 = hashes[original]
    return (original > 0 ? `&original=${original}` : '') + (sha256 === undefined ? '' : `&picture=${sha256}`)
  }
  return {
    region: (side, box, original = 0) => {
      const part = box ? `&box=${box.map(Math.round).join(',')}` : ''
      return `${base}/region?side=${Math.ceil(side)}${part}${pictureOf(original)}`
    },
    view: (observation) => `${base}/view?observation=${observation}&sample=${sample}`,
    figure: (as) => `${base}/figure?as=${as}&sample=${sample}`,
    tokens: { path: `${base}/tokens` },
    exchanges: `${base}/exchanges?sample=${sample}`,
    sent: (observation, sha256) => `${base}/sent?observation=${observation}&sha256=${sha256}&sample=${sample}`,
    anyRegion: true,
  }
}

/** URLs of pictures embedded in the page. */
export function storedUrls(
  { observations }: Pick<ShownSearch, 'observations'>,
  { original, furtherOriginals = [], crops, views }: StoredPictures,
  tokens?: ShownTokens,
): PictureUrls {
  const originals = [original, ...furtherOriginals]
  const region = (box: readonly number[] | undefined, of: number): string => {
    const parts = observationsOf(of, observations)
    const found = parts.find((one) => one.boxInOriginalPx.join() === box?.join())
    return (found && crops[found.index]) ?? originals[of] ?? original
  }
  return {
    region: (_, box, of = 0) => region(box, of),
    view: (index) => {
      const observation = itemAt(observations, index)
      return views[index] ?? region(observation.boxInOriginalPx, originalOf(observation, observations))
    },
    ...(tokens !== undefined && { tokens: { own: tokens } }),
    anyRegion: false,
  }
}

/** The search after the next event. */
export function withEvent(search: ShownSearch | undefined, event: AskEvent | DraftNews): ShownSearch | undefined {
  if (event.kind === 'began') return { ...event.search, turns: [], observations: [] }
  if (event.kind === 'ended') return event.trajectory
  if (search === undefined) return undefined
  if (event.kind === 'broken') return { ...search, draft: undefined, broken: true }
  if (event.kind === 'observed') return { ...search, observations: [...search.observations, event.observation] }
  if (event.kind === 'acted') return { ...search, draft: undefined, turns: [...search.turns, event.taken] }
  if (event.kind === 'draft') return { ...search, draft: drafted(search.draft, event) }
  return search
}

function drafted(before: ShownDraft | undefined, news: DraftNews): ShownDraft {
  const { turn, forMs, from, text, waiting } = news
  const kept = before?.turn === turn ? before.text.slice(0, from) : ''
  const retries = before?.turn === turn ? before.retries : []
  // The same wait is sent again with later news; only another number of the attempt is another wait.
  const isNew = waiting?.next !== undefined && waiting.next.number !== before?.waiting?.next?.number
  const sinceMs = before?.turn === turn ? before.sinceMs : performance.now() - forMs
  return {
    turn,
    sinceMs,
    text: kept + text,
    retries: waiting && isNew ? [...retries, retryOf(waiting, forMs)] : retries,
    ...(waiting && { waiting }),
  }
}

function retryOf({ why, waitMs }: Waiting, atMs: number): FailedAttempt {
  return { atMs, why, ...(waitMs !== undefined && { waitMs }) }
}
