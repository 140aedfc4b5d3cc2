/** What the pages and the server say to each other, as JSON. Types only. */
import type { Found } from '../../discover/found.ts'
import type { Level } from '../../protocol/problem.ts'
import type { ReplyNews } from '../../shared/reply-news.ts'
import type { End, Observation, Trajectory, Turn, Verdict } from '../../protocol/trajectory.ts'

/** `GET /api/setup`: what can be asked here. Without policies: nothing, only runs are shown. */
export interface Setup {
  readonly scenes: readonly SceneRow[]
  readonly policies: readonly PolicyRow[]
  readonly limits: { readonly turns: number; readonly samples: number; readonly pictureBytes: number }
  /** Searches are kept as runs, not only while the server runs. */
  readonly archives: boolean
  /** Models can be connected from the page. */
  readonly connects: boolean
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
  /** What is wrong with it, though it can be searched. */
  readonly note?: string
}

export interface PolicyRow {
  readonly name: string
  readonly maxTurns: number
  /** What questions it takes, for people. */
  readonly note: string
  /** It takes generated scenes alone, no photograph. */
  readonly scenesOnly?: true
  /** Why it cannot be asked; absent: it can. */
  readonly unavailable?: string
}

/** `POST /api/asks` */
export interface AskRequest {
  readonly picture: string
  /** Of a question about several pictures all but the first. */
  readonly furtherPictures?: readonly string[]
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
  | { readonly kind: 'ended'; readonly trajectory: Trajectory; readonly page?: string | undefined }
  /** It could not be searched. */
  | { readonly kind: 'broken'; readonly message: string }
)

/**
 * Among these events, without an id since it is not kept: where the turn that is under way has got to. `text` is its thought from the
 * character `from` on.
 */
export interface DraftNews {
  readonly sample: number
  readonly kind: 'draft'
  readonly turn: number
  /** Milliseconds since the turn began. */
  readonly forMs: number
  readonly from: number
  readonly text: string
  /** Nothing is written for now. */
  readonly waiting?: Waiting
}

export type Waiting = Pick<Extract<ReplyNews, { readonly kind: 'waiting' }>, 'why' | 'waitMs' | 'next'>

/** What is known of a search before its first turn. */
export type SearchStart = Pick<
  Trajectory,
  'problem' | 'picture' | 'furtherPictures' | 'policy' | 'maxTurns' | 'seed' | 'sampleIndex'
>

/** `GET /api/runs` */
export interface RunRow {
  /** Its folder's path below the runs' folder, with `/`. */
  readonly name: string
  readonly command: string
  readonly policy: string
  readonly changedMs: number
  /** A process is working in it. */
  readonly live: boolean
  /** Of the log of its searches. */
  readonly bytes: number
}

/** `GET /api/runs/<name>?after=<n>&log=<log>`: the run, and its items from index `after` on, or all if its log is another one. */
export interface RunDetails {
  readonly run: RunRow
  readonly settings: Readonly<Record<string, unknown>>
  /** Changes when the log is not the same file as before. */
  readonly log: string
  readonly items: readonly ItemRow[]
  readonly total: number
  /** Lines that are no search of this version. */
  readonly unreadable: number
}

/** `GET /api/runs/<name>/figures` */
export interface RunFigures {
  /** null where there is nothing to score: no verdicts, a policy that changed meanwhile, or only the right searches kept. */
  readonly scores: Scores | null
  /** Of the last step of training, for people. */
  readonly latest: readonly { readonly title: string; readonly text: string }[]
  readonly charts: readonly ChartRow[]
}

/** Drawn by `GET /api/runs/<name>/charts/<id>`. */
export interface ChartRow {
  readonly id: string
  readonly title: string
  /** Says in words what it shows. */
  readonly summary: string
  /** Some of its figures, the heads of the columns first. */
  readonly table: readonly (readonly string[])[]
  /** In a page that is opened from a file. */
  readonly svg?: string
}

/** A run in a page that is opened from a file. */
export interface RunData {
  readonly kind: 'run'
  readonly details: RunDetails
  readonly figures: RunFigures
  /** By the index of a search: where it is replayed. */
  readonly pages: Readonly<Record<number, string>>
}

