/** What stands in a page that is opened from a file. Types only. */
import type { Trajectory } from '../protocol/trajectory.ts'

/** Searches that are replayed. */
export interface SearchesData {
  readonly kind: 'searches'
  /** What is to be known of them, a line each. */
  readonly notes: readonly string[]
  readonly searches: readonly StoredSearch[]
}

export interface StoredSearch {
  readonly name: string
  readonly trajectory: Trajectory
  readonly pictures: StoredPictures
}

/** As `data:` URLs. The lists go by observation. */
export interface StoredPictures {
  readonly original: string
  /** Of a question about several pictures those of all but the first; absent in pages of earlier versions. */
  readonly furtherOriginals?: readonly string[]
  /** The region at its own resolution; null: it is an original. */
  readonly crops: readonly (string | null)[]
  /** What the policy saw; null: at the size that is shown it looks like the crop. */
  readonly views: readonly (string | null)[]
}

/** Figures, tables and what is said of them. */
export interface ReportData {
  readonly kind: 'report'
  readonly title: string
  readonly parts: readonly Part[]
}

export type Part =
  | { readonly kind: 'heading' | 'text' | 'warning'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** Of files beside the page. */
  | { readonly kind: 'links'; readonly paths: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [string, string])[] }
  /** `fold`: what its head says where it is shown only when somebody opens it. */
  | { readonly kind: 'table'; readonly table: Table; readonly fold?: string }
  | { readonly kind: 'figures'; readonly figures: readonly Figure[] }

/** The first column names its row, the others are figures. */
export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Figure {
  /** It stands by itself: the page shows it as a picture. */
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
    /** `data:` URLs: of the whole, and of what is around each target. */
    readonly picture: string
    readonly closeUps: readonly string[]
  }[]
}
