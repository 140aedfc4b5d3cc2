/** The JSON API between pages and server. Types only. */
import type { Found } from '../../discover/found.ts'
import type { SearchFacts } from '../../protocol/filter/facts.ts'
import type { JobProgress } from '../../shared/job.ts'
import type { ForkOrigin } from './fork-types.ts'
import type { RunNotes } from './note-types.ts'
import type { Level } from '../../protocol/problem.ts'
import type { ReplyNews } from '../../shared/reply-news.ts'
import type { Price } from '../../protocol/price.ts'
import type { Observation, Trajectory, Turn } from '../../protocol/trajectory.ts'

/** `GET /api/setup`: the policies on offer. Without policies the server only shows runs. */
export interface Setup {
  readonly scenes: readonly SceneRow[]
  readonly policies: readonly PolicyRow[]
  readonly limits: { readonly turns: number; readonly samples: number; readonly pictureBytes: number }
  /** Whether searches are stored as runs rather than kept in memory. */
  readonly archives: boolean
  /** Whether models can be connected from the page. */
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
  /** A defect of the file, if any; it can be searched all the same. */
  readonly note?: string
}

export interface PolicyRow {
  readonly name: string
  readonly maxTurns: number
  /** Which questions it can answer, as text for people. */
  readonly note: string
  /** Set if it only reads boxes whose edges are multiples of this fraction of the source. */
  readonly boxStep?: number
  /** Set if it only takes generated scenes, no photographs. */
  readonly scenesOnly?: true
  /** Why it is unavailable; absent if it is available. */
  readonly unavailable?: string
}

/** `POST /api/asks` */
export interface AskRequest {
  readonly picture: string
  /** All pictures but the first, for a question about several. */
  readonly furtherPictures?: readonly string[]
  readonly question: string
  readonly policy: string
  readonly maxTurns: number
  readonly samples: number
}

/** The response to an `AskRequest`. */
export interface AskStarted {
  readonly id: string
}

/** `GET /api/asks/<id>/events`: the events of an ask from its start, as server-sent events. `sample` counts from 0. */
export type AskEvent = { readonly sample: number } &
  /** `ask`: the number of the ask; a page that searches by itself and a fork of a stored search have none. */
  (
    | { readonly kind: 'began'; readonly ask?: number; readonly search: SearchStart; readonly origin?: ForkOrigin }
    | { readonly kind: 'observed'; readonly observation: Observation }
    | { readonly kind: 'acted'; readonly turn: number; readonly taken: Turn }
    /** `page`: the address of the stored search, if it is stored as a run. */
    | { readonly kind: 'ended'; readonly trajectory: Trajectory; readonly page?: string | undefined }
    /** The search could not be run. */
    | { readonly kind: 'broken'; readonly message: string }
  )

/**
 * Sent between these events, without an id since it is not stored: progress of the current turn. `text` is its thought from character
 * `from` on.
 */
export interface DraftNews {
  readonly sample: number
  readonly kind: 'draft'
  readonly turn: number
  /** Milliseconds since the turn began. */
  readonly forMs: number
  readonly from: number
  readonly text: string
  /** Set while the turn is waiting. */
  readonly waiting?: Waiting
}

export type Waiting = Pick<Extract<ReplyNews, { readonly kind: 'waiting' }>, 'why' | 'waitMs' | 'next'>

/** The part of a trajectory that is known before its first turn. */
export type SearchStart = Pick<
  Trajectory,
  'problem' | 'picture' | 'furtherPictures' | 'policy' | 'maxTurns' | 'seed' | 'sampleIndex' | 'parent'
>

/**
 * `finished` without `incomplete` searches; `unreadable`: its settings cannot be read; `unknown`: of an earlier version, which kept
 * nothing of how a run ended.
 */
export type RunState = 'running' | 'finished' | 'incomplete' | 'interrupted' | 'failed' | 'unreadable' | 'unknown'

/** `GET /api/runs`: what is known of a run without its logs. */
export interface RunRow {
  /** Path of its folder relative to the folder of runs, with `/`. */
  readonly name: string
  readonly command: string
  readonly policy: string
  /** The benchmark and the path of the problems, as far as its settings name them. */
  readonly benchmark: string
  readonly data: string
  readonly profile: string
  /** Of a run that is one question. */
  readonly question: string
  readonly seed?: number
  readonly startedMs: number
  readonly changedMs: number
  /** Whether a process is working in it. */
  readonly live: boolean
  readonly state: RunState
  readonly progress?: JobProgress
  /** Why its settings cannot be read; then nothing else is known from them, and it cannot be opened. */
  readonly unreadable?: string
  /** Size of the log of its searches. */
  readonly bytes: number
}

