/** Is the answer right? A judge compares it with the reference answer of its problem and says why. */
import type { Compared } from './judge-prompts.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Trajectory, Verdict } from '../protocol/trajectory.ts'
import { messageOf } from '../shared/errors.ts'

/**
 * `answer` null: the search came to none. A judge that asks a server ends its request when `signal` fires, and throws; a run that is
 * stopped gives none, since what is in flight goes on to its end.
 */
export type Judge = (
  problem: Problem,
  answer: string | null,
  signal: AbortSignal | undefined,
) => Verdict | Promise<Verdict>

/** The trajectory with its verdict. A failed search is left unjudged: it is to be done again, and never scored. */
export async function judgeTrajectory(
  trajectory: Trajectory,
  judge: Judge,
  signal: AbortSignal | undefined,
): Promise<Trajectory> {
  const verdict: Verdict =
    trajectory.end === 'failed'
      ? { kind: 'unjudged', reason: 'the search failed' }
      : await judge(trajectory.problem, trajectory.answer, signal)
  return { ...trajectory, verdict }
}

/**
 * Judges a trajectory and keeps it with its verdict. When the judge cannot go on (it throws), the trajectory is kept unjudged
 * before the error is thrown on: what was searched for is never lost.
 */
export async function judgeAndKeep(
  trajectory: Trajectory,
  judge: Judge,
  signal: AbortSignal | undefined,
  keep: (judged: Trajectory) => Promise<void>,
): Promise<Trajectory> {
  let judged: Trajectory
  try {
    judged = await judgeTrajectory(trajectory, judge, signal)
  } catch (error) {
    await keep({ ...trajectory, verdict: { kind: 'unjudged', reason: messageOf(error) } })
    throw error
  }
  await keep(judged)
  return judged
}

/** What every judge decides alike, or else the two answers to compare, of which one may be empty (reference 6.2). */
export function toCompare(problem: Problem, answer: string | null): Verdict | Compared {
  if (problem.answer === undefined) return { kind: 'unjudged', reason: 'no reference answer' }
  return answer === null ? noAnswer : { question: problem.question, reference: problem.answer, answer }
}

/** The same for judges that compare words: an empty answer is none. */
export function wordsToCompare(problem: Problem, answer: string | null): Verdict | Compared {
  return answer?.trim() === '' ? toCompare(problem, null) : toCompare(problem, answer)
}

const noAnswer: Verdict = { kind: 'wrong', reason: 'no answer' }

/** Normalising takes time that grows with the square of a run of combining marks. */
const mostNormalised = 2000

/** Lower case, single blanks, no final period; compatible characters made one where the text is no longer than 2,000. */
export function normalised(text: string): string {
  const compatible = text.length > mostNormalised ? text : text.normalize('NFKC')
  return compatible.toLowerCase().replaceAll(/\s+/g, ' ').trim().replace(/ ?\.$/, '')
}
