/** Draws tokens from log-odds in the memory of the kernels. Tokens that may not come are not part of the policy. */
import type { Address } from '../../model/kernels/kernels.ts'
import type { Network } from '../../model/kernels/network.ts'
import { itemAt } from '../../shared/known.ts'
import { doubleAt, floatAt } from '../../shared/number-at.ts'
import type { Random } from '../../shared/random.ts'

interface Drawn {
  readonly token: number
  /** At temperature 1, among the tokens that could come. */
  readonly logprob: number
  /** Of that distribution, in nats. */
  readonly entropy: number
}

/** At temperature 0, the likeliest. `allowed`: the only tokens that may come; all when absent. */
export type Draw = (logits: Address, allowed: readonly number[] | undefined, temperature: number, rng: Random) => Drawn

export function createDraw({ kernels, config }: Network): Draw {
  const { vocabulary } = config
  const padded = Math.ceil(vocabulary / 4) * 4
  const weights = kernels.take(padded + 1)

  function drawFromAll(logits: Address, temperature: number, rng: Random): Drawn {
    const likelihoods = (heat: number): { readonly total: number; readonly of: Float32Array } => {
      const total = kernels.call.likelihoods(logits, padded, heat, weights)
      return { total, of: kernels.floats(weights, padded + 1) }
    }
    kernels.floats(logits + vocabulary * 4, padded - vocabulary).fill(-Infinity)
    const heated = likelihoods(temperature > 0 ? temperature : 1)
    let token = -1
    if (temperature > 0) {
      let left = rng.next() * heated.total
      while (left >= 0 && token < vocabulary - 1) left -= floatAt(heated.of, ++token)
      // Rounding may leave a rest: then it is the likeliest, whose weight is 1.
      if (left >= 0) token = -1
    }
    if (token < 0) token = heated.of.indexOf(1)
    const plain = temperature > 0 && temperature !== 1 ? likelihoods(1) : heated
    const entropy = entropyOf(plain.total, floatAt(plain.of, padded))
    return { token, logprob: Math.log(floatAt(plain.of, token) / plain.total), entropy }
  }

  const shares = new Float64Array(vocabulary)

  function drawAmong(logits: Float32Array, allowed: readonly number[], temperature: number, rng: Random): Drawn {
    let best = itemAt(allowed, 0)
    for (const token of allowed) if (floatAt(logits, token) > floatAt(logits, best)) best = token
    const top = floatAt(logits, best)
    let total = 0
    let moment = 0
    for (const token of allowed) {
      const logOdds = floatAt(logits, token) - top
      const weight = Math.exp(logOdds)
      total += weight
      if (weight > 0) moment += weight * logOdds
    }
    const drawn = (token: number): Drawn => ({
      token,
      logprob: floatAt(logits, token) - top - Math.log(total),
      entropy: entropyOf(total, moment),
    })
    if (temperature <= 0) return drawn(best)
    let heated = 0
    for (const [i, token] of allowed.entries()) {
      shares[i] = Math.exp((floatAt(logits, token) - top) / temperature)
      heated += doubleAt(shares, i)
    }
    let left = rng.next() * heated
    for (const [i, token] of allowed.entries()) {
      left -= doubleAt(shares, i)
      if (left < 0) return drawn(token)
    }
    return drawn(best)
  }

  return (logits, allowed, temperature, rng) =>
    allowed === undefined
      ? drawFromAll(logits, temperature, rng)
      : drawAmong(kernels.floats(logits, vocabulary), allowed, temperature, rng)
}

/** From the sums of `e^y` and of `y * e^y`; rounding never makes it negative. */
function entropyOf(total: number, moment: number): number {
  return Math.max(0, Math.log(total) - moment / total)
}
