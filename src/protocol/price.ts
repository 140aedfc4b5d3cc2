/** Token costs. There are no built-in prices, since they change and depend on the user's contract. Pure. */
import type { Turn } from './trajectory.ts'

/** Tokens as billed: each request counts its whole prompt. */
export interface SpentTokens {
  readonly sent: number
  /** The part of `sent` that the server reports as cached; 0 if it reports nothing. */
  readonly cached: number
  readonly written: number
}

/** Price per million tokens, in any currency. */
export interface Price {
  readonly sent: number
  readonly cached: number
  readonly written: number
}

/** By model name as listed by the server. */
export type Prices = Readonly<Record<string, Price>>

export const nothingSpent: SpentTokens = { sent: 0, cached: 0, written: 0 }

export function addSpent(a: SpentTokens, b: SpentTokens): SpentTokens {
  return { sent: a.sent + b.sent, cached: a.cached + b.cached, written: a.written + b.written }
}

/** The cost in the currency of the price. */
export function costOf({ sent, cached, written }: SpentTokens, price: Price): number {
  return ((sent - cached) * price.sent + cached * price.cached + written * price.written) / 1e6
}

/** The tokens of each turn as billed: it sends the whole conversation so far. */
export function spentByTurn(turns: readonly Pick<Turn, 'usage'>[]): SpentTokens[] {
  let conversation = 0
  return turns.map(({ usage: { promptTokens, replyTokens, cachedTokens = 0 } }) => {
    const sent = conversation + promptTokens
    conversation = sent + replyTokens
    return { sent, cached: Math.min(cachedTokens, sent), written: replyTokens }
  })
}

/** For example `1,234.50` or `0.0123`; small amounts have three significant digits. */
export function money(amount: number): string {
  if (amount >= 1 || amount === 0)
    return amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  return amount.toLocaleString('en', { maximumSignificantDigits: 3 })
}
