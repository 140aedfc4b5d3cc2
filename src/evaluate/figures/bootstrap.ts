/** Intervals for a mean over problems: the percentile bootstrap, seeded, so that the same results give the same interval. */
import { random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'

export interface Estimate {
  readonly mean: number
  readonly low: number
  readonly high: number
}

const resamples = 2000

/**
 * The mean of `values` (one for each problem: the share of its searches that were right) with a 95 % interval: problems
 * are drawn with replacement, as many as there are, 2000 times, and the interval spans the middle 95 % of the means.
 * It tells how far the score could move with other problems of the same kind; with K searches a problem, the noise of
 * sampling is inside. The order of the values changes nothing. Where every value is the same, nothing varies and the interval has no width.
 */
export function bootstrapMean(values: readonly number[], seed: number): Estimate {
  const n = values.length
  if (n === 0) throw new RangeError('the mean of no values')
  const sorted = Float64Array.from(values).sort()
  const rng = random('bootstrap', seed)
  const means = new Float64Array(resamples)
  for (let r = 0; r < resamples; r++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += sorted[rng.int(n)]!
    means[r] = sum / n
  }
  means.sort()
  const tail = Math.floor(resamples * 0.025)
  return {
    mean: sorted.reduce((sum, value) => sum + value, 0) / n,
    low: itemAt(means, tail),
    high: itemAt(means, resamples - 1 - tail),
  }
}
