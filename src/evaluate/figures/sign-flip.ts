/** Tests whether two runs on the same problems differ: exact where that is feasible, as McNemar's test is. Pure. */
import { doubleAt } from '../../shared/number-at.ts'
import { sum } from '../../shared/numbers.ts'

/** Steps of the exact computation at most; beyond, the normal distribution is as good. */
const mostSteps = 2e8

/**
 * Two-sided p of the hypothesis that both runs are equally good, from the summed difference of each cluster of problems, as whole numbers of
 * searches. If the runs were equal, each cluster's difference could as well have had the other sign, so p is the share of all assignments
 * of signs whose sum is at least as far from 0 (Fisher's randomisation test for pairs). With one search per problem and unclustered
 * problems, every difference is -1, 0 or 1 and this is McNemar's exact test. For large sets it is computed from the normal distribution
 * with the same variance, the sum of squares: for -1, 0 and 1 that is McNemar's chi-square without a continuity correction.
 */
export function signFlipTest(differences: readonly number[]): number {
  const sizes = differences.filter((difference) => difference !== 0).map(Math.abs)
  if (sizes.length === 0) return 1
  const observed = Math.abs(sum(differences))
  const range = sum(sizes)
  if (!sizes.every(Number.isInteger) || sizes.length * range > mostSteps) {
    return normalTails(observed / Math.sqrt(sum(sizes.map((size) => size * size))))
  }
  return exactTails(sizes, range, observed)
}

/** Distribution of the sum of the sizes with a positive sign, one cluster after the other. */
function exactTails(sizes: readonly number[], range: number, observed: number): number {
  const chance = new Float64Array(range + 1)
  chance[0] = 1
  let most = 0
  for (const size of sizes) {
    most += size
    for (let at = most; at >= 0; at--) {
      chance[at] = (doubleAt(chance, at) + (at >= size ? doubleAt(chance, at - size) : 0)) / 2
    }
  }
  return Math.min(1, sum([...chance].filter((_, at) => Math.abs(2 * at - range) >= observed)))
}

/** Chance that a standard normal variable is at least `z` away from 0. */
export function normalTails(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  if (x < 2.5) {
    // The power series of the error function: 2/sqrt(pi) times the sum of (-1)^n x^(2n+1) / (n! (2n+1)).
    let power = x
    let series = x
    for (let n = 1; n < 80; n++) {
      power *= (-x * x) / n
      series += power / (2 * n + 1)
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * series
  }
  // The continued fraction of its complement, from its far end.
  let fraction = x
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction
}