/** `GET /api/runs/<name>/summary`: what is known of a run from its logs. */
export interface RunSummary {
  readonly searches: number
  /** The first different questions, and how many there are. */
  readonly questions: readonly string[]
  readonly questionCount: number
  /** The policies of its searches, the commonest first. */
  readonly policies: readonly string[]
  readonly scores: Scores | null
  /** Figures of the last training step, as text. */
  readonly latest: RunFigures['latest']
  /** What its searches cost, if the price of the model is known. */
  readonly cost?: number
}

/**
 * `GET /api/runs/<name>?after=<n>&log=<log>&notes=<version>`: the run and its items from index `after` on, or from the first on if the log was
 * replaced.
 * A response has at most 500 items, later ones 2,000: as long as there are fewer items than `total`, or `read` is present, ask for the
 * next ones.
 */
export interface RunDetails {
  readonly run: RunRow
  readonly settings: Readonly<Record<string, unknown>>
  /** Identifies the log file; changes if it is replaced. */
  readonly log: string
  readonly items: readonly ItemRow[]
  readonly total: number
  /** While the log is being read for the first time: the share that was read. */
  readonly read?: number
  /** Lines that are not a search of this version. */
  readonly unreadable: number
  /** What people noted about its searches; absent if it is still that of `version`. */
  readonly notes?: RunNotes
  /** Of the tokens of its policy, if it was given with `--price`. */
  readonly price?: Price
}

/** `GET /api/runs/<name>/figures` */
export interface RunFigures {
  /** null if there is nothing to score: no verdicts, a policy that changes during the run, or a run that keeps only right searches. */
  readonly scores: Scores | null
  /** Figures of the last training step, as text. */
  readonly latest: readonly { readonly title: string; readonly text: string }[]
  readonly charts: readonly ChartRow[]
  /** Why searches have no answer that counts, the commonest first. */
  readonly reasons: readonly ReasonRow[]
}

/** A reason that several searches share. */
export interface ReasonRow {
  readonly text: string
  readonly count: number
  /** Index of one of these searches. */
  readonly index: number
}

/** A chart, drawn by `GET /api/runs/<name>/charts/<id>`, with `?size=narrow` for a narrow screen. */
export interface ChartRow {
  readonly id: string
  readonly title: string
  /** Text alternative of the chart. */
  readonly summary: string
  /** Some of its data; the first row is the header. */
  readonly table: readonly (readonly string[])[]
  /** The drawing itself, in a page opened from a file. */
  readonly svg?: string
}

/** A run in a page opened from a file. */
export interface RunData {
  readonly kind: 'run'
  readonly details: RunDetails
  readonly figures: RunFigures
  /** Addresses of the pages that replay the searches, by index. */
  readonly pages: Readonly<Record<number, string>>
  /** If it only has the searches that match a filter: that, and the number of all. */
  readonly only?: { readonly where: string; readonly of: number }
  /** The index of the comparison that it is a part of. */
  readonly within?: { readonly index: string; readonly title: string }
}

export interface Scores {
  readonly problems: number
  /** Number of searches with a verdict. */
  readonly searches: number
  readonly samples: number
  readonly avgAtK: number
  readonly low: number
  readonly high: number
  /** Share of problems with at least one right search. */
  readonly passAtK: number
  readonly meanTurns: number
  /** Number of verdicts corrected by hand. */
  readonly corrected: number
}

/** `GET /api/runs/<name>/thoughts?words=<words>&after=<n>&log=<log>`: the searches, from `after` on, whose thoughts have the words. */
export interface ThoughtsFound {
  readonly indexes: readonly number[]
  /** Number of searches that were read. */
  readonly upTo: number
}

/** `GET /api/sets`: how training sets can be made from the page. */
export interface SetOffer {
  /** The default first; empty if sets are only made by a command. */
  readonly formats: readonly string[]
  /** Where sets are written. */
  readonly folder: string
}

