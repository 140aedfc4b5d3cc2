/** The log of a recipe's stages: a line each time that one ended, whether it was complete or not. */
import { z } from 'zod'
import type { Log } from './log.ts'

const stageLineSchema = z.object({
  name: z.string(),
  words: z.array(z.string()).readonly(),
  /** False: it failed or was stopped, and goes on when the recipe is repeated. */
  complete: z.boolean(),
  seconds: z.number().nonnegative(),
  /** The most that the whole process, worker threads included, had held by the end of the stage. */
  peakMemoryMiB: z.number().nonnegative(),
  /** ISO 8601. */
  endedAt: z.iso.datetime(),
})

export type StageLine = z.infer<typeof stageLineSchema>

export const stageLog: Log<StageLine> = {
  name: 'stages',
  line: stageLineSchema,
  ifLost: 'Their stages are repeated, which does only what is missing in their own folders.',
}
