/** VLMEvalKit's rule for HR-Bench and V* as a judge; where VLMEvalKit would ask a model, the answer counts as wrong. */
import { canInferLetter } from '../benchmark/letter-rules.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { judgeByLetter } from './choice.ts'

export function judgeCanInfer(problem: Problem, answer: string | null): Verdict {
  return judgeByLetter(problem, answer, canInferLetter)
}