/** `POST /api/sets`: makes a training set of the searches that match; the response is a `SetRow`. */
export interface SetRequest {
  readonly run: string
  readonly where: string
  readonly to: string
}

/** `GET /api/sets/<id>`, `POST /api/sets/<id>/cancel` */
export interface SetRow {
  readonly id: string
  readonly state: 'working' | 'done' | 'failed' | 'cancelled'
  /** Its folder in the folder of runs, and the path of that. */
  readonly name: string
  readonly path: string
  readonly to: string
  /** Searches that are written, of `total` if that is known. */
  readonly done: number
  readonly total?: number
  /** What was written, or why not. */
  readonly text: string
}

/** One search of a run. */
export type ItemRow = SearchFacts

/** `GET /api/runs/<first>/diff/<second>`: compares two runs on their common problems. */
export interface RunsDiff {
  readonly runs: readonly [RunRow, RunRow]
  /** Avg@K of each run on the common problems. */
  readonly avgAtK: readonly [number, number]
  /** Numbers of verdicts corrected by hand. */
  readonly corrected: readonly [number, number]
  /** Second minus first, with the 95 % paired bootstrap interval. */
  readonly difference: { readonly mean: number; readonly low: number; readonly high: number }
  readonly rows: readonly DiffRow[]
  /** Numbers of problems that only one of the runs has. */
  readonly alone: readonly [number, number]
  /** One line per differing setting, for example `maxTurns: 6, now 32`. */
  readonly settings: readonly string[]
}

export interface DiffRow {
  readonly problem: string
  readonly step?: number
  readonly level?: Level
  readonly question: string
  readonly truth?: string
  /** `gained`: right in at least half of the searches in the second run only; `lost`: in the first run only. */
  readonly change: 'gained' | 'lost' | 'right' | 'wrong'
  readonly sides: readonly [DiffSide, DiffSide]
}

/** The result of one run for the problem. */
export interface DiffSide {
  readonly right: number
  readonly of: number
  readonly meanTurns: number
  /** A search with the majority outcome. */
  readonly item: ItemRow
}

/** A comparison in a page opened from a file. */
export interface DiffData {
  readonly kind: 'diff'
  readonly diff: RunsDiff
  /** Addresses of the pages of the two runs. */
  readonly runs: readonly [string, string]
  /** Addresses of the pages with both searches of a row, by the index of the first run's search. */
  readonly pages: Readonly<Record<number, string>>
}

/** Body of an error response. */
export interface ErrorBody {
  readonly error: { readonly message: string; readonly code: string }
}

/** `POST /api/models/found`: models that can be connected. */
export type ModelsFound = Found
export type { LocalRow } from '../../discover/found.ts'

/** `GET /api/asks`: recent questions, newest first. */
export interface RecentAsk {
  readonly id: string
  /** Its number on this server. */
  readonly number: number
  readonly question: string
  readonly policy: string
  /** Number of its searches. */
  readonly samples: number
  /** The answers of its searches, the commonest first, or how they ended. */
  readonly outcome: string
  readonly picture: PictureRow
  /** All pictures but the first, of a question about several. */
  readonly furtherPictures: readonly PictureRow[]
}

/** `POST /api/models`: connects a model; the response is a `ConnectingRow`. */
export type ConnectRequest =
  | {
      readonly baseUrl: string
      /** Name of the environment variable of the API key, never the key itself. */
      readonly apiKeyEnv?: string | undefined
      readonly model: string
      /** The kind of server, if known. */
      readonly server?: string | undefined
    }
  /** A model that runs in the program, by its name without `local:`; downloaded first if necessary. */
  | { readonly local: string }

/** `POST /api/models/list`: the models of a server. */
export interface ListedModels {
  /** The base URL at which the server actually answers. */
  readonly baseUrl: string
  readonly models: readonly string[]
}

/** `GET /api/models`: current and past connection attempts, newest first. */
export interface ConnectingRow {
  readonly id: string
  /** Name of the resulting policy, such as `chat:qwen`. */
  readonly policy: string
  readonly state: 'connecting' | 'connected' | 'failed' | 'cancelled'
  /** Current step, or why it failed. */
  readonly text: string
  /** Elapsed time in seconds. */
  readonly seconds: number
  /** Progress of a download. */
  readonly bytes?: { readonly done: number; readonly total: number }
}
