/** Compares two evaluations on the same problems: paired difference with its interval, and flipped problems. Pure. */
import { bootstrapMean } from './bootstrap.ts'
import type { Estimate } from './bootstrap.ts'
import type { Outcome } from './outcome.ts'
import { unitsOf } from './report.ts'
import type { ScoredProblem } from './sampling.ts'
import { UserError } from '../../shared/errors.ts'
import { defined } from '../../shared/known.ts'

export interface Comparison {
  /** Avg@K of the second minus the first, with the 95 % paired bootstrap interval. */
  readonly difference: Estimate
  /** Number of resampled units: problems, or questions asked in several forms. */
  readonly units: number
  readonly flipped: readonly Flip[]
}

/** A problem whose shares of right searches are on different sides of one half. */
interface Flip {
  readonly name: string
  readonly before: number
  readonly after: number
}

/** Throws `UserError` `other-problems` unless both are on the same problems. */
export function compareEvals(
  first: readonly ScoredProblem[],
  second: readonly ScoredProblem[],
  seed: number,
): Comparison {
  const [before, after] = [unitsOf(first), unitsOf(second)]
  const byName = new Map(second.map((problem) => [problem.name, problem]))
  const flips = first.flatMap(({ name, outcomes }) => {
    const other = byName.get(name)
    return other === undefined ? [] : [{ name, before: shareRight(outcomes), after: shareRight(other.outcomes) }]
  })
  if (first.length !== second.length || flips.length < first.length) {
    throw new UserError(
      'other-problems',
      'The two runs are not on the same problems, so they cannot be compared in pairs.',
    )
  }
  return {
    difference: bootstrapMean(
      [...before].map(([name, outcomes]) => shareRight(defined(after.get(name), name)) - shareRight(outcomes)),
      seed,
    ),
    units: before.size,
    flipped: flips
      .filter((flip) => flip.before < 0.5 !== flip.after < 0.5)
      .toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before)),
  }
}

function shareRight(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ correct }) => correct).length / Math.max(1, outcomes.length)
}
