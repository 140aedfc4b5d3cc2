/** Confidence intervals for a mean over problems: seeded percentile bootstrap, so equal results give equal intervals. */
import { random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import { doubleAt } from '../../shared/number-at.ts'
import { sum } from '../../shared/numbers.ts'

export interface Estimate {
  readonly mean: number
  readonly low: number
  readonly high: number
}

const resamples = 2000

/** From this number of clusters on, resampling is as good as the normal distribution and takes minutes. */
const mostResampled = 10_000

/**
 * The mean of values, one per problem such as its share of right searches, with a 95 % interval. `clusters` are the values of problems
 * that are correlated; a problem on its own is a cluster of one. 2000 resamples of whole clusters with replacement, and the interval spans
 * the middle 95 % of their means. It estimates how far the score could change with other problems of the same kind, including sampling
 * noise. It does not depend on the order of the values. If all values are equal, the interval has no width. Of more than 10,000 clusters it is
 * the mean and 1.96 cluster-robust standard errors: the root of the summed squares of (total - size * mean) over clusters, over all values.
 */
export function bootstrapMean(clusters: readonly (readonly number[])[], seed: number): Estimate {
  const n = clusters.length
  if (n === 0) throw new RangeError('the mean of no values')
  const sorted = clusters
    .map((values) => ({ total: sum(values), size: values.length }))
    .toSorted((a, b) => a.total - b.total || a.size - b.size)
  const middle = sum(sorted.map(({ total }) => total)) / sum(sorted.map(({ size }) => size))
  if (n > mostResampled) return normalInterval(sorted, middle)
  const totals = Float64Array.from(sorted, ({ total }) => total)
  const sizes = Float64Array.from(sorted, ({ size }) => size)
  const rng = random('bootstrap', seed)
  const means = new Float64Array(resamples)
  for (let r = 0; r < resamples; r++) {
    let total = 0
    let size = 0
    for (let i = 0; i < n; i++) {
      const drawn = rng.int(n)
      total += doubleAt(totals, drawn)
      size += doubleAt(sizes, drawn)
    }
    means[r] = total / size
  }
  means.sort()
  const tail = Math.floor(resamples * 0.025)
  return {
    mean: middle,
    low: itemAt(means, tail),
    high: itemAt(means, resamples - 1 - tail),
  }
}

function normalInterval(
  clusters: readonly { readonly total: number; readonly size: number }[],
  middle: number,
): Estimate {
  const squares = sum(clusters.map(({ total, size }) => (total - size * middle) ** 2))
  const half = (1.96 * Math.sqrt(squares)) / sum(clusters.map(({ size }) => size))
  return { mean: middle, low: middle - half, high: middle + half }
}
