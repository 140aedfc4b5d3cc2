/** The exact judge: the same text as one of the right answers, ignoring case, whitespace, a final period and special tokens. */
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { wordsToCompare, normalised } from './judge.ts'
import { withoutSpecialTokens } from './plain-reply.ts'

export function judgeExact(problem: Problem, answer: string | null): Verdict {
  const words = wordsToCompare(problem, answer)
  if ('kind' in words) return words
  const right = [problem.answer ?? '', ...(problem.alternatives ?? [])]
  return right.some((one) => bare(words.answer) === bare(one))
    ? { kind: 'correct', reason: 'the same words' }
    : { kind: 'wrong', reason: 'other words' }
}

function bare(text: string): string {
  return normalised(withoutSpecialTokens(text))
}
