/** Tokens that an engine elsewhere was given and gave, as a service bills them, and what they cost. Pure. */

export interface TokenCounts {
  /** Tokens read for sampling, counting the complete prompt of every request. */
  readonly prompt: number
  /** Part of `prompt` that the server reports as cached. */
  readonly cached: number
  readonly sampled: number
  /** Passed through the trainer: each pass with all of its sequences, pictures included. */
  readonly trained: number
}

/** For a million tokens of each kind, in whatever currency the user or the service thinks in. */
export type TokenPrices = TokenCounts

export interface TokenUsage extends TokenCounts {
  /** Absent where no prices are known. */
  readonly cost?: number
}

export function usageAt(tokens: TokenCounts, prices: TokenPrices | undefined): TokenUsage {
  const { prompt, cached, sampled, trained } = tokens
  if (prices === undefined) return { prompt, cached, sampled, trained }
  const read = (prompt - cached) * prices.prompt + cached * prices.cached
  return { prompt, cached, sampled, trained, cost: (read + sampled * prices.sampled + trained * prices.trained) / 1e6 }
}

/** What has come to it since `before`. */
export function usageSince(before: TokenUsage, now: TokenUsage): TokenUsage {
  return {
    prompt: now.prompt - before.prompt,
    cached: now.cached - before.cached,
    sampled: now.sampled - before.sampled,
    trained: now.trained - before.trained,
    ...(now.cost !== undefined && { cost: now.cost - (before.cost ?? 0) }),
  }
}
