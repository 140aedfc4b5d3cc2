/** `--price` of training: what the tokens of a training service cost, and how costs are shown. */
import { InvalidArgumentError } from 'commander'
import type { TokenPrices, TokenUsage } from '../../engine/engine.ts'
import { money } from '../../protocol/price.ts'
import { itemAt } from '../../shared/known.ts'
import { parsed } from './schema.ts'

const form = /^([\d.]+)(?:,([\d.]+))?,([\d.]+),([\d.]+)$/

function readPrices(text: string): TokenPrices {
  const [, prompt, cached = prompt, sampled, trained] = form.exec(text) ?? []
  const amounts = [prompt, cached, sampled, trained].map(Number)
  if (amounts.some((amount) => !Number.isFinite(amount)))
    throw new InvalidArgumentError('It has to be <read>,<sampled>,<trained> or <read>,<cached>,<sampled>,<trained>.')
  return {
    prompt: itemAt(amounts, 0),
    cached: itemAt(amounts, 1),
    sampled: itemAt(amounts, 2),
    trained: itemAt(amounts, 3),
  }
}

export const tokenPriceOption = {
  price: parsed<TokenPrices>(
    '<amounts>',
    'tinker: prices of a million prompt, sampled and trained tokens, such as 0.5,1.2,1.5; with cached prompt tokens 0.5,0.1,1.2,1.5',
    readPrices,
    { fallbackText: 'the prices that the service reports' },
  ),
}

/** As `--price` takes them. */
export function pricesText({ prompt, cached, sampled, trained }: TokenPrices): string {
  return [prompt, ...(cached === prompt ? [] : [cached]), sampled, trained].join(',')
}

/** A part of the display; nothing where no prices are known. */
export function costNotes(used: readonly (TokenUsage | undefined)[]): string[] {
  const costs = used.flatMap((usage) => usage?.cost ?? [])
  const last = costs.at(-1)
  return last === undefined ? [] : [`cost ${money(costs.reduce((a, b) => a + b, 0))} (step ${money(last)})`]
}
