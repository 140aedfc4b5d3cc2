/** What is recorded of how a turn came about, besides its text: times, failed attempts, and what its server said of the reply. Pure. */
import { z } from 'zod'

const msSchema = z.number().nonnegative()
const longest = { why: 300, name: 200 }
/** Attempts recorded of one turn; further ones are left out. */
const mostRetries = 32

const retrySchema = z
  .strictObject({
    atMs: msSchema.describe('when the attempt had failed, from the start of the turn'),
    why: z.string(),
    waitMs: msSchema.exactOptional().describe('the wait before the next attempt; absent if there was none'),
  })
  .readonly()
/** A failed attempt of a turn that was followed by another one. */
export type FailedAttempt = z.infer<typeof retrySchema>

const servedSchema = z
  .strictObject({
    model: z.string().exactOptional().describe('its own name for the model'),
    finish: z.string().exactOptional().describe('its own reason for the end of the reply'),
  })
  .readonly()
/** What a server said of a reply. */
export type Served = z.infer<typeof servedSchema>

/** The optional fields of a turn; searches of earlier versions have none of them. */
export const turnRecordShape = {
  startMs: msSchema.exactOptional().describe('from the start of the search'),
  firstTokenMs: msSchema
    .exactOptional()
    .describe('from the start of the turn to the first text of its reply, if it was streamed'),
  retries: z.array(retrySchema).readonly().exactOptional().describe('failed attempts before the reply'),
  served: servedSchema.exactOptional().describe('what the server said of the reply'),
}

/** A turn without a reply, at which a search failed. */
export const unfinishedSchema = z
  .strictObject({ startMs: msSchema, ms: msSchema, retries: turnRecordShape.retries })
  .readonly()

export const turnTokensSchema = z
  .strictObject({
    lengths: z
      .array(z.int().nonnegative())
      .readonly()
      .describe('characters; of tokens that share one, the last has it'),
    logprobs: z.array(z.number()).readonly().describe('in nats, at temperature 1, rounded to hundredths'),
    entropies: z
      .array(z.number().nonnegative())
      .readonly()
      .exactOptional()
      .describe('in nats, of the distributions that the log-probabilities belong to, from engines that know them'),
  })
  .readonly()
/** The sampled tokens of a turn, which end where its text ends. */
export type TurnTokens = z.infer<typeof turnTokensSchema>

/** Records the failed attempts of one turn, within bounds. */
export function retryRecorder(sinceStartMs: () => number): {
  add(retry: Omit<FailedAttempt, 'atMs'>): void
  recorded(): { readonly retries?: readonly FailedAttempt[] }
} {
  const retries: FailedAttempt[] = []
  return {
    add({ why, waitMs }) {
      if (retries.length >= mostRetries) return
      const wait = waitMs === undefined ? {} : { waitMs: Math.round(waitMs) }
      retries.push({ atMs: sinceStartMs(), why: why.slice(0, longest.why), ...wait })
    },
    recorded: () => (retries.length === 0 ? {} : { retries }),
  }
}

/** A value of a server as its own name for something, within bounds. */
export function servedName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, longest.name) : undefined
}
