/**
 * Compares two runs in pairs, on the problems that both have: the difference with its interval, a test, and the problems that flipped.
 * Problems that share a picture count as one unit. Pure.
 */
import { bootstrapMean } from './bootstrap.ts'
import type { Estimate } from './bootstrap.ts'
import { clustersOf, unitKindOf } from './clusters.ts'
import type { UnitKind } from './clusters.ts'
import { creditOf } from './outcome.ts'
import type { ScoredProblem } from './sampling.ts'
import { signFlipTest } from './sign-flip.ts'
import { UserError } from '../../shared/errors.ts'
import { sum } from '../../shared/numbers.ts'

export interface Comparison {
  /** Avg@K of the second minus the first over the problems of both, with the 95 % interval of the paired bootstrap over units. */
  readonly difference: Estimate
  /** Number of problems that both have, and of those that only the first or only the second has. */
  readonly problems: number
  readonly alone: readonly [number, number]
  /** Number of resampled units, and what they are. */
  readonly units: number
  readonly over: UnitKind
  /** Two-sided p that the runs are equally good, see `signFlipTest`. */
  readonly p: number
  /** `mcnemar` for one search per problem without clusters, otherwise the same test over units. */
  readonly test: 'mcnemar' | 'sign-flip'
  readonly flipped: readonly Flip[]
}

/** A problem whose shares of right searches are on different sides of one half. */
interface Flip {
  readonly name: string
  readonly before: number
  readonly after: number
}

interface Pair extends Flip {
  readonly slices: ScoredProblem['slices']
  /** Of the first run: a run that sees other pictures is still clustered by those of its problems. */
  readonly outcomes: ScoredProblem['outcomes']
}

/** Throws `UserError` `other-problems` if no problem is in both. */
export function compareEvals(
  first: readonly ScoredProblem[],
  second: readonly ScoredProblem[],
  seed: number,
): Comparison {
  const byName = new Map(second.map((problem) => [problem.name, problem]))
  const pairs = first.flatMap(({ name, slices, outcomes }): Pair[] => {
    const other = byName.get(name)
    if (other === undefined) return []
    return [{ name, slices, outcomes, before: shareRight(outcomes), after: shareRight(other.outcomes) }]
  })
  if (pairs.length === 0) {
    throw new UserError(
      'other-problems',
      'The two runs have no problem in common, so they cannot be compared in pairs. Name two runs on the same data.',
    )
  }
  const clusters = clustersOf(pairs)
  const over = unitKindOf(pairs, clusters.length)
  const scale = commonMultiple([...first, ...second].map(({ outcomes }) => outcomes.length))
  return {
    difference: bootstrapMean(
      clusters.map((own) => own.map(({ before, after }) => after - before)),
      seed,
    ),
    problems: pairs.length,
    alone: [first.length - pairs.length, second.length - pairs.length],
    units: clusters.length,
    over,
    p: signFlipTest(clusters.map((own) => wholeIfNear(sum(own.map(({ before, after }) => after - before)) * scale))),
    test: scale === 1 && over === 'problems' ? 'mcnemar' : 'sign-flip',
    flipped: pairs
      .filter(({ before, after }) => before < 0.5 !== after < 0.5)
      .toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
      .map(({ name, before, after }) => ({ name, before, after })),
  }
}

function shareRight(outcomes: ScoredProblem['outcomes']): number {
  return sum(outcomes.map(creditOf)) / Math.max(1, outcomes.length)
}

/** Without the rounding error of a share times its denominator. Parts of points stay as they are. */
function wholeIfNear(value: number): number {
  const whole = Math.round(value)
  return Math.abs(value - whole) < 1e-6 ? whole : value
}

/** The number of searches per problem; if problems have different numbers, their least common multiple. */
function commonMultiple(counts: readonly number[]): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  return [...new Set(counts)].reduce((all, count) => (all * count) / divisor(all, count), 1)
}
