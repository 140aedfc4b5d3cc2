/** What a page asks of its searching worker, and what comes back: one answer for each request, in order. Types only. */
import type { SearcherData } from '../../src/page/page-data.ts'
import type { Goal, SceneRef } from '../../src/probe/problem.ts'
import type { SearchStart } from '../../src/server/api/types.ts'
import type { Observation, Trajectory, Turn } from '../../src/protocol/trajectory.ts'

/** The request of each kind, and its answer. */
export interface TryAsks {
  /** Reads the weights. */
  load(data: Omit<SearcherData, 'script'>): void
  /** The scene, and the question that it poses. */
  draw(scene: SceneRef): { readonly picture: string; readonly goal: Goal }
  /** Begins a search in place of the one before. */
  begin(wanted: TrySearch): readonly TryNews[]
  /** The next turn of the search. */
  turn(): readonly TryNews[]
}

export interface TrySearch {
  readonly scene: SceneRef
  readonly goal: Goal
  readonly maxTurns: number
  readonly temperature: number
  readonly seed: number
}

/** Pictures are `data:` URLs. */
export type TryNews =
  | { readonly kind: 'began'; readonly search: SearchStart }
  /** `crop`: null for the original. */
  | {
      readonly kind: 'observed'
      readonly observation: Observation
      readonly crop: string | null
      readonly view: string
    }
  | { readonly kind: 'acted'; readonly turn: number; readonly taken: Turn }
  | { readonly kind: 'ended'; readonly trajectory: Trajectory }

export type TryRequest = {
  readonly [Kind in keyof TryAsks]: { readonly kind: Kind; readonly about: Parameters<TryAsks[Kind]>[0] }
}[keyof TryAsks]

export type TryResponse = { readonly id: number } & ({ readonly answer: unknown } | { readonly problem: string })
