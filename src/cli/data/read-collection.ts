/** Reads the cold-start data that `mini-o3 collect` kept, and leaves their folder as it is. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readCollected } from '../../coldstart/collect.ts'
import { completed } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { UserError } from '../../shared/errors.ts'
import { readLog } from '../../runs/log.ts'

/**
 * The right searches of a collection, at least one. Throws `UserError` for any other folder, also for that of another
 * command, whose searches may have ended in wrong answers.
 */
export async function readCollection(path: string): Promise<Trajectory[]> {
  const command = await commandOf(path)
  if (command !== 'collect') {
    throw new UserError(
      'data-not-collected',
      `${path} holds no collection but a run of ${String(command)}. Name the run folder of mini-o3 collect with --data.`,
    )
  }
  const file = (...parts: readonly string[]): string => join(path, ...parts)
  const trajectories = await readCollected({ file, read: (log) => readLog(path, log) })
  const right = trajectories.filter(({ verdict, end }) => verdict?.kind === 'correct' && completed(end))
  if (right.length > 0) return right
  throw new UserError(
    'no-trajectories',
    `${path} holds no search with the right answer. Collect more: mini-o3 collect --help`,
  )
}

async function commandOf(path: string): Promise<unknown> {
  try {
    const config: unknown = JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))
    return (Object(config) as { command?: unknown }).command
  } catch (cause) {
    throw new UserError(
      'data-not-a-run',
      `${path} is not a run folder (no readable config.json). Name the run folder of mini-o3 collect with --data.`,
      { cause },
    )
  }
}
