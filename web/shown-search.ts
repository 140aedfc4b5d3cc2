/** A search as the page shows it, finished, still going or broken off, and where its pictures are. */
import type { StoredSearch } from '../src/page/page-data.ts'
import { endText as ended } from '../src/page/step.ts'
import type { AskEvent, DraftNews, SearchStart } from '../src/server/api/types.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'

/** Of a search that goes on there is no end, answer or time yet. */
export type ShownSearch = SearchStart &
  Pick<Trajectory, 'turns' | 'observations'> &
  Partial<Trajectory> & { readonly broken?: true; readonly draft?: ShownDraft | undefined }

/** The turn that is under way. */
interface ShownDraft extends Pick<DraftNews, 'turn' | 'waiting'> {
  /** Of its thought, so far. */
  readonly text: string
  /** When it began, by the clock of `performance.now()`. */
  readonly sinceMs: number
}

/** Neither at its end nor broken off. */
export function isGoing({ end, broken }: ShownSearch): boolean {
  return end === undefined && !broken
}

/** Of one that goes on no more. */
export function shownEnd({ end, answer = null }: ShownSearch): string {
  return end === undefined ? 'stopped' : ended({ end, answer })
}

export function turnsText(turns: number): string {
  return turns === 1 ? '1 turn' : `${turns} turns`
}

export interface PictureUrls {
  /** A box in pixels of the original, all of it when left out; `side` is the longest of what comes, in pixels. */
  region(side: number, box?: readonly number[]): string
  /** What the policy saw. */
  view(observation: number): string
  /** Of the search, once it has ended, for a paper; absent where it cannot be drawn. */
  figure?(as: 'svg' | 'png'): string
  /** Any region can be had; otherwise only those of the observations, and the whole. */
  readonly anyRegion: boolean
}

/** One of the searches that are shown together. */
export interface SearchEntry {
  readonly search: ShownSearch
  readonly urls: PictureUrls
  /** Default: its number. */
  readonly name?: string
  /** What training multiplied its gradient with. */
  readonly advantage?: number | undefined
}

/**
 * `base`: the path below which the server has `region` and `view`. Browsers keep regions where the hash of the picture, `sha256`,
 * is in their addresses.
 */
export function pictureUrls(base: string, sha256?: string, sample = 0): PictureUrls {
  const picture = sha256 === undefined ? '' : `&picture=${sha256}`
  return {
    region: (side, box) =>
      `${base}/region?side=${Math.ceil(side)}${box ? `&box=${box.map(Math.round).join(',')}` : ''}${picture}`,
    view: (observation) => `${base}/view?observation=${observation}&sample=${sample}`,
    figure: (as) => `${base}/figure?as=${as}&sample=${sample}`,
    anyRegion: true,
  }
}

/** Of pictures that came with the page. */
export function storedUrls({ trajectory, pictures }: StoredSearch): PictureUrls {
  const { original, crops, views } = pictures
  const crop = (index: number): string => crops[index] ?? original
  return {
    region: (_, box) => crop(trajectory.observations.findIndex((one) => one.boxInOriginalPx.join() === box?.join())),
    view: (index) => views[index] ?? crop(index),
    anyRegion: false,
  }
}

/** The search after its next piece of news. */
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

function drafted(before: ShownDraft | undefined, { turn, forMs, from, text, waiting }: DraftNews): ShownDraft {
  const kept = before?.turn === turn ? before.text.slice(0, from) : ''
  const sinceMs = before?.turn === turn ? before.sinceMs : performance.now() - forMs
  return { turn, sinceMs, text: kept + text, ...(waiting && { waiting }) }
}
