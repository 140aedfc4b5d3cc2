/** The interface of a judge: compares an answer with the reference answer of its problem and gives a reason. */
import type { Compared } from './judge-prompts.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Trajectory, Verdict } from '../protocol/trajectory.ts'
import { messageOf } from '../shared/errors.ts'

/**
 * `answer` is null if the search has none. A judge with a server aborts its request when `signal` fires, and throws; a run that is being
 * stopped passes no signal, since judgements in flight are finished.
 */
export type Judge = (
  problem: Problem,
  answer: string | null,
  signal: AbortSignal | undefined,
) => Verdict | Promise<Verdict>

/** The trajectory with its verdict. A failed search stays unjudged, since it is repeated and never scored. */
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
 * Judges a trajectory and stores it with its verdict. If the judge throws, the trajectory is stored unjudged before the error is rethrown,
 * so that no search is lost.
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

/** The verdict in cases that all judges decide alike, otherwise the two answers to compare, of which one may be empty. */
export function toCompare(problem: Problem, answer: string | null): Verdict | Compared {
  if (problem.answer === undefined) return { kind: 'unjudged', reason: 'no reference answer' }
  if (answer === null) return noAnswer
  const { grading } = problem
  return {
    question: grading?.question ?? problem.question,
    reference: [problem.answer, ...(problem.alternatives ?? [])].join(' or '),
    answer,
    ...(grading && { grading: { name: grading.name, rule: grading.rule } }),
  }
}

/** The same for judges that compare text, for which an empty answer counts as none. */
export function wordsToCompare(problem: Problem, answer: string | null): Verdict | Compared {
  return answer?.trim() === '' ? toCompare(problem, null) : toCompare(problem, answer)
}

const noAnswer: Verdict = { kind: 'wrong', reason: 'no answer' }

/** Normalisation takes quadratic time for runs of combining marks. */
const mostNormalised = 2000

/** Lower case, single spaces, no final period; NFKC if the text has at most 2,000 characters. */
export function normalised(text: string): string {
  const compatible = text.length > mostNormalised ? text : text.normalize('NFKC')
  return compatible.toLowerCase().replaceAll(/\s+/g, ' ').trim().replace(/ ?\.$/, '')
}
