/** The exact judge: the same text as one of the right answers, ignoring case, whitespace and a final period. */
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { wordsToCompare, normalised } from './judge.ts'

export function judgeExact(problem: Problem, answer: string | null): Verdict {
  const words = wordsToCompare(problem, answer)
  if ('kind' in words) return words
  const right = [problem.answer ?? '', ...(problem.alternatives ?? [])]
  return right.some((one) => normalised(words.answer) === normalised(one))
    ? { kind: 'correct', reason: 'the same words' }
    : { kind: 'wrong', reason: 'other words' }
}
