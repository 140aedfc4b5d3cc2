/** The exact judge: the same text as one of the right answers, ignoring case, whitespace, a final period and special tokens. */
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { wordsToCompare, normalised } from './judge.ts'
import { withoutSpecialTokens } from './plain-reply.ts'

export function judgeExact(problem: Problem, answer: string | null): Verdict {
  const words = wordsToCompare(problem, answer)
  if ('kind' in words) return words
  const right = [problem.answer ?? '', ...(problem.alternatives ?? [])].map(normalised)
  // An answer may be about such tokens, too.
  return [words.answer, withoutSpecialTokens(words.answer)].some((given) => right.includes(normalised(given)))
    ? { kind: 'correct', reason: 'the same words' }
    : { kind: 'wrong', reason: 'other words' }
}
