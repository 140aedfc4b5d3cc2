/** How searches without a result count in the figures of an evaluation. Pure. */
import type { Outcome } from './outcome.ts'

/** `wrong`: as searches that are not right; `left-out`: not at all, as if they had not been made. */
export const failureRules = ['wrong', 'left-out'] as const
export type FailureRule = (typeof failureRules)[number]

/** The searches without a result in a set of figures. */
export interface FailureCounts {
  readonly counted: FailureRule
  /** Searches that failed or have no verdict, and all searches. */
  readonly searches: number
  readonly of: number
  /** Problems that are left out since none of their searches has a result. */
  readonly problems: number
}

interface Searched {
  readonly outcomes: readonly Outcome[]
}

/** Whether a search counts: with a verdict always, otherwise by the rule. */
function isCounted({ judged }: Pick<Outcome, 'judged'>, rule: FailureRule): boolean {
  return judged || rule === 'wrong'
}

/**
 * The problems with the searches that count, without problems that have none. If no search of any problem has a result, all count as wrong:
 * there is nothing else to compute figures from.
 */
export function countedProblems<P extends Searched>(problems: readonly P[], rule: FailureRule): readonly P[] {
  if (rule === 'wrong') return problems
  const counted = problems
    .map((problem) => ({ ...problem, outcomes: problem.outcomes.filter((outcome) => isCounted(outcome, rule)) }))
    .filter(({ outcomes }) => outcomes.length > 0)
  return counted.length > 0 ? counted : problems
}

export function failureCounts(problems: readonly Searched[], rule: FailureRule): FailureCounts {
  const outcomes = problems.flatMap((problem) => problem.outcomes)
  return {
    counted: rule,
    searches: outcomes.filter(({ judged }) => !judged).length,
    of: outcomes.length,
    problems: problems.length - countedProblems(problems, rule).length,
  }
}

/** Undefined if every search has a result. */
export function failuresText({ counted, searches, of, problems }: FailureCounts): string | undefined {
  if (searches === 0) return undefined
  const without = `${searches} of ${of} searches ${searches === 1 ? 'has' : 'have'} no result`
  if (counted === 'wrong') return `${without}, and ${searches === 1 ? 'counts' : 'count'} as wrong.`
  const whole =
    problems === 0
      ? ''
      : `; ${problems} ${problems === 1 ? 'problem has' : 'problems have'} no other and ${problems === 1 ? 'is' : 'are'} left out, too`
  return `${without}, and ${searches === 1 ? 'is' : 'are'} left out${whole}.`
}
