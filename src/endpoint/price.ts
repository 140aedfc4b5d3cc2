/** What tokens cost. There are no built-in prices: they change, and only the user knows what is on the bill. Pure. */

/** Tokens of requests, as servers bill them: each request sends its whole prompt. */
export interface SpentTokens {
  readonly sent: number
  /** Part of `sent` that the server said it had kept from an earlier request; 0 where it says nothing of that. */
  readonly cached: number
  readonly written: number
}

/** For a million tokens, in whatever currency the user thinks in. */
export interface Price {
  readonly sent: number
  readonly cached: number
  readonly written: number
}

/** By the name of the model, as its server lists it. */
export type Prices = Readonly<Record<string, Price>>

export const nothingSpent: SpentTokens = { sent: 0, cached: 0, written: 0 }

export function addSpent(a: SpentTokens, b: SpentTokens): SpentTokens {
  return { sent: a.sent + b.sent, cached: a.cached + b.cached, written: a.written + b.written }
}

/** In the currency of the price. */
export function costOf({ sent, cached, written }: SpentTokens, price: Price): number {
  return ((sent - cached) * price.sent + cached * price.cached + written * price.written) / 1e6
}
