/** The exact judge: the same words, but for case, blanks and a final period. */
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { normalised, withoutWords } from './judge.ts'

export function judgeExact(problem: Problem, answer: string | null): Verdict {
  const decided = withoutWords(problem, answer)
  if (decided !== undefined) return decided
  return normalised(answer!) === normalised(problem.answer!)
    ? { kind: 'correct', reason: 'the same words' }
    : { kind: 'wrong', reason: 'other words' }
}
