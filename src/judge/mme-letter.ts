/** MME-RealWorld's own rule as a judge: the first capital A to E of the answer, quirks included (reference 4.5). */
import { mmeLetter } from '../benchmark/letter-rules.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { judgeByLetter } from './choice.ts'

export function judgeMmeLetter(problem: Problem, answer: string | null): Verdict {
  // A blank answer is A in the released script, and would be none before its rule is asked. A byte order mark is not blank there.
  const isBlank = answer !== null && answer.trim() === ''
  return judgeByLetter(problem, isBlank ? (mmeLetter(answer, problem.choices ?? []) ?? answer) : answer, mmeLetter)
}
