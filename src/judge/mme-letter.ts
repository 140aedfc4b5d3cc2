/** MME-RealWorld's own rule as a judge: the first capital A to E of the answer, including its quirks. */
import { mmeLetter } from '../benchmark/letter-rules.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { judgeByLetter } from './choice.ts'

export function judgeMmeLetter(problem: Problem, answer: string | null): Verdict {
  // The released script gives A for a blank answer, which would otherwise count as no answer. A byte order mark is not blank there.
  const isBlank = answer !== null && answer.trim() === ''
  return judgeByLetter(problem, isBlank ? (mmeLetter(answer, problem.choices ?? []) ?? answer) : answer, mmeLetter)
}