export interface Scores {
  readonly problems: number
  readonly samples: number
  readonly avgAtK: number
  readonly low: number
  readonly high: number
  /** Share of problems of which one search or more was right. */
  readonly passAtK: number
  readonly meanTurns: number
}

/** One search of a run, in the order of its log. Of the same search done again the last one counts. */
export interface ItemRow {
  readonly index: number
  readonly problem: string
  readonly sampleIndex: number
  /** Of a server: the number of the ask that this search belongs to, and whom it was put to. */
  readonly ask?: number
  readonly policy?: string
  /** Of training. */
  readonly step?: number
  /** What training multiplied its gradient with; 0: it was masked, or its group taught nothing. */
  readonly advantage?: number
  readonly level?: Level
  readonly question: string
  readonly truth?: string
  readonly answer: string | null
  readonly end: End
  readonly verdict: Verdict['kind']
  readonly turns: number
  /** Regions that it looked into. */
  readonly boxes: number
  readonly ms: number
}

/** `GET /api/runs/<first>/diff/<second>`: what is right in one and not in the other, on the problems that both have. */
export interface RunsDiff {
  readonly runs: readonly [RunRow, RunRow]
  /** Avg@K of each on these problems. */
  readonly avgAtK: readonly [number, number]
  /** The second minus the first, with its 95 % paired bootstrap interval. */
  readonly difference: { readonly mean: number; readonly low: number; readonly high: number }
  readonly rows: readonly DiffRow[]
  /** Problems that only one of them has. */
  readonly alone: readonly [number, number]
  /** A line for each setting that differs, such as `maxTurns: 6, now 32`. */
  readonly settings: readonly string[]
}

export interface DiffRow {
  readonly problem: string
  readonly step?: number
  readonly level?: Level
  readonly question: string
  readonly truth?: string
  /** `gained`: right in half of the searches or more only in the second run; `lost`: only in the first. */
  readonly change: 'gained' | 'lost' | 'right' | 'wrong'
  readonly sides: readonly [DiffSide, DiffSide]
}

/** What one run made of the problem. */
export interface DiffSide {
  readonly right: number
  readonly of: number
  readonly meanTurns: number
  /** One of its searches that went as most did. */
  readonly item: ItemRow
}

/** How the server says that something is wrong. */
export interface ErrorBody {
  readonly error: { readonly message: string; readonly code: string }
}

/** `POST /api/models/found`: what is there to be connected. */
export type ModelsFound = Found
export type { LocalRow } from '../../discover/found.ts'

/** `GET /api/asks`: what was asked last, the newest first. */
export interface RecentAsk {
  readonly id: string
  readonly question: string
  readonly policy: string
  /** The answer of its first search that has one, or how it stands. */
  readonly outcome: string
  readonly picture: PictureRow
}

/** `POST /api/models`: connects a model; a `ConnectingRow` is the answer. */
export type ConnectRequest =
  | {
      readonly baseUrl: string
      /** The name of the environment variable with the key, never a key. */
      readonly apiKeyEnv?: string | undefined
      readonly model: string
      /** The kind of server, where it was found out. */
      readonly server?: string | undefined
    }
  /** A model that runs in the program, by its name behind `local:`; downloaded first, where it is not there. */
  | { readonly local: string }

/** `POST /api/models/list`: which models a server has. */
export interface ListedModels {
  /** Below which it really is. */
  readonly baseUrl: string
  readonly models: readonly string[]
}

/** `GET /api/models`: models that are being connected, or were, the newest first. */
export interface ConnectingRow {
  readonly id: string
  /** Of the policy that it is to be, such as `chat:qwen`. */
  readonly policy: string
  readonly state: 'connecting' | 'connected' | 'failed' | 'cancelled'
  /** What is being done, or why it failed. */
  readonly text: string
  /** Seconds since it began. */
  readonly seconds: number
  /** Of a download. */
  readonly bytes?: { readonly done: number; readonly total: number }
}
