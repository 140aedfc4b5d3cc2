/**
 * ANLS, the score of InfographicVQA: how near the answer is to the nearest reference answer in edits, as lmms-eval and VLMEvalKit compute
 * it. It gives parts of a point.
 */
import { pythonWords } from '../benchmark/letter-rules.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { itemAt } from '../shared/known.ts'
import { toCompare } from './judge.ts'

/** Less similar answers get nothing. */
const threshold = 0.5
/** Steps of a comparison at most: the texts are the model's and the data's. */
const mostSteps = 2e7

export function judgeAnls(problem: Problem, answer: string | null): Verdict {
  const compared = toCompare(problem, answer)
  if ('kind' in compared) return compared
  const references = [problem.answer ?? '', ...(problem.alternatives ?? [])]
  const similarities = references.map((reference) => similarity(reference, compared.answer))
  const score = Math.max(...similarities)
  if (Number.isNaN(score)) return { kind: 'unjudged', reason: 'the texts are too long to count their edits' }
  const counts = score >= threshold
  return { kind: counts ? 'correct' : 'wrong', reason: `ANLS ${score.toFixed(3)}`, score: counts ? score : 0 }
}

/**
 * 1 minus the share of edits; case and whitespace do not count as edits, but whitespace does count in the length, as in the scripts. NaN
 * if the texts are too long.
 */
function similarity(reference: string, answer: string): number {
  const length = Math.max(codePoints(reference.toUpperCase()).length, codePoints(answer.toUpperCase()).length)
  if (length === 0) return 1
  const [one, other] = [reference, answer].map((text) => codePoints(pythonWords(text.toLowerCase()).join(' ')))
  return 1 - edits(one ?? [], other ?? [], length) / length
}

function codePoints(text: string): string[] {
  return Array.from(text)
}

/** The Levenshtein distance; `length`, which counts as no similarity, where the lengths alone rule the threshold out. */
function edits(one: readonly string[], other: readonly string[], length: number): number {
  if (Math.abs(one.length - other.length) / length > threshold) return length
  if (one.length * other.length > mostSteps) return Number.NaN
  let row = Array.from({ length: one.length + 1 }, (_, at) => at)
  for (const [index, letter] of other.entries()) {
    const next = [index + 1]
    for (const [at, own] of one.entries()) {
      const replaced = itemAt(row, at) + (own === letter ? 0 : 1)
      next.push(Math.min(replaced, itemAt(row, at + 1) + 1, itemAt(next, at) + 1))
    }
    row = next
  }
  return itemAt(row, one.length)
}
