/** Agreement of two judges on the same answers: counts of verdicts, and agreement beyond chance. Pure. */
import type { Verdict } from '../protocol/trajectory.ts'

export const verdictKinds = ['correct', 'wrong', 'unjudged'] as const satisfies readonly Verdict['kind'][]
type Kind = Verdict['kind']

export interface VerdictPair {
  readonly before: Kind
  readonly after: Kind
}

export interface Agreement {
  /** Answers with a verdict from both. */
  readonly compared: number
  /** Share of these with equal verdicts; null if nothing was compared. */
  readonly agreement: number | null
  /** Cohen's kappa: 0 for chance agreement, 1 for perfect agreement; null if a judge gives all answers the same verdict. */
  readonly kappa: number | null
  /** `table[before][after]`: numbers of answers. */
  readonly table: Readonly<Record<Kind, Readonly<Record<Kind, number>>>>
}

export function agreementOf(pairs: readonly VerdictPair[]): Agreement {
  const count = (before: Kind, after: Kind): number =>
    pairs.filter((pair) => pair.before === before && pair.after === after).length
  const row = (before: Kind): Record<Kind, number> => ({
    correct: count(before, 'correct'),
    wrong: count(before, 'wrong'),
    unjudged: count(before, 'unjudged'),
  })
  const table = { correct: row('correct'), wrong: row('wrong'), unjudged: row('unjudged') }
  const { correct, wrong } = table
  const compared = correct.correct + correct.wrong + wrong.correct + wrong.wrong
  if (compared === 0) return { compared, agreement: null, kappa: null, table }
  const agreement = (correct.correct + wrong.wrong) / compared
  const correctBefore = (correct.correct + correct.wrong) / compared
  const correctAfter = (correct.correct + wrong.correct) / compared
  const byChance = correctBefore * correctAfter + (1 - correctBefore) * (1 - correctAfter)
  return { compared, agreement, kappa: byChance === 1 ? null : (agreement - byChance) / (1 - byChance), table }
}
