/** The data of a page that opens from a file, and the sizes of its pictures. */
import type { ModelConfig } from '../model/config.ts'
import type { SearchNote } from '../protocol/note.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import type { TurnTokens } from '../protocol/turn-record.ts'

/** Longest sides of pictures in pixels. */
export const originalSide = 1400
export const cropSide = 512

/** The tokens of the turns of a search, or why there are none. */
export type ShownTokens = readonly TurnTokens[] | string

/** Why a search of training has no tokens. */
export const tokensNotStored = 'This search has no log-probabilities: earlier versions did not store them.'

/** Searches to replay. */
export interface SearchesData {
  readonly kind: 'searches'
  /** Notes about them, one line each. */
  readonly notes: readonly string[]
  readonly searches: readonly StoredSearch[]
  readonly site?: SitePlace
}

/** Where a page stands in a site. It does not name the pages beside it, which change more often: the index finds them. */
export interface SitePlace {
  /** Address of the index, and what it lists. */
  readonly index: string
  readonly title: string
  /** The first search of the page in the index. */
  readonly at: number
}

export interface StoredSearch {
  readonly name: string
  readonly trajectory: Trajectory
  readonly pictures: StoredPictures
  readonly note?: SearchNote
  /** Of a search of training; absent in pages of earlier versions. */
  readonly tokens?: ShownTokens
  /** The address of a page where it can be searched again. */
  readonly again?: string
}

/** As `data:` URLs; lists are indexed by observation. */
export interface StoredPictures {
  readonly original: string
  /** All originals but the first; absent in pages of earlier versions. */
  readonly furtherOriginals?: readonly string[]
  /** The region at its own resolution; null for an original. */
  readonly crops: readonly (string | null)[]
  /** The view of the policy; null if it looks like the crop at the displayed size. */
  readonly views: readonly (string | null)[]
}

/** A report: figures, tables and text. */
export interface ReportData {
  readonly kind: 'report'
  readonly title: string
  readonly parts: readonly Part[]
}

export type Part =
  | { readonly kind: 'heading' | 'text' | 'warning'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** Links to files in the same folder. */
  | { readonly kind: 'links'; readonly paths: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [string, string])[] }
  /** `fold`: heading of a collapsed table. */
  | { readonly kind: 'table'; readonly table: Table; readonly fold?: string }
  | { readonly kind: 'figures'; readonly figures: readonly Figure[] }

/** The first column is the row header, the others are figures. */
export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Figure {
  /** Self-contained, shown as an image. */
  readonly svg: string
  readonly caption: string
}

/** The contact sheet of a problem set. */
export interface ProblemsData {
  readonly kind: 'problems'
  readonly title: string
  readonly problems: readonly {
    readonly name: string
    readonly question: string
    readonly answers: readonly { readonly text: string; readonly right: boolean }[]
    /** `[x0, y0, x1, y1]` as fractions of the picture. */
    readonly targets: readonly (readonly [number, number, number, number])[]
    readonly facts: string
    /** `data:` URLs of the whole picture, and of the surroundings of each target. */
    readonly picture: string
    readonly closeUps: readonly string[]
  }[]
}

/** A page that searches: scenes of its own, with the policy that it carries. */
export interface TryData {
  readonly kind: 'try'
  readonly searcher: SearcherData
}

/** Bytes are compressed (deflate) and in base64. */
export interface SearcherData {
  /** The script of the worker. */
  readonly script: string
  readonly kernels: { readonly relaxed: string; readonly plain: string }
  /** The shape of the model. */
  readonly config: ModelConfig
  /** See `packWeights`. */
  readonly weights: string
  readonly bits: number
  /** The name of the policy in searches. */
  readonly policy: string
}
