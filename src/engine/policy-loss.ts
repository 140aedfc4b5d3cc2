/**
 * What the losses of reinforcement learning compute, from log-probabilities. With `r = p / p_old`, each is the negative sum over
 * tokens of
 *
 * - `ppo`: `min(r · A, clip(r, 1 - low, 1 + high) · A)`
 * - `cispo`: `clip(r, 1 - low, 1 + high) · A · log p`, no gradient through the first factor (MiniMax-M1)
 * - `gspo`: as `ppo`, with the geometric mean of `r` over all tokens of the search as the ratio of each (GSPO-token)
 * - `dppo`: `r · A`, and 0 where `p` has moved along `A` by more than `low` or `high` (DPPO, binary total variation)
 *
 * All of them scale with `A`, and what they hold back depends on its sign alone. So an advantage carries mask and divisors of the
 * objective into each of them, and a search whose advantages are 0 has no gradient. Pure.
 */
import { itemAt, lastOf } from '../shared/known.ts'
import { mean, sum } from '../shared/numbers.ts'
import { continuesFrom, type Datum } from './datum.ts'

/** Losses of reinforcement learning by the names that servers have for them. */
export const policyLosses = ['ppo', 'cispo', 'gspo', 'dppo'] as const
export type PolicyLossName = (typeof policyLosses)[number]

export interface PolicyLoss {
  readonly kind: PolicyLossName
  /** How far below and above 1 the ratio `p / p_old` may be; with `dppo` how far `p` may fall below `p_old`, and rise above it. */
  readonly clipLow: number
  readonly clipHigh: number
}

/** The ranges of the papers: Mini-o3's for `ppo`, ScaleRL's for `cispo`, and each loss's own for the others. */
export const lossClips: Readonly<Record<PolicyLossName, Omit<PolicyLoss, 'kind'>>> = {
  ppo: { clipLow: 0.2, clipHigh: 0.3 },
  cispo: { clipLow: 1, clipHigh: 4 },
  gspo: { clipLow: 3e-4, clipHigh: 4e-4 },
  dppo: { clipLow: 0.2, clipHigh: 0.2 },
}

/** Neighbours that go on from one another: the turns of a search. */
export function turnsTogether<Turn extends Datum>(data: readonly Turn[]): Turn[][] {
  const searches: Turn[][] = []
  for (const datum of data) {
    const open = searches.at(-1)
    if (open && continuesFrom(datum.prompt, lastOf(open))) open.push(datum)
    else searches.push([datum])
  }
  return searches
}

export interface PolicyLossFigures {
  readonly loss: number
  readonly tokens: number
  /** Those outside of the range. */
  readonly clipped: number
}

/** `logprobs`: of each reply token of each datum, under the weights that are trained. */
export function policyLossFigures(
  data: readonly Datum[],
  loss: PolicyLoss,
  logprobs: readonly (readonly number[])[],
): PolicyLossFigures {
  const trained = data.map((datum, d) => ({ ...datum, logprobs: itemAt(logprobs, d) }))
  const terms = turnsTogether(trained).flatMap((turns) => {
    const tokens = turns.flatMap((turn) => turn.logprobs.map((logprob, i) => tokenAt(turn, i, logprob)))
    const ofSearch = mean(tokens.map(({ logprob, old }) => logprob - old))
    return tokens.map((token) => termOf(loss, token, ofSearch))
  })
  return {
    loss: -sum(terms.map(({ value }) => value)),
    tokens: terms.length,
    clipped: terms.filter(({ isClipped }) => isClipped).length,
  }
}

interface Token {
  readonly logprob: number
  readonly old: number
  /** As sampled, where that is known apart. */
  readonly rollout: number
  readonly advantage: number
}

function tokenAt(
  { advantages = [], oldLogprobs = [], rolloutLogprobs = oldLogprobs }: Datum,
  i: number,
  logprob: number,
) {
  return {
    logprob,
    old: itemAt(oldLogprobs, i),
    rollout: itemAt(rolloutLogprobs, i),
    advantage: itemAt(advantages, i),
  } satisfies Token
}

/** What a token adds to the objective. `ofSearch`: the mean of `log r` over its search. */
function termOf(
  { kind, clipLow, clipHigh }: PolicyLoss,
  { logprob, old, rollout, advantage }: Token,
  ofSearch: number,
): { readonly value: number; readonly isClipped: boolean } {
  if (kind === 'dppo') {
    // The paper measures from what was sampled, and so does the server that has it.
    const moved = Math.exp(logprob) - Math.exp(rollout)
    const isClipped = advantage > 0 ? moved > clipHigh : advantage < 0 && -moved > clipLow
    return { value: isClipped ? 0 : Math.exp(logprob - rollout) * advantage, isClipped }
  }
  const ratio = Math.exp(kind === 'gspo' ? ofSearch : logprob - old)
  const clipped = Math.min(1 + clipHigh, Math.max(1 - clipLow, ratio))
  const isClipped = clipped !== ratio
  if (kind === 'cispo') return { value: clipped * advantage * logprob, isClipped }
  return { value: Math.min(ratio * advantage, clipped * advantage), isClipped }
}
