/** Reads the cold-start data of a `mini-o3 collect` run without changing the run. */
import { readCollected } from '../../coldstart/collect.ts'
import { completed } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { readConfiguration, readSettings } from '../../runs/configuration.ts'
import { forkCommand } from '../../runs/forks.ts'
import { readLog } from '../../runs/log.ts'
import { searchedLog } from '../../runs/searches.ts'
import { UserError } from '../../shared/errors.ts'
import { startProgress } from '../../shared/progress.ts'

/**
 * The right searches of a collection, at least one. Throws `UserError` for any other folder, including runs of other
 * commands, whose searches may have wrong answers.
 */
export async function readCollection(path: string, asJudged?: boolean): Promise<Trajectory[]> {
  const { command } = await readSettings(path)
  if (command === 'eval' || command === 'serve' || command === forkCommand) {
    const fix = `mini-o3 export ${path} --to collection --out <folder>`
    throw new UserError(
      'run-of-other-command',
      `${path} is a run of ${command}, whose searches may be wrong. Make a set of the right ones: ${fix}`,
    )
  }
  await readConfiguration(path, 'collect')
  const progress = startProgress({ label: 'searches read' })
  const trajectories = await readCollected({ path }, { asJudged, onSearch: () => progress.advance() })
  progress.finish()
  const right = trajectories.filter(({ verdict, end }) => verdict?.kind === 'correct' && completed(end))
  if (right.length > 0) return right
  let leftOut = 0
  for await (const { kept } of readLog(path, searchedLog)) if (kept) leftOut++
  const why =
    leftOut === 0
      ? `contains no search with the right answer. Collect more: mini-o3 collect --help`
      : `has an empty set: right searches were left out (${leftOut}), since too many do not zoom or have the same zooms. ` +
        'Collect more, or allow more of them in another run: --max-single-turn 1 --max-duplicates 1.'
  throw new UserError('no-trajectories', `${path} ${why}`)
}
