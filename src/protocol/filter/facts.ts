/** The facts of a search: a row of the table of searches, and what filters read. Flat and small, since a page holds 100,000 of them. */
import type { MissCause } from '../cause.ts'
import type { End } from '../end.ts'
import type { SearchNote } from '../note.ts'
import type { PatternName } from '../pattern.ts'
import type { Level } from '../problem.ts'
import type { Parent } from '../trajectory.ts'

type Verdict = 'correct' | 'wrong' | 'unjudged'

/** In log order; if a search was repeated, the last one counts. Texts are cut at 300 characters. */
export interface SearchFacts {
  /** Its position in the log. */
  readonly index: number
  /** `<data source>/<doc id>`. */
  readonly problem: string
  /** From 0. */
  readonly sampleIndex: number
  /** For searches of a server: the number of the ask. */
  readonly ask?: number
  /** For a fork: the search that it departs from. */
  readonly parent?: Parent
  readonly policy: string
  /** The name of the profile. */
  readonly profile: string
  /** For searches of a training run. */
  readonly step?: number
  /** The advantage; 0 if the search was masked or its group had no spread. */
  readonly advantage?: number
  readonly level?: Level
  readonly question: string
  readonly truth?: string
  readonly answer: string | null
  readonly end: End
  /** After corrections by hand. */
  readonly verdict: Verdict
  /** Set if the verdict was corrected by hand: the one before. */
  readonly asJudged?: Verdict
  readonly note?: SearchNote
  /** Why it has no answer that counts, or a doubtful one. */
  readonly reason?: string
  /** Absent if it was right or the target is unknown. */
  readonly cause?: MissCause
  readonly turns: number
  /** Number of regions it looked at. */
  readonly boxes: number
  /** Length of the longest chain of nested looks. */
  readonly depth: number
  readonly backtracks: number
  /** Looks at a region that an earlier look had shown. */
  readonly repeats: number
  /** Number of different pictures and observations that it cut regions from. */
  readonly sources: number
  /** Shorter side of the smallest region that it looked at, in pixels of the original. */
  readonly smallest?: number
  /** Share of targets inside some region that it looked at; absent if the target is unknown. */
  readonly looked?: number
  /** The turn by which all targets had been in such a region. */
  readonly found?: number
  readonly patterns: readonly PatternName[]
  /** Tokens read and written, each once. */
  readonly tokens: number
  /** Money, if the price of the model is known. */
  readonly cost?: number
  /** Requests that failed and were sent again; absent if there were none. */
  readonly retries?: number
  readonly ms: number
}
