/**
 * The outcome of a trajectory: whether it was right, how it ended, in how many turns, and what went wrong. A few numbers instead of the
 * full text, so that tens of thousands of searches fit in memory. Pure.
 */
import { addSpent, nothingSpent, spentByTurn } from '../../protocol/price.ts'
import type { SpentTokens } from '../../protocol/price.ts'
import { chosenLetter } from '../../judge/choice.ts'
import { normalised } from '../../judge/judge.ts'
import type { MissCause } from '../../protocol/cause.ts'
import { picturesOf } from '../../protocol/originals.ts'
import { withHandVerdict } from '../../protocol/note.ts'
import type { SearchNote } from '../../protocol/note.ts'
import type { Level } from '../../protocol/problem.ts'
import { reasonOf } from '../../protocol/reason.ts'
import type { SearchName } from '../../protocol/reason-count.ts'
import type { Reason } from '../../protocol/reason.ts'
import { answeredBeyondLimit } from '../../protocol/trajectory.ts'
import type { End, Trajectory } from '../../protocol/trajectory.ts'
import { picturesId } from '../../search/same-pictures.ts'
import { lookFigures } from './looks.ts'
import type { LookFigures } from './looks.ts'

export interface Outcome extends LookFigures {
  /** Of the problem. */
  readonly dataSource: string
  readonly docId: string
  /** Index of the search of its problem, from 0. */
  readonly sample: number
  readonly level: Level | undefined
  /** Identity of the pictures, see `picturesId`. */
  readonly picture: string
  readonly end: End
  /** Whether it answered beyond its limit. */
  readonly beyondLimit: boolean
  readonly turns: number
  readonly correct: boolean
  /** The part of a point that a right answer was given, by judges that give parts; see `creditOf`. */
  readonly part?: number
  /** Whether a person gave the verdict, in place of another one. */
  readonly corrected?: true
  /** False if the search has no verdict yet; it then counts as not right. */
  readonly judged: boolean
  /** Normalised answer, equal for equivalent answers; absent if there is none. See `voteOf`. */
  readonly vote: string | undefined
  readonly usage: Trajectory['usage']
  /** Tokens as billed: every turn sends the conversation again. */
  readonly spent: SpentTokens
  /** Absent if the search was right or the target is unknown. */
  readonly cause: MissCause | undefined
  /** Absent if the result counts. */
  readonly reason: Reason | undefined
}

export function searchNameOf({ dataSource, docId, sample }: Outcome): SearchName {
  return { dataSource, docId, sampleIndex: sample }
}

/** What a search adds to the score. */
export function creditOf({ correct, part = 1 }: Pick<Outcome, 'correct' | 'part'>): number {
  return correct ? part : 0
}

export function outcomeOf(trajectory: Trajectory): Outcome {
  const { problem, end, turns, sampleIndex, usage } = trajectory
  const correct = end !== 'failed' && trajectory.verdict?.kind === 'correct'
  const judged = trajectory.verdict !== undefined && trajectory.verdict.kind !== 'unjudged'
  const looks = lookFigures(trajectory)
  return {
    dataSource: problem.dataSource,
    docId: problem.docId,
    sample: sampleIndex,
    level: problem.level,
    picture: picturesId(picturesOf(trajectory)),
    end,
    beyondLimit: answeredBeyondLimit(trajectory),
    turns: turns.length,
    correct,
    ...(correct && trajectory.verdict?.score !== undefined && { part: trajectory.verdict.score }),
    judged,
    vote: voteOf(trajectory),
    usage,
    spent: spentByTurn(turns).reduce(addSpent, nothingSpent),
    ...looks,
    cause: correct || looks.seen === undefined ? undefined : causeOf(trajectory, judged, looks),
    reason: reasonOf(trajectory),
  }
}

/** The outcome with the verdict that a person gave, if there is one. */
export function notedOutcome(trajectory: Trajectory, note: SearchNote | undefined): Outcome {
  const noted = withHandVerdict(trajectory, note)
  const outcome = outcomeOf(noted)
  return noted === trajectory ? outcome : { ...outcome, corrected: true }
}

/** The letter of the chosen option; otherwise the text, normalised for case, whitespace and a final period. */
function voteOf({ end, answer, problem: { choices = [] } }: Trajectory): string | undefined {
  if (end === 'failed' || answer === null || answer.trim() === '') return undefined
  return chosenLetter(answer, choices) ?? normalised(answer)
}

function causeOf(trajectory: Trajectory, judged: boolean, { looks, wasted, seen }: LookFigures): MissCause {
  const { end } = trajectory
  if (end === 'failed') return end
  if (!judged) return 'unjudged'
  if (end === 'void') return end
  if (end === 'answered' || answeredBeyondLimit(trajectory)) return seen ? 'misread' : 'guessed'
  if (looks > 0 && wasted >= looks / 2) return 'looped'
  return seen ? 'passed-over' : 'never-found'
}
