/** Tokens drawn from log-odds, with the figures of their distribution. */
import { beforeAll, describe, expect, test } from 'vitest'
import { networkOf, shippedPolicy } from '../../../test/network.ts'
import type { Network } from '../../model/kernels/network.ts'
import { random } from '../../shared/random.ts'
import { createDraw } from './draw.ts'

describe.each([false, true])('without fused multiply-add: %s', (plain) => {
  let net: Network
  beforeAll(async () => {
    const { config, parameters } = await shippedPolicy()
    net = await networkOf(config, parameters, plain)
  })

  /** Draws where `shares` are the probabilities of the first tokens at temperature 1, and the others have none. */
  function drawn(shares: readonly number[], temperature: number, allowed?: readonly number[]) {
    const logits = net.kernels.take(Math.ceil(net.config.vocabulary / 4) * 4)
    const all = net.kernels.floats(logits, net.config.vocabulary)
    all.fill(-Infinity)
    all.set(shares.map((share) => Math.log(share) + 3))
    return createDraw(net)(logits, allowed, temperature, random('draw', 1))
  }

  const evenOdds = [0.5, 0.25, 0.125, 0.125]
  /** ln 2 / 2 + ln 4 / 4 + 2 ln 8 / 8 */
  const entropyOfEvenOdds = 1.75 * Math.LN2

  test.each([0, 0.5, 1, 2])(
    'entropy is that of the distribution at temperature 1, drawn at %s or not',
    (temperature) => {
      for (const allowed of [undefined, [0, 1, 2, 3]]) {
        const { token, logprob, entropy } = drawn(evenOdds, temperature, allowed)
        expect(entropy).toBeCloseTo(entropyOfEvenOdds, 5)
        expect(logprob).toBeCloseTo(Math.log(evenOdds[token]!), 5)
      }
    },
  )

  test('tokens that may not come have no part in it', () => {
    expect(drawn(evenOdds, 1, [2, 3]).entropy).toBeCloseTo(Math.LN2, 5)
    // 0.5 and 0.25 of 0.75
    expect(drawn(evenOdds, 1, [0, 1]).entropy).toBeCloseTo(Math.log(3) - (2 / 3) * Math.LN2, 5)
  })

  test('a token that is certain has an entropy of 0, and never one below', () => {
    for (const allowed of [undefined, [0, 1, 2]]) {
      expect(drawn([1], 1, allowed).entropy).toBe(0)
      expect(drawn([1, 1e-30], 1, allowed).entropy).toBeGreaterThanOrEqual(0)
    }
  })
})
