/** A problem: one picture, one question, the reference answer, and where it came from. Pure. */
import type { RelativeBox } from './box.ts'

export const levels = ['easy', 'medium', 'hard'] as const
export type Level = (typeof levels)[number]

export interface Problem {
  /** Unique within its `dataSource`, such as `shapes_hard_12`. */
  readonly docId: string
  /** The data set, such as `visual_probe_shapes_hard`. */
  readonly dataSource: string
  readonly question: string
  /** Reference answer; absent when a person asks. */
  readonly answer?: string
  readonly level?: Level
  readonly choices?: readonly string[]
  /** Where the answer can be read, as fractions of the picture; around all places where there are several. */
  readonly targetBoxRel?: RelativeBox
  /** Each of several places that have to be looked at; absent where there is one. */
  readonly targetBoxesRel?: readonly RelativeBox[]
}
