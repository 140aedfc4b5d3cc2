/** Confidence intervals for a mean over problems: seeded percentile bootstrap, so equal results give equal intervals. */
import { random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import { doubleAt } from '../../shared/number-at.ts'

export interface Estimate {
  readonly mean: number
  readonly low: number
  readonly high: number
}

const resamples = 2000

/**
 * The mean of `values` (the share of right searches of each problem) with a 95 % interval: 2000 resamples of the problems with
 * replacement, of which the interval spans the middle 95 % of the means. It estimates how far the score could change with other problems of
 * the same kind, including sampling noise. It does not depend on the order of the values. If all values are equal, the interval has no
 * width.
 */
export function bootstrapMean(values: readonly number[], seed: number): Estimate {
  const n = values.length
  if (n === 0) throw new RangeError('the mean of no values')
  const sorted = Float64Array.from(values).sort()
  const rng = random('bootstrap', seed)
  const means = new Float64Array(resamples)
  for (let r = 0; r < resamples; r++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += doubleAt(sorted, rng.int(n))
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
