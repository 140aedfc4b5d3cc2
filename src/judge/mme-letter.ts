/** The letter rules of MME-RealWorld and TreeBench as judges, including their quirks. */
import { mmeLetter, treeBenchLetter } from '../benchmark/letter-rules.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { judgeByLetter } from './choice.ts'
import type { ReadLetter } from './choice.ts'

export function judgeMmeLetter(problem: Problem, answer: string | null): Verdict {
  return judgeOfficially(problem, answer, mmeLetter)
}

export function judgeTreeBenchLetter(problem: Problem, answer: string | null): Verdict {
  return judgeOfficially(problem, answer, treeBenchLetter)
}

/** Their scripts give A for a blank answer, which would otherwise count as no answer. A byte order mark is not blank there. */
function judgeOfficially(problem: Problem, answer: string | null, read: ReadLetter): Verdict {
  const isBlank = answer !== null && answer.trim() === ''
  return judgeByLetter(problem, isBlank ? (read(answer, problem.choices ?? []) ?? answer) : answer, read)
}
