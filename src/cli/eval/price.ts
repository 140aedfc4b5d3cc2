/** `--price <model>=<sent>,<written>`: what the tokens of a model cost, for the policy and the judge alike. */
import { InvalidArgumentError } from 'commander'
import type { Prices } from '../../endpoint/price.ts'
import { askedModels } from '../../evaluate/document/cost.ts'
import type { EvalConfig } from '../../evaluate/protocol.ts'
import { UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { inGroup, parsed } from '../options/schema.ts'

const what =
  'what a million tokens of a model cost, sent and written, as 0.15,0.60; with a price for cached ones 0.15,0.075,0.60; ' +
  'for policy and judge, repeated'

export const priceOptions = inGroup('Output', {
  price: parsed<Prices, Prices>('<model=amounts>', what, readPrice, {
    fallback: {},
    fallbackText: 'costs are in tokens',
  }),
})

const form = /^(.+)=([\d.]+),([\d.]+)(?:,([\d.]+))?$/

function readPrice(text: string, before: Prices): Prices {
  const [, model, sent, second, third] = form.exec(text) ?? []
  const [cached, written] = third === undefined ? [sent, second] : [second, third]
  const amounts = [sent, cached, written].map(Number)
  if (model === undefined || amounts.some((amount) => !Number.isFinite(amount))) {
    throw new InvalidArgumentError('It has to be <model>=<sent>,<written> or <model>=<sent>,<cached>,<written>.')
  }
  return { ...before, [model]: { sent: itemAt(amounts, 0), cached: itemAt(amounts, 1), written: itemAt(amounts, 2) } }
}

/** Throws `UserError` for a price of a model that none of the evaluations asks. */
export function checkPrices(prices: Prices, configs: readonly Pick<EvalConfig, 'policy' | 'judge'>[]): void {
  const asked = [...new Set(configs.map(askedModels).flatMap(({ policy = [], judge = [] }) => [policy, judge].flat()))]
  const other = Object.keys(prices).find((model) => !asked.includes(model))
  if (other === undefined) return
  const who = asked.length === 0 ? 'no model behind a server is asked' : `those that are asked are ${asked.join(', ')}`
  throw new UserError('price-unused', `--price names ${other}, but ${who}.`)
}
