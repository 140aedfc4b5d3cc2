/**
 * What evaluation keeps of a trajectory: was it right, how did it end, in how many turns, and what went wrong. A few
 * numbers in place of pages of text, so that tens of thousands of searches fit in memory. Pure.
 */
import { addSpent, nothingSpent } from '../../endpoint/price.ts'
import type { SpentTokens } from '../../endpoint/price.ts'
import { chosenLetter } from '../../judge/choice.ts'
import { normalised } from '../../judge/judge.ts'
import type { Level } from '../../protocol/problem.ts'
import { reasonOf } from '../../protocol/reason.ts'
import type { Reason } from '../../protocol/reason.ts'
import { answeredBeyondLimit } from '../../protocol/trajectory.ts'
import type { End, Trajectory } from '../../protocol/trajectory.ts'
import { searchKey } from '../../runs/searches.ts'
import { lookFigures } from './looks.ts'
import type { LookFigures } from './looks.ts'

/**
 * Why a search was not right, where the target's place is known. Each wrong search has one cause:
 * `misread`: answered wrongly, within the limits or beyond them, though the target had been shown legibly; `guessed`: answered wrongly without that;
 * `looped`: ran out of turns, and half of its looks or more were at places it had looked at before;
 * `passed-over`: ran out although the target had been shown legibly; `never-found`: ran out without that;
 * `void`: a turn without an action; `failed`: there is no reply, see its reason; `unjudged`: the judge failed, to be judged again.
 */
export const causes = [
  'never-found',
  'passed-over',
  'looped',
  'misread',
  'guessed',
  'void',
  'failed',
  'unjudged',
] as const
export type MissCause = (typeof causes)[number]

export interface Outcome extends LookFigures {
  readonly key: string
  /** Which of the searches for its problem this is, counted from 0. */
  readonly sample: number
  readonly level: Level | undefined
  readonly end: End
  /** Answered beyond the limit that it met. */
  readonly beyondLimit: boolean
  readonly turns: number
  readonly correct: boolean
  /** False: the search waits for a verdict, and counts as not right until it has one. */
  readonly judged: boolean
  /** What its answer says, the same for answers that say the same; absent: there is none. See `voteOf`. */
  readonly vote: string | undefined
  readonly usage: Trajectory['usage']
  /** As a server bills it: the conversation so far is sent again in every turn. */
  readonly spent: SpentTokens
  /** Absent when the search was right, or the target's place is not known. */
  readonly cause: MissCause | undefined
  /** Absent where its result counts. */
  readonly reason: Reason | undefined
}

export function outcomeOf(trajectory: Trajectory): Outcome {
  const { problem, end, turns, sampleIndex, usage } = trajectory
  const correct = end !== 'failed' && trajectory.verdict?.kind === 'correct'
  const judged = trajectory.verdict !== undefined && trajectory.verdict.kind !== 'unjudged'
  const looks = lookFigures(trajectory)
  return {
    key: searchKey(problem, sampleIndex),
    sample: sampleIndex,
    level: problem.level,
    end,
    beyondLimit: answeredBeyondLimit(trajectory),
    turns: turns.length,
    correct,
    judged,
    vote: voteOf(trajectory),
    usage,
    spent: spentOf(turns),
    ...looks,
    cause: correct || looks.seen === undefined ? undefined : causeOf(trajectory, judged, looks),
    reason: reasonOf(trajectory),
  }
}

function spentOf(turns: Trajectory['turns']): SpentTokens {
  let conversation = 0
  let spent = nothingSpent
  for (const { usage } of turns) {
    const { promptTokens, replyTokens, cachedTokens = 0 } = usage
    conversation += promptTokens
    const cached = Math.min(cachedTokens, conversation)
    spent = addSpent(spent, { sent: conversation, cached, written: replyTokens })
    conversation += replyTokens
  }
  return spent
}

/** The letter of the choice that an answer names; else its words, but for case, blanks and a final period. */
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
