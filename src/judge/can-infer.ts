/** VLMEvalKit's rule for HR-Bench and V* as a judge; where it would ask a model, the answer is wrong (reference 4.3). */
import { canInferLetter } from '../benchmark/letter-rules.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { judgeByLetter } from './choice.ts'

export function judgeCanInfer(problem: Problem, answer: string | null): Verdict {
  return judgeByLetter(problem, answer, canInferLetter)
}
