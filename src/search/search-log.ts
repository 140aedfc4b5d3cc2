/** The logs of whole searches, one trajectory a line, and of the problems that are not searched. */
import { z } from 'zod'
import { trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import type { Log } from '../runs/log.ts'

export const searchLog: Log<Trajectory> = {
  name: 'trajectories',
  line: trajectorySchema,
  ifLost: 'A command that can be repeated does their searches again.',
}

/** Of a collection: searches that wait for a verdict. */
export const pendingLog: Log<Trajectory> = {
  name: 'pending',
  line: trajectorySchema,
  ifLost: 'Their searches are done again when the collection is repeated.',
}

const skippedSchema = z
  .strictObject({ dataSource: z.string(), docId: z.string(), width: z.int().positive(), height: z.int().positive() })
  .readonly()
/** A problem whose picture, of this size, is too narrow for a profile that skips such. */
export type SkippedProblem = z.infer<typeof skippedSchema>

/** Of an evaluation. */
export const skippedLog: Log<SkippedProblem> = {
  name: 'skipped',
  line: skippedSchema,
  ifLost: 'Their problems count as missing until the command is repeated.',
}
