/** What the pages and the server say to each other, as JSON. Types only. */
import type { Level } from '../protocol/problem.ts'
import type { End, Observation, Trajectory, Turn, Verdict } from '../protocol/trajectory.ts'

/** `GET /api/setup`: what can be asked here. */
export interface Setup {
  readonly scenes: readonly SceneRow[]
  readonly policies: readonly PolicyRow[]
  readonly limits: { readonly turns: number; readonly samples: number; readonly pictureBytes: number }
  /** Searches are kept as runs, not only while the server runs. */
  readonly archives: boolean
}

export interface SceneRow extends PictureRow {
  readonly level: Level
  readonly question: string
}

/** An uploaded picture or a scene; `id` names it in paths and in an `AskRequest`. */
export interface PictureRow {
  readonly id: string
  readonly width: number
  readonly height: number
}

export interface PolicyRow {
  readonly name: string
  readonly maxTurns: number
  /** What questions it takes, for people. */
  readonly note: string
}

/** `POST /api/asks` */
export interface AskRequest {
  readonly picture: string
  readonly question: string
  readonly policy: string
  readonly maxTurns: number
  readonly samples: number
}

/** Its answer. */
export interface AskStarted {
  readonly id: string
}

/** `GET /api/asks/<id>/events`: one search's news as server-sent events, from its start. `sample` counts from 0. */
export type AskEvent = { readonly sample: number } & (
  | { readonly kind: 'began'; readonly search: SearchStart }
  | { readonly kind: 'observed'; readonly observation: Observation }
  | { readonly kind: 'acted'; readonly turn: number; readonly taken: Turn }
  /** `page`: its address as part of a run, where it is kept as such. */
  | { readonly kind: 'ended'; readonly trajectory: Trajectory; readonly page?: string }
  /** It could not be searched. */
  | { readonly kind: 'broken'; readonly message: string }
)

/** What is known of a search before its first turn. */
export type SearchStart = Pick<Trajectory, 'problem' | 'picture' | 'policy' | 'maxTurns' | 'seed' | 'sampleIndex'>

/** `GET /api/runs` */
export interface RunRow {
  /** Its folder's path below the runs' folder, with `/`. */
  readonly name: string
  readonly command: string
  readonly policy: string
  readonly changedMs: number
  /** A process is working in it. */
  readonly live: boolean
  readonly bytes: number
}

/** `GET /api/runs/<name>?after=<n>`: the run, and its items from index `after` on. */
export interface RunDetails {
  readonly run: RunRow
  readonly settings: Readonly<Record<string, unknown>>
  readonly items: readonly ItemRow[]
  readonly total: number
  /** Lines that are no trajectory of this version. */
  readonly unreadable: number
  readonly scores: Scores | null
  readonly charts: readonly ChartRow[]
}

/** Drawn by `GET /api/runs/<name>/charts/<id>`. `summary` says in words what it shows. */
export interface ChartRow {
  readonly id: string
  readonly title: string
  readonly summary: string
}

export interface Scores {
  readonly problems: number
  readonly samples: number
  readonly avgAtK: number
  readonly low: number
  readonly high: number
  readonly meanTurns: number
}

/** One search of a run, in the order of its log. */
export interface ItemRow {
  readonly index: number
  /** The same for all searches of one problem. */
  readonly problem: string
  readonly sampleIndex: number
  readonly level?: Level
  readonly question: string
  readonly truth?: string
  readonly answer: string | null
  readonly end: End
  readonly verdict: Verdict['kind']
  readonly turns: number
  readonly ms: number
}

/** How the server says that something is wrong. */
export interface ErrorBody {
  readonly error: { readonly message: string; readonly code: string }
}
