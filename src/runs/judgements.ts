/** The log of an LLM judge's verdicts. */
import { z } from 'zod'
import type { Log } from './log.ts'

const askedSchema = z.strictObject({
  model: z.string(),
  promptsSha256: z.string(),
  parser: z.string(),
  question: z.string(),
  reference: z.string(),
  answer: z.string(),
  grading: z.strictObject({ name: z.string(), rule: z.string() }).readonly().exactOptional(),
})

const countSchema = z.int().nonnegative()

const lineSchema = z.strictObject({
  ...askedSchema.shape,
  kind: z.enum(['correct', 'wrong']),
  reason: z.string(),
  /** Tokens of all requests for this verdict; earlier versions did not log them. */
  tokens: z.strictObject({ sent: countSchema, cached: countSchema, written: countSchema }).optional(),
})

export const judgementLog: Log<z.infer<typeof lineSchema>> = {
  name: 'judgements',
  line: lineSchema,
  ifLost: 'The judge is asked again.',
}

/** Everything that a verdict depends on. */
export type JudgeAsked = z.infer<typeof askedSchema>
