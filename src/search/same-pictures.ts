/** A run that is resumed goes on with the pictures that it began with. */
import type { PictureReading } from '../protocol/rules.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { UserError } from '../shared/errors.ts'
import { mapLimit } from '../shared/map-limit.ts'
import { searchKey } from './owed-samples.ts'
import type { WantedProblem } from './owed-samples.ts'

/** Of larger sets as many problems, spread evenly, are compared: opening every picture again would take hours. */
const mostCompared = 1000
const atOnce = 4

/** Throws `UserError` where a problem's picture is not the one that its stored searches looked at. */
export async function checkSamePictures(
  stored: AsyncIterable<Pick<Trajectory, 'problem' | 'picture'>>,
  problems: readonly WantedProblem[],
  reading: PictureReading,
): Promise<void> {
  const searched = new Map<string, string>()
  for await (const { problem, picture } of stored) searched.set(searchKey(problem, 0), picture.sha256)
  const known = problems.filter(({ problem }) => searched.has(searchKey(problem, 0)))
  const every = Math.ceil(known.length / mostCompared)
  await mapLimit(
    known.filter((_, index) => index % every === 0),
    atOnce,
    async ({ problem, openPicture }) => {
      // One that cannot be opened is told when it is needed.
      const picture = await openPicture(reading).catch(() => undefined)
      if (picture === undefined || picture.sha256 === searched.get(searchKey(problem, 0))) return
      throw new UserError(
        'picture-exchanged',
        `The picture of ${problem.dataSource}/${problem.docId} is not the one that this run has searched so far. ` +
          'Put the earlier one back, or name another folder with --run.',
      )
    },
  )
}
