/** MME-RealWorld's own rule as a judge: the first capital A to E of the answer, quirks included (reference 4.5). */
import { mmeLetter } from '../benchmark/letter-rules.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { judgeChoice } from './choice.ts'

export function judgeMmeLetter(problem: Problem, answer: string | null): Verdict {
  return judgeChoice(problem, answer, mmeLetter)
}
