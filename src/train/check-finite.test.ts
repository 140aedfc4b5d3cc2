/** Log-probabilities that are not numbers end a step. */
import { expect, test } from 'vitest'
import { checkFinite } from './check-finite.ts'

test.each([NaN, Infinity, -Infinity])('learns nothing from a log-probability of %d', (value) => {
  expect(() => checkFinite(7, [[-1], [-0.5, value]])).toThrow(/step 7 is not finite/)
  expect(() => checkFinite(7, [[-1], [-0.5]])).not.toThrow()
})
