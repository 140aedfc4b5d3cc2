/** Reads the cold-start data of a `mini-o3 collect` run without changing the run. */
import { readCollected } from '../../coldstart/collect.ts'
import { completed } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { readConfiguration } from '../../runs/configuration.ts'
import { UserError } from '../../shared/errors.ts'

/**
 * The right searches of a collection, at least one. Throws `UserError` for any other folder, including runs of other
 * commands, whose searches may have wrong answers.
 */
export async function readCollection(path: string): Promise<Trajectory[]> {
  await readConfiguration(path, 'collect')
  const trajectories = await readCollected({ path })
  const right = trajectories.filter(({ verdict, end }) => verdict?.kind === 'correct' && completed(end))
  if (right.length > 0) return right
  throw new UserError(
    'no-trajectories',
    `${path} holds no search with the right answer. Collect more: mini-o3 collect --help`,
  )
}
