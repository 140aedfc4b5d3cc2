/** `--price <model>=<sent>,<written>`: token prices of a model, for the policy and for the judge. */
import { InvalidArgumentError } from 'commander'
import type { Prices } from '../../protocol/price.ts'
import { askedModels } from '../../evaluate/document/cost.ts'
import type { EvalConfig } from '../../evaluate/protocol.ts'
import { UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { inGroup, parsed } from '../options/schema.ts'

const what =
  'price of a million input and output tokens of a model, such as 0.15,0.60, or of input, cached and output tokens, such as 0.15,0.075,0.60; ' +
  'repeat it for policy and judge'

export const priceOptions = inGroup('Output', {
  price: parsed<Prices, Prices>('<model=amounts>', what, readPrice, {
    fallback: {},
    fallbackText: 'costs are given in tokens',
  }),
})

const form = /^(.+)=([\d.]+),([\d.]+)(?:,([\d.]+))?$/

function readPrice(text: string, before: Prices): Prices {
  const [, model, sent, second, third] = form.exec(text) ?? []
  const [cached, written] = third === undefined ? [sent, second] : [second, third]
  const amounts = [sent, cached, written].map(Number)
  if (model === undefined || amounts.some((amount) => !Number.isFinite(amount))) {
    throw new InvalidArgumentError('It has to be <model>=<input>,<output> or <model>=<input>,<cached>,<output>.')
  }
  return { ...before, [model]: { sent: itemAt(amounts, 0), cached: itemAt(amounts, 1), written: itemAt(amounts, 2) } }
}

/** Throws `UserError` for the price of a model that none of the evaluations uses. */
export function checkPrices(prices: Prices, configs: readonly Pick<EvalConfig, 'policy' | 'judge'>[]): void {
  const asked = [...new Set(configs.map(askedModels).flatMap(({ policy = [], judge = [] }) => [policy, judge].flat()))]
  const other = Object.keys(prices).find((model) => !asked.includes(model))
  if (other === undefined) return
  const who = asked.length === 0 ? 'no model behind a server is used' : `the models used are ${asked.join(', ')}`
  throw new UserError('price-unused', `--price names ${other}, but ${who}.`)
}
