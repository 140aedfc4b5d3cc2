/** The log of what an LLM judge said. */
import { z } from 'zod'
import type { Log } from './log.ts'

const askedSchema = z.strictObject({
  model: z.string(),
  promptsSha256: z.string(),
  parser: z.string(),
  question: z.string(),
  reference: z.string(),
  answer: z.string(),
})

const countSchema = z.int().nonnegative()

const lineSchema = z.strictObject({
  ...askedSchema.shape,
  kind: z.enum(['correct', 'wrong']),
  reason: z.string(),
  /** Of all replies that the verdict took; lines of earlier versions lack it. */
  tokens: z.strictObject({ sent: countSchema, cached: countSchema, written: countSchema }).optional(),
})

export const judgementLog: Log<z.infer<typeof lineSchema>> = {
  name: 'judgements',
  line: lineSchema,
  ifLost: 'The judge is asked again.',
}

/** All that a verdict depends on. */
export type JudgeAsked = z.infer<typeof askedSchema>
