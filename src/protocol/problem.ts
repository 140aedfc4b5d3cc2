/** A problem: picture, question, reference answer, and origin. Pure. */
import type { RelativeBox } from './box.ts'

export const levels = ['easy', 'medium', 'hard'] as const
export type Level = (typeof levels)[number]

export interface Grading {
  /** Names the kind of question, such as `charxiv-reasoning-1`. */
  readonly name: string
  /** The rule, for judges that do not have the original prompt of the kind. */
  readonly rule: string
  /** The question without requests for a form of answer; default: as it is asked. */
  readonly question?: string
}

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
  /** How an LLM judge grades the answer, where the problem set has rules for kinds of questions. */
  readonly grading?: Grading
  readonly level?: Level
  readonly choices?: readonly string[]
  /** Where the answer can be read, as fractions of the picture; if there are several places, their bounding box. */
  readonly targetBoxRel?: RelativeBox
  /** Each place that has to be looked at, if there are several. */
  readonly targetBoxesRel?: readonly RelativeBox[]
}
