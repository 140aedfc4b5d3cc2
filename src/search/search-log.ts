/** The logs of whole searches: one trajectory a line. */
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
