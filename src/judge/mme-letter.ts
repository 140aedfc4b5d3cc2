/** MME-RealWorld's own rule as a judge: the first capital A to E of the answer, quirks included (reference 4.5). */
import { mmeLetter } from '../benchmark/letter-rules.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { chosenLetter } from './choice.ts'
import { withoutComparing } from './judge.ts'

export function judgeMmeLetter(problem: Problem, answer: string | null): Verdict {
  const { choices = [] } = problem
  if (choices.length === 0) return { kind: 'unjudged', reason: 'no choices' }
  const decided = withoutComparing(problem, answer)
  if (decided !== undefined) return decided
  const wanted = chosenLetter(problem.answer!, choices)
  if (wanted === undefined) return { kind: 'unjudged', reason: 'the reference answer names no choice' }
  const chosen = mmeLetter(answer!, choices)
  if (chosen === undefined) return { kind: 'wrong', reason: 'no letter could be read' }
  return { kind: chosen === wanted ? 'correct' : 'wrong', reason: `chose ${chosen}` }
}
