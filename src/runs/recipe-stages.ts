/** The log of a recipe's stages: a line each time a stage ended, complete or not. */
import { z } from 'zod'
import type { Log } from './log.ts'

const stageLineSchema = z.object({
  name: z.string(),
  words: z.array(z.string()).readonly(),
  /** False if it failed or was stopped; it then resumes when the recipe is repeated. */
  complete: z.boolean(),
  seconds: z.number().nonnegative(),
  /** Peak memory of the whole process, including worker threads, at the end of the stage. */
  peakMemoryMiB: z.number().nonnegative(),
  /** ISO 8601. */
  endedAt: z.iso.datetime(),
})

export type StageLine = z.infer<typeof stageLineSchema>

export const stageLog: Log<StageLine> = {
  name: 'stages',
  line: stageLineSchema,
  ifLost: 'These stages run again, but only do what is missing in their own folders.',
}
