/** The JSON API between pages and server: forks of searches. Types only. */
import type { Parent } from '../../protocol/trajectory.ts'

/** `POST /api/forks`: goes on from a turn of a search, whose text may be changed; the response is an `AskStarted`. */
export interface ForkRequest {
  readonly origin: ForkedSearch
  /** The turn that is changed, or without a change the first one that is taken anew. */
  readonly turn: number
  /** Where that turn is to look: fractions of the source, a picture by the index of its observation. */
  readonly look?: { readonly box: readonly [number, number, number, number]; readonly source: number } | undefined
  readonly thought?: string | undefined
  readonly policy: string
  /** Default: that of the search if the turn is changed, otherwise another one. */
  readonly seed?: number | undefined
  /** Default: that of the search. */
  readonly maxTurns?: number | undefined
}

/** The search that is forked: of an ask, or stored in a run. */
type ForkedSearch = { readonly ask: string; readonly sample: number } | { readonly run: string; readonly index: number }

export type ForkOrigin = ForkedSearch & { readonly turn: number }

/** `GET /api/asks/<id>/forks`: the forks of its searches that this server has. */
export interface AskFork extends ForkDeparture {
  readonly id: string
  readonly sample: number
  /** Its answer, otherwise its state. */
  readonly outcome: string
}

/** What tells the forks of a search apart: the turn, what was changed, and when. */
export interface ForkDeparture extends Pick<Parent, 'turn' | 'changed'> {
  /** Absent for forks of earlier versions. */
  readonly startedMs?: number
}
