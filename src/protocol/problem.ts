/** A problem: picture, question, reference answer, and origin. Pure. */
import type { RelativeBox } from './box.ts'

export const levels = ['easy', 'medium', 'hard'] as const
export type Level = (typeof levels)[number]

export interface Problem {
  /** Unique within its `dataSource`, such as `shapes_hard_12`. */
  readonly docId: string
  /** The data set, such as `visual_probe_shapes_hard`. */
  readonly dataSource: string
  readonly question: string
  /** Reference answer; absent for a user's question. */
  readonly answer?: string
  /** Further answers that are right. */
  readonly alternatives?: readonly string[]
  readonly level?: Level
  readonly choices?: readonly string[]
  /** Where the answer can be read, as fractions of the picture; if there are several places, their bounding box. */
  readonly targetBoxRel?: RelativeBox
  /** Each place that has to be looked at, if there are several. */
  readonly targetBoxesRel?: readonly RelativeBox[]
}
